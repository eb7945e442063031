import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { PixelFormat, Samples } from '../../../../../src/engine/image/pixels.ts';
import { bicubicPart } from '../../../../../src/engine/image/bicubic.ts';
import { StripFile } from '../../../../../src/engine/tiff/strip-file.ts';
import { runOneStepTiles } from '../../../../../src/engine/pipelines/one-step/tiles.ts';
import { planFixedTiles } from '../../../../../src/engine/tiles/fixed.ts';
import type { TileStage } from '../../../../../src/shared/engine-protocol.ts';
import { enlargeInMemory, openForTest, testFolder } from '../../../../support/golden.ts';
import { collector, crop, memoryPixels, noise, same } from '../../../../support/memory-pixels.ts';
import { oneStepModel } from '../../../../support/one-step-model.ts';
import { largestDifference } from '../../../../support/run-network.ts';
import { noDials } from '../../../../../src/shared/options.ts';

const whole = (format: PixelFormat, scale: number) => ({
  ...{ left: 0, top: 0 },
  ...{ width: format.width * scale, height: format.height * scale },
});

/** What a model that changes nothing gives: the photo enlarged, as Pillow does it. */
const enlargement = (format: PixelFormat, photo: Samples, scale: number): Promise<Samples> =>
  bicubicPart(memoryPixels(format, photo), scale, whole(format, scale));

const formatOf = (width: number, height: number, channels: 1 | 3 = 3, bits: 8 | 16 = 8): PixelFormat => ({ width, height, channels, bits });

describe('a model that changes nothing', () => {
  it.each([
    ['1 × 1', formatOf(1, 1)],
    ['37 × 53', formatOf(37, 53)],
    ['16 × 16, one tile', formatOf(16, 16)],
    ['17 × 3', formatOf(17, 3)],
    ['grey, 20 × 40', formatOf(20, 40, 1)],
    ['16 bit, 41 × 18', formatOf(41, 18, 3, 16)],
    ['grey, 16 bit, 9 × 30', formatOf(9, 30, 1, 16)],
  ])('gives the enlarged photo at any size: %s', async (_name, format) => {
    for (const blend of ['mean', 'ramp'] as const) {
      const { pipeline } = await openForTest(await oneStepModel({ diffusion: { blend } }), { bits: format.bits });
      const photo = noise(format);
      const result = await enlargeInMemory(pipeline, format, photo);
      const wanted = await enlargement(format, photo, 2);
      expect(result.length).toBe(wanted.length);
      // A float32 has 24 bits: within a level of 16, equal to the bit in 8.
      expect(largestDifference(result, wanted)).toBeLessThanOrEqual(format.bits === 16 ? 1 : 0);
    }
  });

  it.each(['adain', 'wavelet', 'none'] as const)('and the colour fix %s and full fidelity leave it alone', async (colourFix) => {
    const format = formatOf(40, 33);
    for (const fidelity of [0, 1]) {
      // What noise loses when it is enlarged is just what fidelity brings back.
      const photo = fidelity === 0 ? noise(format) : smooth(format);
      const wanted = await enlargement(format, photo, 2);
      const { pipeline } = await openForTest(await oneStepModel({ diffusion: { colourFix } }), { options: { fidelity } });
      const result = await enlargeInMemory(pipeline, format, photo);
      expect(largestDifference(result, wanted)).toBeLessThanOrEqual(fidelity);
    }
  });

  it.each([1, 4])('at scale %i', async (scale) => {
    const format = formatOf(21, 19);
    const photo = noise(format);
    const { pipeline } = await openForTest(await oneStepModel({ scale }));
    expect(same(await enlargeInMemory(pipeline, format, photo), await enlargement(format, photo, scale))).toBe(true);
  });
});

describe('a part of a photo', () => {
  const format = formatOf(120, 90);
  const photo = noise(format);
  const region = { left: 33, top: 41, width: 30, height: 17 };
  const place = { left: 66, top: 82, width: 60, height: 34 };
  /** Looks at the whole tile, so that every tile counts. */
  const unet = {
    inputs: ['latent'],
    network: (b) => b.mul(b.sub('latent', b.globalAveragePool('latent')), 0.7),
  } as const satisfies NonNullable<Parameters<typeof oneStepModel>[0]>['unet'];

  it.each([
    ['none', 'mean'],
    ['none', 'ramp'],
    ['wavelet', 'mean'],
  ] as const)('is what the whole has there: colour fix %s, blend %s', async (colourFix, blend) => {
    const { pipeline } = await openForTest(await oneStepModel({ diffusion: { colourFix, blend }, unet }), { options: { fidelity: 0.6 } });
    const result = await enlargeInMemory(pipeline, format, photo);
    const part = await enlargeInMemory(pipeline, format, photo, { region });
    expect(same(part, crop({ ...format, width: 240, height: 180 }, result, place))).toBe(true);
  });

  it('with AdaIN differs only by the statistics: no more than an even change of each channel', async () => {
    const { pipeline } = await openForTest(await oneStepModel({ diffusion: { colourFix: 'adain' }, unet }));
    const result = crop({ ...format, width: 240, height: 180 }, await enlargeInMemory(pipeline, format, photo), place);
    const part = await enlargeInMemory(pipeline, format, photo, { region });
    expect(largestDifference(part, result)).toBeLessThan(24);
    for (let channel = 0; channel < 3; channel += 1) {
      expect(evenness(channelOf(part, channel), channelOf(result, channel))).toBeGreaterThan(0.999);
    }
  });
});

