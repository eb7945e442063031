import { join } from 'node:path';
import { unetKeys, autoencoderKeys, type Keys } from '../../src/convert/diffusion/keys.ts';
import { readConfig } from '../../src/convert/diffusion/config.ts';
import { convertStable } from '../../src/convert/diffusion/convert-stable.ts';
import { networkParts } from '../../src/convert/diffusion/write-networks.ts';
import { finishOneStep } from '../../src/engine/pipelines/one-step/finish.ts';
import { oneStep } from '../../src/engine/pipelines/one-step/kind.ts';
import { cpu } from '../../src/engine/runtime/providers.ts';
import { toGraph } from '../../src/engine/runtime/samples.ts';
import { openSession } from '../../src/engine/runtime/sessions.ts';
import type { OneStepManifest } from '../../src/shared/manifest.ts';
import { testPicture } from '../../src/shared/test-picture.ts';
import { noDials } from '../../src/shared/options.ts';

/** The steps of the full-size run, each for a process of its own: what it needed at most is then known. */

export async function keysOf(folder: string): Promise<Record<'unet' | 'vae', Keys>> {
  const { unet, autoencoder } = await readConfig(folder);
  return { unet: unetKeys(unet), vae: autoencoderKeys(autoencoder) };
}

/** Multiplications of each graph, attention's own products apart, as they are shipped and with nothing folded. */
export async function multiplications(folder: string): Promise<{ name: string; layers: number; attention: number; unfolded: number }[]> {
  const config = await readConfig(folder);
  const keys = await keysOf(folder);
  const unread = (of: Keys) =>
    new Map(
      [...of].map(([name, dims]) => [
        name,
        { kind: 'float16' as const, dims, bytes: { length: 0, read: () => Promise.reject(new Error(name)) } },
      ]),
    );
  const width = config.unet.context;
  const works = [true, false].map((fold) =>
    networkParts({
      ...{ config, unet: { tensors: unread(keys.unet) }, vae: { tensors: unread(keys.vae) }, adapters: null, isPixel: null },
      ...{ timestep: 399, embedding: { tokens: 77, width, values: new Float32Array(77 * width) }, tile: 512, fold, kind: 'float16' },
    }).map(({ name, build }) => ({ name, ...build('fp32').work })),
  );
  const [folded = [], plain = []] = works;
  return folded.map(({ name, convolutions, linear, attention }, index) => ({
    ...{ name, layers: convolutions + linear, attention },
    unfolded: (plain[index]?.convolutions ?? 0) + (plain[index]?.linear ?? 0),
  }));
}

/**
 * What is measured of a step, in seconds. Memory is the most that the process ever had, in bytes; `computing` counts every core, and
 * is what remains comparable where others compute as well.
 */
type Measured = Record<string, number>;

/** Seconds that the cores have worked for this process. */
function computing(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

const measured = (seconds: Measured): Measured => ({ ...seconds, peakBytes: process.resourceUsage().maxRSS * 1024 });

export async function convert(
  folder: string,
  target: string,
): Promise<{ draft: Awaited<ReturnType<typeof convertStable>>; measured: Measured }> {
  const begin = performance.now();
  const draft = await convertStable({ folder }, { lora: join(folder, 'lora.safetensors') }, target);
  return { draft, measured: measured({ seconds: (performance.now() - begin) / 1000, computing: computing() }) };
}

const asManifest = ({
  kind,
  recipe,
  card,
  ...parts
}: Awaited<ReturnType<typeof convertStable>>): Omit<OneStepManifest, 'pipeline' | 'selfTest'> => ({
  ...{ schema: 1, id: 'full-size', name: 'Full size', summary: kind, experimental: true, ...parts },
  card: { licence: 'none: random weights', limits: 'Random.', recipe, ...card },
});

/** One tile of the test picture on the processor, opened first: seconds of each stage, of two runs. */
export async function tile(
  draft: Awaited<ReturnType<typeof convertStable>>,
  target: string,
  threads: number,
): Promise<{ measured: Measured }> {
  const side = draft.diffusion.tile;
  const selfTest = { file: 'none', sha256: '0'.repeat(64), width: side, height: side };
  const manifest: OneStepManifest = { ...asManifest(draft), pipeline: 'one-step-diffusion', selfTest };
  const model = oneStep({ id: manifest.id, folder: target, manifest, problem: null });
  const way = model.ways.find(({ precision }) => precision === 'fp32');
  if (way === undefined) throw new Error('there are no graphs in 32 bit');
  const begin = performance.now();
  const session = await openSession({ model, way, provider: cpu, threads, constants: {}, width: side, height: side });
  const result: Measured = { open: (performance.now() - begin) / 1000 };
  const input = toGraph(testPicture(side), { channels: 3, bits: 8, ...way.format });
  for (const round of ['first', 'second']) {
    const before = computing();
    let [stage, since] = ['before', performance.now()];
    const mark = (next: string): void => {
      result[`${round} ${stage}`] = (performance.now() - since) / 1000;
      [stage, since] = [next, performance.now()];
    };
    const aside = {
      dials: { ...noDials, strength: 1 },
      source: () => new Float32Array(),
      left: 0,
      top: 0,
      onStage: mark,
    };
    const { output, seconds } = await session.run(input, side, side, aside);
    mark('after');
    result[`${round} native`] = seconds;
    result[`${round} computing`] = computing() - before;
    if (!Array.from(output).every(Number.isFinite)) throw new Error('the answer holds values that are not numbers');
  }
  await session.release();
  return { measured: measured(result) };
}

/** The self-test and the manifest, as an import does it. */
export async function finish(
  draft: Awaited<ReturnType<typeof convertStable>>,
  target: string,
  threads: number,
): Promise<{ measured: Measured }> {
  const begin = performance.now();
  await finishOneStep({ folder: target, manifest: asManifest(draft), threads });
  return { measured: measured({ seconds: (performance.now() - begin) / 1000 }) };
}
