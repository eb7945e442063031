/**
 * `npm run chaos`: 500 photos, three workers, 50 blows (kills of workers, engines and the queue's server, machines that stand still,
 * cables that are cut), on Redis; `npm run chaos -- postgres`. `--photos`, `--workers`, `--blows`, `--lease` and `--seed` say otherwise.
 * Ends with 1 where a photo is not done exactly once, as one machine alone would have done it. A test does a short form of it.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { runnerImport } from 'vite';

const root = join(import.meta.dirname, '..', '..');
if (!existsSync(join(root, 'out', 'cli.js'))) throw new Error('Build first: npm run build');
await runnerImport(join(import.meta.dirname, 'fleet.ts'), { root, configFile: false, logLevel: 'warn' });