describe('strength', () => {
  it('0 is the round trip of the autoencoder, 1 the step, and between them pixels move one way', async () => {
    // Darkens: ẑ = z − (0.5 z + 0.05).
    const unet = { inputs: ['latent'], network: (b) => b.add(b.mul('latent', 0.5), 0.05) } as const satisfies NonNullable<
      Parameters<typeof oneStepModel>[0]
    >['unet'];
    const model = await oneStepModel({ unet });
    const format = formatOf(30, 20);
    const photo = noise(format);
    const results: Samples[] = [];
    for (const strength of [0, 0.25, 0.5, 0.75, 1]) {
      const { pipeline } = await openForTest(model, { options: { strength } });
      expect(pipeline.used).toEqual({ ...noDials, strength, fidelity: 0 });
      results.push(await enlargeInMemory(pipeline, format, photo));
    }
    const low = await enlargement(format, photo, 2);
    const [nothing, quarter, half, most, all] = results.map((result) => Array.from(result));
    if (!nothing || !quarter || !half || !most || !all) throw new Error('five results were asked for');
    expect(largestDifference(nothing, low)).toBe(0);
    // z is half of the picture in −1…1, a level of which is 2/255.
    const stepped = Array.from(low, (level) => Math.max(0, level - ((level / 255 - 0.5) * 0.5 + 0.05) * 255));
    expect(largestDifference(all, stepped)).toBeLessThanOrEqual(1);
    const towards = all.map((value, index) => Math.sign(value - (nothing[index] ?? 0)));
    for (const [before, after] of [
      [nothing, quarter],
      [quarter, half],
      [half, most],
      [most, all],
    ] as const) {
      expect(after.every((value, index) => (value - (before[index] ?? 0)) * (towards[index] ?? 0) >= 0)).toBe(true);
    }
  });
});

describe('fidelity', () => {
  it('brings the result back to the photo, while what is finer stays', async () => {
    // Another colour, and a pattern that no pixel of the photo can hold.
    const decoder = (b: Parameters<NonNullable<NonNullable<Parameters<typeof oneStepModel>[0]>['decoder']>>[0], x: string): string =>
      b.add(b.depthToSpace(b.add(b.mul(x, 0.8), 0.1), 2), b.depthToSpace(b.mul(b.tanh(b.mul(x, 40)), 0.05), 2));
    const model = await oneStepModel({ decoder });
    const format = formatOf(50, 40);
    const photo = smooth(format);
    const away: number[] = [];
    for (const fidelity of [0, 0.5, 1]) {
      const { pipeline } = await openForTest(model, { options: { fidelity } });
      away.push(meanDifference(reduced(await enlargeInMemory(pipeline, format, photo), format, 2), photo));
    }
    const [free = 0, half = 0, held = 0] = away;
    expect(free).toBeGreaterThan(8);
    expect(half).toBeLessThan(0.6 * free);
    expect(held).toBeLessThan(0.6);
  });
});

