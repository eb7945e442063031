/**
 * `npm run bench -- quantise [PARAM...]`: what 8 bits of an imported model gain and cost. Each model (ncnn's .param; Real-ESRGAN x4plus where
 * none is named) is imported, quantised, and enhances the photos of two sets exactly and in 8 bits; for each set it prints how many times as
 * fast 8 bits are (the median of the photos' ratios), how like their results are, and PSNR-Y and NIQE of both.
 */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import sharp from 'sharp';
import { psnr } from '../../src/engine/runtime/self-test.ts';
import type { QuantiseOutcome } from '../../src/shared/engine-protocol.ts';
import { importModel, median, runCommand, type Run } from './processes.ts';

const shared = join(import.meta.dirname, '..', '..', '..', 'shared', 'data');
const cli = join(import.meta.dirname, '..', '..', 'out', 'cli.js');
const quick = process.argv.includes('quick');
const sets = [
  { name: 'Kodak24-hard', sources: join(shared, 'bench', 'Kodak24-hard'), truth: join(shared, 'bench', 'Kodak24') },
  { name: 'RealSR', sources: join(shared, 'bench', 'RealSR', 'LR'), truth: join(shared, 'bench', 'RealSR', 'HR') },
];

interface Evaluation {
  readonly means: Record<string, { readonly value: number }>;
}

const folder = await mkdtemp(join(tmpdir(), 'onestep-quantise-'));
process.env.ONESTEP_MODELS = join(folder, 'models');
process.env.ONESTEP_CACHE = join(folder, 'cache');
const words = process.argv.slice(process.argv.indexOf('quantise') + 1).filter((word) => word.endsWith('.param'));
const models = words.length > 0 ? words : [join(shared, 'weights', 'ncnn', 'realesrgan-x4plus.param')];
const onestep = (...parameters: string[]): unknown =>
  JSON.parse(execFileSync(process.execPath, [cli, ...parameters, '--json'], { encoding: 'utf8', maxBuffer: 64 << 20 }));

/** Seconds that each photo took to be enhanced, and the precision that was used. */
const enhanced = ({ events }: Run): { seconds: number; precision: string | null }[] =>
  events.flatMap((event) => (event.event === 'done' ? [{ seconds: event.report.seconds.enhance, precision: event.report.precision }] : []));

const samplesOf = (path: string): Promise<Buffer> => sharp(path).removeAlpha().raw().toBuffer();
/** dB of one result to the other, over the samples of all channels; 100 where they are equal. */
const likeness = async (one: string, other: string): Promise<number> =>
  Math.min(100, psnr(await samplesOf(one), await samplesOf(other), 255));

async function measureSet(id: string, { name, sources, truth }: (typeof sets)[number]): Promise<void> {
  const photos = (await readdir(sources)).filter((photo) => photo.endsWith('.png')).slice(0, quick ? 2 : undefined);
  const [originals, exact, bytes] = ['originals', 'exact', 'bytes'].map((part) => join(folder, `${id}-${name}-${part}`)) as [
    string,
    string,
    string,
  ];
  await mkdir(originals, { recursive: true });
  for (const photo of photos) await copyFile(join(truth, photo), join(originals, photo));
  const paths = photos.map((photo) => join(sources, photo));
  const run = (output: string, ...more: string[]): Promise<Run> =>
    runCommand([...paths, '--output', output, '--name', '{name}', '--model', id, '--provider', 'cpu', ...more]);
  const [long, short] = [enhanced(await run(exact, '--exact')), enhanced(await run(bytes))];
  // The first of each opens the model and tests it.
  const ratios = long.slice(1).map(({ seconds }, index) => seconds / (short[index + 1]?.seconds ?? Number.NaN));
  const likenesses = await Promise.all(photos.map((photo) => likeness(join(exact, photo), join(bytes, photo))));
  const means = [exact, bytes].map((results) => {
    const { means: of } = onestep(
      'evaluate',
      '--results',
      results,
      '--reference',
      originals,
      '--name',
      '{name}',
      '--metrics',
      join(folder, 'metrics'),
    ) as Evaluation;
    return of;
  });
  const value = (metric: string): string => means.map((of) => of[metric]?.value.toFixed(3) ?? '-').join(' → ');
  console.log(
    `${id}, ${name}, ${photos.length} photos: ${[...new Set(short.map(({ precision }) => precision))].join(', ')}, ${median(ratios).toFixed(2)} times as fast, ` +
      `${(likenesses.reduce((sum, db) => sum + db, 0) / likenesses.length).toFixed(1)} dB to exact results (worst ${Math.min(...likenesses).toFixed(1)}), ` +
      `PSNR-Y ${value('psnr-y')}, NIQE ${value('niqe')}`,
  );
}

try {
  await mkdir(join(folder, 'metrics'));
  await copyFile(join(shared, 'weights', 'iqa', 'niqe-niqe_pris_params.npz'), join(folder, 'metrics', 'niqe_pris_params.npz'));
  for (const file of models) {
    if (!existsSync(file)) {
      console.log(`${file} is not there: not measured`);
      continue;
    }
    const outcome = importModel(file, join(folder, 'models'));
    if (outcome.model === null) throw new Error(JSON.stringify(outcome));
    const { id } = outcome.model;
    const quantised = onestep('models', 'quantise', id) as QuantiseOutcome;
    console.log(
      `${id}: ${quantised.kept ? 'kept' : 'not kept'}, ${String(quantised.timesAsFast)} times as fast, ${String(quantised.agreementDb)} dB`,
    );
    if (quantised.kept) for (const set of sets) await measureSet(id, set);
  }
} finally {
  await rm(folder, { recursive: true });
}
