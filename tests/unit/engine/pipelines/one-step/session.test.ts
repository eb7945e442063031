import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { GraphBuilder } from '../../../../../src/convert/graph/builder.ts';
import { floats } from '../../../../../src/convert/graph/tensor.ts';
import { normalNoise } from '../../../../../src/engine/image/normal-noise.ts';
import { oneStep } from '../../../../../src/engine/pipelines/one-step/kind.ts';
import type { UsableModel } from '../../../../../src/engine/runtime/model.ts';
import { cpu } from '../../../../../src/engine/runtime/providers.ts';
import { openSession } from '../../../../../src/engine/runtime/sessions.ts';
import type { TileAside } from '../../../../../src/engine/runtime/way.ts';
import type { OneStepManifest } from '../../../../../src/shared/manifest.ts';
import { noDials, type Dials } from '../../../../../src/shared/options.ts';
import { enlargeInMemory, openForTest } from '../../../../support/golden.ts';
import { noise } from '../../../../support/memory-pixels.ts';
import { channels, oneStepModel, tile } from '../../../../support/one-step-model.ts';
import { largestDifference, unevenValues } from '../../../../support/run-network.ts';

/** Planes, −1…1. */
const picture = unevenValues(3 * tile * tile).map((value) => 2 * value - 1);
const source = unevenValues(3 * (tile / 2) ** 2).map((value) => 1 - value);
const side = tile / 2;

/** A tile of the enlarged photo through the model, as the engine runs it. */
async function run(
  model: UsableModel<OneStepManifest>,
  asked: Partial<Dials> = { strength: 1, semantic: null },
  place = { left: 0, top: 0 },
): Promise<Float32Array> {
  const runnable = oneStep(model);
  const [way] = runnable.ways;
  if (way === undefined) throw new Error('the model has graphs');
  const session = await openSession({ model: runnable, way, provider: cpu, threads: 1, constants: {}, width: tile, height: tile });
  const dials = { ...noDials, strength: 1, ...asked };
  const aside: TileAside = { dials, source: () => source, ...place };
  try {
    return (await session.run(picture, tile, tile, aside)).output as Float32Array;
  } finally {
    await session.release();
  }
}

/** PyTorch's pixel_unshuffle(2) of planes, and back. */
const unshuffled = (planes: Float32Array): Float32Array =>
  Float32Array.from({ length: planes.length }, (_, index) => {
    const [channel, y, x] = [Math.floor(index / side ** 2), Math.floor(index / side) % side, index % side];
    const [plane, row, column] = [Math.floor(channel / 4), Math.floor(channel / 2) % 2, channel % 2];
    return planes[(plane * tile + 2 * y + row) * tile + 2 * x + column] ?? 0;
  });
const shuffled = (latent: Float32Array): Float32Array =>
  Float32Array.from({ length: latent.length }, (_, index) => {
    const [plane, y, x] = [Math.floor(index / tile ** 2), Math.floor(index / tile) % tile, index % tile];
    const channel = plane * 4 + (y % 2) * 2 + (x % 2);
    return latent[(channel * side + Math.floor(y / 2)) * side + Math.floor(x / 2)] ?? 0;
  });

const scalingFactor = 0.5;
/** What comes out where `clean` makes the clean latent of z_L. */
const expected = (clean: (z: number, index: number) => number): Float32Array =>
  shuffled(unshuffled(picture).map((value, index) => clean(value * scalingFactor, index) / scalingFactor));

const unet = (network: (b: GraphBuilder) => string, inputs: ('latent' | 'image' | 'source')[] = ['latent']) => ({ inputs, network });
const answers = unet((b) => b.tanh(b.mul('latent', 0.8)));
const answer = (z: number): number => Math.tanh(0.8 * z);

