import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { chaos } from '../support/fleet-chaos.ts';
import { canMakePlaces } from '../support/network-place.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    photos: { type: 'string', default: '500' },
    workers: { type: 'string', default: '3' },
    blows: { type: 'string', default: '50' },
    lease: { type: 'string', default: '20' },
    seed: { type: 'string', default: '1' },
  },
});
const folder = await mkdtemp(join(tmpdir(), 'onestep-chaos-'));
const apart = canMakePlaces();
if (!apart) console.log('Without networks of their own, which only root on Linux can give: cables between programs are cut instead.');
const outcome = await chaos({
  folder,
  kind: positionals.includes('postgres') ? 'postgres' : 'redis',
  photos: Number(values.photos),
  workers: Number(values.workers),
  blows: Number(values.blows),
  leaseSeconds: Number(values.lease),
  seed: Number(values.seed),
  apart,
  say: (line) => {
    console.log(line);
  },
});
console.log(JSON.stringify(outcome, null, 2));
await rm(folder, { recursive: true, force: true });
process.exitCode = outcome.odd.length + outcome.wrong.length + outcome.failed.length > 0 ? 1 : 0;