describe('tiles', () => {
  it('leave no seams on a smooth picture where each gets another brightness', async () => {
    // Every tile is moved towards its own mean: neighbours disagree.
    const unet = {
      inputs: ['latent'],
      network: (b) => b.mul(b.sub('latent', b.globalAveragePool('latent')), 0.1),
    } as const satisfies NonNullable<Parameters<typeof oneStepModel>[0]>['unet'];
    const format = formatOf(150, 20);
    const photo = smooth(format);
    const { pipeline } = await openForTest(await oneStepModel({ unet, diffusion: { blend: 'ramp', overlap: 14 } }));
    const result = await enlargeInMemory(pipeline, format, photo);
    const low = await enlargement(format, photo, 2);
    // The steepest step between neighbours is hardly more than it was.
    expect(steepest(result, 300)).toBeLessThanOrEqual(steepest(low, 300) + 1);
  });

  it('are computed in the order and number that the grid has, and counted to the whole', async () => {
    const format = formatOf(37, 53);
    const { pipeline } = await openForTest(await oneStepModel());
    const tiles: { left: number; top: number; width: number; height: number }[] = [];
    const stages: TileStage[] = [];
    await enlargeInMemory(pipeline, format, noise(format), {
      onTile: (tile) => tiles.push(tile),
      onStage: (stage) => stages.push(stage),
    });
    // 74 × 106 in tiles of 32 that share 8: 0 24 42, and 0 24 48 72 74.
    expect(tiles.length).toBe(3 * 5);
    expect(tiles.reduce((sum, { width, height }) => sum + width * height, 0)).toBe(74 * 106);
    expect(stages).toEqual(tiles.flatMap(() => ['encoder', 'unet', 'decoder']));
  });

  it('give the same bytes every time', async () => {
    const format = formatOf(64, 40);
    const photo = noise(format);
    const step = { kind: 'resshift', kappa: 2, eta: 0.9801, seed: 11 } as const;
    const model = await oneStepModel({
      diffusion: { step, colourFix: 'adain' },
      unet: { inputs: ['latent'], network: (b) => b.tanh('latent') },
    });
    const results: Samples[] = [];
    for (let time = 0; time < 2; time += 1) {
      const { pipeline } = await openForTest(model);
      results.push(await enlargeInMemory(pipeline, format, photo));
    }
    expect(same(results[0] ?? new Uint8Array(), results[1] ?? new Uint8Array())).toBe(true);
  });

  it('of one size that do not fit into memory are a problem in words', async () => {
    const format = formatOf(40, 40);
    const model = await oneStepModel();
    const plan = planFixedTiles({ width: 80, height: 80 }, 32, 8);
    const blended = await StripFile.create(join(await testFolder(), 'tiles.tif'), { ...format, width: 80, height: 80, bits: 16 });
    const running = runOneStepTiles(memoryPixels(format, noise(format)), {
      ...{ manifest: model.manifest, plan, dials: { ...noDials, strength: 1 }, blended },
      inference: { infer: () => Promise.resolve('smaller') },
    });
    await expect(running).rejects.toMatchObject({ code: 'not-enough-memory', message: expect.stringContaining('Tiny') as string });
    await blended.close();
  });

  it('in a row that does not fit are one too', async () => {
    const format = formatOf(40, 40);
    const { pipeline } = await openForTest(await oneStepModel());
    const failing = { ...memoryPixels(format, noise(format)), readRows: () => Promise.reject(new Error('Array buffer allocation failed')) };
    await expect(pipeline.run(failing, { sink: () => Promise.resolve(), scratch: await testFolder() })).rejects.toMatchObject({
      code: 'not-enough-memory',
    });
  });
});

describe('cancelling', () => {
  it.each(['encoder', 'unet', 'decoder'] as const)(
    'while the %s of a tile runs ends before the next graph; nothing is left',
    async (stage) => {
      const { pipeline } = await openForTest(await oneStepModel());
      const format = formatOf(64, 64);
      const controller = new AbortController();
      const seen: TileStage[] = [];
      const result = collector(8);
      const scratch = await testFolder();
      const running = pipeline.run(memoryPixels(format, noise(format)), {
        signal: controller.signal,
        sink: result.sink,
        scratch,
        onStage: (begun) => {
          seen.push(begun);
          if (begun === stage) controller.abort();
        },
      });
      await expect(running).rejects.toMatchObject({ code: 'cancelled' });
      expect(seen.at(-1)).toBe(stage);
      expect(seen.length).toBeLessThanOrEqual(3);
      expect(result.calls()).toBe(0);
      expect(await readdir(scratch)).toEqual([]);
    },
  );
});

/** A slope in every channel, in all its levels. */
function smooth({ width, height, channels }: PixelFormat): Uint8Array {
  return Uint8Array.from({ length: width * height * channels }, (_, index) => {
    const [x, y] = [Math.floor(index / channels) % width, Math.floor(index / channels / width)];
    return 40 + (150 * x) / width + (index % channels) * 10 + (20 * y) / height;
  });
}

const meanDifference = (a: Samples, b: ArrayLike<number>): number =>
  Array.from(a).reduce((sum, value, index) => sum + Math.abs(value - (b[index] ?? 0)), 0) / a.length;

/** The mean of `scale` × `scale` pixels. */
function reduced(result: Samples, { width, channels }: PixelFormat, scale: number): Uint8Array {
  const wide = width * scale * channels;
  return Uint8Array.from({ length: result.length / scale ** 2 }, (_, index) => {
    const [channel, x, y] = [index % channels, Math.floor(index / channels) % width, Math.floor(index / channels / width)];
    let sum = 0;
    for (let row = 0; row < scale; row += 1) {
      for (let column = 0; column < scale; column += 1)
        sum += result[(y * scale + row) * wide + (x * scale + column) * channels + channel] ?? 0;
    }
    return Math.round(sum / scale ** 2);
  });
}

const channelOf = (samples: Samples, channel: number): number[] => Array.from(samples).filter((_, index) => index % 3 === channel);

/** How well one is a straight line over the other: the correlation. */
function evenness(a: readonly number[], b: readonly number[]): number {
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [meanA, meanB] = [mean(a), mean(b)];
  const product = (x: readonly number[], mx: number, y: readonly number[], my: number): number =>
    x.reduce((sum, value, index) => sum + (value - mx) * ((y[index] ?? 0) - my), 0);
  return product(a, meanA, b, meanB) / Math.sqrt(product(a, meanA, a, meanA) * product(b, meanB, b, meanB));
}

/** The largest difference of neighbours in a row. */
function steepest(result: Samples, width: number): number {
  let most = 0;
  for (let at = 3; at < result.length; at += 1) {
    if (Math.floor(at / 3) % width !== 0) most = Math.max(most, Math.abs((result[at] ?? 0) - (result[at - 3] ?? 0)));
  }
  return most;
}