describe('a model of the step', () => {
  it.each([
    ['eps_x0', { kind: 'eps_x0', timestep: 399 }, (z: number) => (z - 0.7575709 * answer(z)) / 0.6527529],
    ['v_x0', { kind: 'v_x0', timestep: 399 }, (z: number) => 0.6527529 * z - 0.7575709 * answer(z)],
    ['residual', { kind: 'residual' }, (z: number) => z - answer(z)],
    ['flow_x0', { kind: 'flow_x0', sigma: 0.9 }, (z: number) => z - 0.9 * answer(z)],
    ['direct', { kind: 'direct' }, answer],
  ] as const)('%s computes its formula, and strength goes evenly to it', async (_name, step, clean) => {
    const model = await oneStepModel({ diffusion: { step }, unet: answers });
    expect(largestDifference(await run(model), expected(clean))).toBeLessThan(3e-6);
    const half = { strength: 0.5, semantic: null };
    expect(
      largestDifference(
        await run(model, half),
        expected((z) => (z + clean(z)) / 2),
      ),
    ).toBeLessThan(3e-6);
    expect(largestDifference(await run(model, { strength: 0, semantic: null }), picture)).toBeLessThan(3e-6);
  });

  it('residual with two U-Nets, each with its dial', async () => {
    const model = await oneStepModel({
      unet: answers,
      pixelUnet: (b, x) => b.mul(x, 0.25),
      options: { strength: { default: 1 }, semantic: { default: 0.5 } },
    });
    const clean = (pixel: number, semantic: number) => (z: number) => z - (pixel * 0.25 * z + semantic * (answer(z) - 0.25 * z));
    expect(largestDifference(await run(model, { strength: 0.7, semantic: 0.4 }), expected(clean(0.7, 0.4)))).toBeLessThan(3e-6);
    expect(largestDifference(await run(model, { strength: 0, semantic: 1 }), expected(clean(0, 1)))).toBeLessThan(3e-6);
    // Unasked, as much is invented as is mended: that is the whole U-Net.
    expect(
      largestDifference(
        await run(model, { strength: 0.6, semantic: null }),
        expected((z) => z - 0.6 * answer(z)),
      ),
    ).toBeLessThan(3e-6);
  });

  it('resshift gives the U-Net noise of the place and the photo itself, and the decoder looks its codes up', async () => {
    const codes = [-1, -0.5, 0, 0.5, 1];
    const step = { kind: 'resshift', kappa: 2, eta: 0.9801, seed: 3 } as const;
    const model = await oneStepModel({
      diffusion: { step, latent: { channels, factor: 2, scalingFactor: 1 } },
      // The photo has three planes, as large as the latent's twelve.
      unet: unet((b) => b.add(b.mul('latent', 0.2), b.concat(Array<string>(4).fill('source'), 1)), ['latent', 'source']),
      // Vector quantisation of single numbers: the nearest of a table, by ArgMin over distances.
      decoder: (b, x) => {
        const table = floats([1, codes.length], codes);
        const distance = b.node('Abs', [b.sub(b.reshape(x, [-1, 1]), table)]);
        const nearest = b.node('Gather', [floats([codes.length], codes), b.node('ArgMin', [distance], { axis: 1, keepdims: 0 })], {
          axis: 0,
        });
        return b.depthToSpace(b.reshape(nearest, [1, channels, side, side]), 2);
      },
      options: {},
    });
    const place = { left: 24, top: 10 };
    const low = unshuffled(picture);
    const photo = source;
    const nearest = (value: number): number =>
      codes.reduce((best, code) => (Math.abs(code - value) < Math.abs(best - value) ? code : best));
    const latent = low.map((z, index) => {
      const [x, y, channel] = [index % side, Math.floor(index / side) % side, Math.floor(index / side ** 2)];
      const noised = (z + 2 * 0.99 * normalNoise(3, 12 + x, 5 + y, channel)) / Math.sqrt(4 * 0.9801 + 1);
      return nearest(0.2 * noised + (photo[index % photo.length] ?? 0));
    });
    const wanted = shuffled(latent);
    const result = await run(model, { strength: 1, semantic: null }, place);
    // A number just between two codes may fall to either.
    expect(result.filter((value, index) => Math.abs(value - (wanted[index] ?? 0)) > 1e-6).length).toBeLessThanOrEqual(3);
  });

  it('direct without an encoder gives the U-Net the photo before it was enlarged, and the decoder what it makes of it', async () => {
    const model = await oneStepModel({
      encoder: null,
      diffusion: { step: { kind: 'direct' }, latent: { channels, factor: 2, scalingFactor: 1 } },
      unet: unet((b) => b.concat(Array<string>(4).fill('source'), 1), ['source']),
      decoder: (b, x) => b.resizeNearest(b.slice(x, [0], [3], [1]), 2),
    });
    const repeated = Float32Array.from({ length: picture.length }, (_, index) => {
      const [plane, y, x] = [Math.floor(index / tile ** 2), Math.floor(index / tile) % tile, index % tile];
      return source[(plane * side + Math.floor(y / 2)) * side + Math.floor(x / 2)] ?? 0;
    });
    expect(largestDifference(await run(model), repeated)).toBeLessThan(1e-6);

    // A whole photo, of which the engine cuts the tiles: every pixel becomes four.
    const format = { width: 41, height: 30, channels: 3, bits: 8 } as const;
    const photo = noise(format);
    const { pipeline } = await openForTest(model);
    expect(pipeline.used).toEqual(noDials);
    const result = await enlargeInMemory(pipeline, format, photo);
    expect(
      result.every((level, index) => {
        const [channel, x, y] = [index % 3, Math.floor(index / 3) % 82, Math.floor(index / 3 / 82)];
        return level === photo[(Math.floor(y / 2) * 41 + Math.floor(x / 2)) * 3 + channel];
      }),
    ).toBe(true);
  });
});

describe('what is wrong with a model', () => {
  it('is not that it makes everything one colour, where the processor says so too', async () => {
    const format = { width: 40, height: 40, channels: 3, bits: 8 } as const;
    const { pipeline, notices } = await openForTest(await oneStepModel({ unet: unet((b) => b.sub('latent', 0.1)) }));
    const result = await enlargeInMemory(pipeline, format, noise(format));
    // ẑ is 0.1, the picture 0.2 in −1…1.
    expect(result.every((level) => level === 153)).toBe(true);
    expect(notices).toEqual([]);
  });

  it('is said where its graphs ask for something that there is not', async () => {
    const model = await oneStepModel();
    const [graph] = model.manifest.graphs;
    if (graph === undefined || graph.encoder === null) throw new Error('the model has an encoder');
    const swapped = { ...model, manifest: { ...model.manifest, graphs: [{ ...graph, decoder: graph.encoder, encoder: graph.decoder }] } };
    await expect(run(swapped)).rejects.toMatchObject({ code: 'model-damaged', message: expect.stringContaining('latent') as string });
  });

  it('is found out by the self-test', async () => {
    const model = await oneStepModel({ unet: answers });
    const file = join(model.folder, model.manifest.selfTest.file);
    await writeFile(file, Buffer.alloc(tile * tile * 6, 100));
    await expect(openForTest(model)).rejects.toMatchObject({ code: 'model-damaged' });
  });
});
