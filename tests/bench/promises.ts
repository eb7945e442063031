import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { runBatch } from '../../src/app/batch.ts';
import { jobEngine } from '../../src/app/jobs/job-run.ts';
import { Speeds, withSpeeds } from '../../src/app/jobs/speeds.ts';
import { nodeLauncher } from '../../src/app/node-launcher.ts';
import { SupervisedEngine } from '../../src/app/supervised-engine.ts';
import { defaultOptions } from '../../src/shared/options.ts';
import { cutPhoto } from './photos.ts';

/**
 * `npm run bench -- promises [count]`: what is promised for 200 mixed photos or as many as are named, enlarged four times by Onestep Photo, at the start and after parts of
 * the time that they then take, as multiples of what is left: first where nothing was measured, then with what that run has taught.
 * Prints a table, and whether the promises were kept; nothing is asserted.
 */
const quick = process.argv.includes('quick');
const count = quick ? 12 : Number(process.argv.find((word) => /^\d+$/.test(word)) ?? 200);
const root = join(import.meta.dirname, '..', '..');
const folder = await mkdtemp(join(tmpdir(), 'onestep-promises-'));
const sizes = [160, 240, 360, 480, 640, 900, 1200];

const photos = await Promise.all(
  Array.from({ length: count }, async (_, index) => {
    const path = join(folder, `photo ${index}.jpg`);
    const width = sizes[(index * 5) % sizes.length] ?? 160;
    await cutPhoto(path, width, Math.round(width * (index % 3 === 0 ? 1.5 : 0.67)), index);
    return { path, under: '', skipIfResult: false };
  }),
);

const engine = new SupervisedEngine({
  launch: nodeLauncher(join(root, 'out', 'engine-host.js')),
  settings: {
    modelFolders: [join(root, 'models')],
    cacheFolder: join(folder, 'cache'),
    temporaryFolder: join(folder, 'temporary'),
    threads: availableParallelism(),
  },
});
const speeds = new Speeds(null);

/** What was promised while so many seconds had gone by. */
async function run(output: string): Promise<void> {
  const told: { readonly at: number; readonly left: number }[] = [];
  const began = performance.now();
  const seconds = (): number => (performance.now() - began) / 1000;
  const options = {
    ...defaultOptions,
    target: { kind: 'scale' as const, scale: 4 as const },
    model: 'onestep-photo-x4',
    output: join(folder, output),
  };
  await runBatch(withSpeeds(jobEngine(engine), speeds), photos, options, {
    onEvent: (event) => {
      if (event.event === 'progress' && event.batchSecondsLeft !== null) told.push({ at: seconds(), left: event.batchSecondsLeft });
    },
  });
  const taken = seconds();
  const ratios = [0, 0.05, 0.1, 0.25, 0.5, 0.9].map((share) => {
    const then = told.find(({ at }) => at >= share * taken);
    return then === undefined ? Number.NaN : then.left / (taken - then.at);
  });
  const [start = Number.NaN, ...later] = ratios;
  const kept = start >= 0.5 && start <= 2 && later.every((ratio) => ratio >= 0.75 && ratio <= 1.25);
  const shown = ratios.map((ratio) => ratio.toFixed(2)).join('  ');
  console.log(`${output.padEnd(24)} ${taken.toFixed(1).padStart(8)} s   promised / left: ${shown}   ${kept ? 'kept' : 'not kept'}`);
}

console.log(`${cpus()[0]?.model ?? ''}, Node ${process.version}, load ${loadavg()[0]?.toFixed(1) ?? ''}, ${count} photos`);
console.log('after 0, 5, 10, 25, 50 and 90 % of the time; wanted: 0.5…2 at the start of the second run, 0.75…1.25 from 5 % on\n');
await run('the first run');
await run('the second run');
await engine.close();
await rm(folder, { recursive: true, force: true });
