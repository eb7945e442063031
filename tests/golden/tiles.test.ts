import { describe, expect, it } from 'vitest';
import { addGrain } from '../../src/engine/image/grain.ts';
import { noDials } from '../../src/shared/options.ts';
import { enlargeInMemory, goldenModel, openForTest } from '../support/golden.ts';
import { crop, nearest, noise, same } from '../support/memory-pixels.ts';

/** Sides that have broken tiling elsewhere: one pixel, smaller than an overlap, primes, powers of two. */
const sides = [1, 2, 7, 31, 64, 127];

describe('identity graphs through the whole pipeline', () => {
  for (const scale of [1, 2, 3, 4]) {
    for (const bits of [8, 16] as const) {
      it(`give the exact image × ${scale}, ${bits} bit, for any size, tiling and number of channels`, async () => {
        const model = await goldenModel(`identity-x${scale}`);
        for (const tile of [0, 24, 60]) {
          const { pipeline, notices } = await openForTest(model, { bits, options: { tile } });
          for (const width of sides) {
            for (const height of sides) {
              for (const channels of [1, 3] as const) {
                const format = { width, height, channels, bits };
                const photo = noise(format, width * 1000 + height);
                const result = await enlargeInMemory(pipeline, format, photo);
                expect(same(result, nearest(format, photo, scale)), `${width} × ${height} × ${channels}`).toBe(true);
              }
            }
          }
          expect(notices).toEqual([]);
        }
      });
    }
  }

  it('give the exact image in planar layout, where 8-bit photos are converted outside the graph', async () => {
    const { pipeline } = await openForTest(await goldenModel('planes-x2'), { options: { tile: 40 } });
    for (const channels of [1, 3] as const) {
      const format = { width: 97, height: 131, channels, bits: 8 } as const;
      const photo = noise(format);
      expect(same(await enlargeInMemory(pipeline, format, photo), nearest(format, photo, 2))).toBe(true);
    }
  });

  it('give the exact image in columns and rows of tiles of a large photo', async () => {
    const { pipeline } = await openForTest(await goldenModel('identity-x2'));
    const format = { width: 1501, height: 997, channels: 3, bits: 8 } as const;
    const photo = noise(format);
    let tiles = 0;
    const result = await enlargeInMemory(pipeline, format, photo, { onTile: () => (tiles += 1) });
    expect(tiles).toBeGreaterThan(4);
    expect(same(result, nearest(format, photo, 2))).toBe(true);
  });
});

describe('a convolution graph', () => {
  const format = { width: 149, height: 203, channels: 3, bits: 8 } as const;
  const photo = noise(format);

  for (const bits of [8, 16] as const) {
    for (const exact of [true, false]) {
      it(`gives tiled what it gives untiled, ${bits} bit${exact ? ', exact' : ''}`, async () => {
        const model = await goldenModel('convolution-x2');
        const some = { ...format, bits };
        const samples = noise(some);
        const { pipeline: untiled, cacheFolder } = await openForTest(model, { bits, options: { exact } });
        const expected = await enlargeInMemory(untiled, some, samples);
        for (const tile of [23, 50, 202]) {
          const { pipeline } = await openForTest(model, { bits, cacheFolder, options: { exact, tile } });
          expect(pipeline.precision).toBe(untiled.precision);
          expect(largestDifference(await enlargeInMemory(pipeline, some, samples), expected)).toBe(0);
        }
      });
    }
  }

  it('gives for a region the pixels of the whole', async () => {
    const { pipeline } = await openForTest(await goldenModel('convolution-x2'), { options: { tile: 60 } });
    const whole = await enlargeInMemory(pipeline, format, photo);
    for (const region of [
      { left: 0, top: 0, width: 40, height: 30 },
      { left: 77, top: 101, width: 31, height: 64 },
      { left: 148, top: 202, width: 1, height: 1 },
    ]) {
      const part = await enlargeInMemory(pipeline, format, photo, { region });
      const { left, top, width, height } = region;
      const scaled = { left: left * 2, top: top * 2, width: width * 2, height: height * 2 };
      expect(same(part, crop({ ...format, width: 298, height: 406 }, whole, scaled))).toBe(true);
    }
  });

  it('takes the strength into its weights: 0, the default and 1 differ, and null is the default', async () => {
    const model = await goldenModel('convolution-x2');
    const results = new Map<number | null, Awaited<ReturnType<typeof enlargeInMemory>>>();
    for (const strength of [0, 0.5, 1, null]) {
      const { pipeline } = await openForTest(model, { options: { strength, exact: true } });
      expect(pipeline.used.strength).toBe(strength ?? 0.5);
      results.set(strength, await enlargeInMemory(pipeline, format, photo));
    }
    const of = (strength: number | null) => results.get(strength) ?? new Uint8Array();
    expect(same(of(null), of(0.5))).toBe(true);
    expect(same(of(0), of(0.5))).toBe(false);
    expect(same(of(1), of(0.5))).toBe(false);
    // Weights interpolate, so the middle lies nearer to both ends than they to each other.
    expect(meanDifference(of(0), of(0.5))).toBeLessThan(meanDifference(of(0), of(1)));
    expect(meanDifference(of(1), of(0.5))).toBeLessThan(meanDifference(of(0), of(1)));
  });
});

function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let largest = a.length === b.length ? 0 : Number.POSITIVE_INFINITY;
  for (let index = 0; index < a.length; index += 1) largest = Math.max(largest, Math.abs((a[index] ?? 0) - (b[index] ?? 0)));
  return largest;
}

function meanDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let index = 0; index < a.length; index += 1) sum += Math.abs((a[index] ?? 0) - (b[index] ?? 0));
  return sum / a.length;
}

it('lays grain over the result of a model that takes it, the same for a part and in tiles, and none at 0', async () => {
  const { manifest, ...place } = await goldenModel('identity-x2');
  const model = { ...place, manifest: { ...manifest, options: { grain: { default: 0.5 } } } };
  const format = { width: 70, height: 90, channels: 3, bits: 8 } as const;
  const photo = noise(format);
  const expected = nearest(format, photo, 2);
  addGrain(expected, { left: 0, top: 0, width: 140, height: 180 }, format, 0.5);
  for (const tile of [0, 24]) {
    const { pipeline } = await openForTest(model, { options: { tile } });
    expect(pipeline.used).toEqual({ ...noDials, grain: 0.5 });
    expect(same(await enlargeInMemory(pipeline, format, photo), expected)).toBe(true);
    const region = { left: 13, top: 31, width: 40, height: 50 };
    const part = await enlargeInMemory(pipeline, format, photo, { region });
    expect(same(part, crop({ ...format, width: 140, height: 180 }, expected, { left: 26, top: 62, width: 80, height: 100 }))).toBe(true);
  }
  const { pipeline } = await openForTest(model, { options: { grain: 0 } });
  expect(same(await enlargeInMemory(pipeline, format, photo), nearest(format, photo, 2))).toBe(true);
});
