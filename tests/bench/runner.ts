import { cpus, loadavg } from 'node:os';
import { runBatch } from '../../src/app/batch.ts';
import type { JobEngine } from '../../src/app/jobs/job-run.ts';
import type { JobReport, Plan } from '../../src/shared/engine-protocol.ts';
import { type Options, defaultOptions, noDials } from '../../src/shared/options.ts';
import { told } from '../../src/shared/sentence.ts';

/**
 * `npm run bench -- runner`: what the runner itself costs for each of 50,000 photos, over an engine that answers at once, as the command
 * line uses it. Microseconds that the process has computed, the least of five runs. Prints a table; nothing is asserted.
 */
const quick = process.argv.includes('quick');
const photos = quick ? 1000 : 50_000;
const runs = quick ? 1 : 5;

const rule = told('');
const plan: Plan = {
  photo: { width: 100, height: 50 } as Plan['photo'],
  ...{ width: 200, height: 100, passes: [{ model: 'x2', scale: 2, width: 200, height: 100 }], rule },
  ...{ format: 'jpeg', output: '', skip: null, estimatedSeconds: 1, estimatedBytes: 1000 },
};
const report: JobReport = {
  ...{ source: '', status: 'done', output: '', sourceWidth: 100, sourceHeight: 50, width: 200, height: 100, fileBytes: 900 },
  ...{ format: 'jpeg', quality: 90, passes: [], rule, provider: 'cpu', precision: 'int8' },
  ...{ ...noDials, kept: [], converted: [], lost: [], notices: [] },
  seconds: { total: 1, decode: 0, enhance: 1, inference: 1, encode: 0 },
};
const never = (): Promise<never> => Promise.reject(new Error('not asked'));
const engine: JobEngine = {
  plan: ({ source }) => Promise.resolve({ ...plan, output: `${source}.out` }),
  enhance: ({ source }) => Promise.resolve({ ...report, source, output: `${source}.out` }),
  isResult: never,
  models: never,
};

async function microseconds(options: Options): Promise<number> {
  const found = Array.from({ length: photos }, (_, index) => ({
    path: `/photos/trip ${index % 50}/IMG_${index}.jpg`,
    under: '',
    skipIfResult: false,
  }));
  const began = process.cpuUsage();
  const { done } = await runBatch(engine, found, options, { onEvent: () => undefined });
  const { user, system } = process.cpuUsage(began);
  if (done !== photos) throw new Error(`${done} of ${photos} were done`);
  return (user + system) / photos;
}

console.log(`${cpus()[0]?.model ?? ''}, Node ${process.version}, load ${loadavg()[0]?.toFixed(1) ?? ''}, ${photos} photos\n`);
for (const onCollision of ['number', 'skip', 'overwrite-result'] as const) {
  const measured: number[] = [];
  for (let run = 0; run < runs; run += 1) measured.push(await microseconds({ ...defaultOptions, onCollision }));
  console.log(
    `µs a photo where a name is taken: ${onCollision.padEnd(20)} ${Math.min(...measured)
      .toFixed(1)
      .padStart(8)}`,
  );
}
