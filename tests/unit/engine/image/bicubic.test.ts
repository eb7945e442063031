import { describe, expect, it } from 'vitest';
import { bicubicPart } from '../../../../src/engine/image/bicubic.ts';
import type { Samples } from '../../../../src/engine/image/pixels.ts';
import { crop, memoryPixels, noise, same } from '../../../support/memory-pixels.ts';

const format = { width: 5, height: 4, channels: 3, bits: 8 } as const;
const photo = Uint8Array.from({ length: 60 }, (_, index) => Math.floor(index / 3) * 37 + (index % 3) * 91);

/** FNV-1a over the samples. */
const hashOf = (samples: Samples): string =>
  Array.from(samples)
    .reduce((hash, sample) => Math.imul(hash ^ sample, 16777619) >>> 0, 2166136261)
    .toString(16);

describe('bicubicPart', () => {
  // Written down from Pillow 12: Image.resize(…, Image.Resampling.BICUBIC).
  it.each([
    [2, '89f2f60a', [0, 94, 185, 0, 103, 201, 8, 123, 234, 34, 143, 178]],
    [3, '7b3ccf51', [0, 94, 185, 0, 98, 189, 0, 107, 208, 1, 120, 232]],
    [4, 'bf68b654', [0, 95, 186, 0, 97, 188, 0, 102, 194, 0, 109, 212]],
  ])('enlarges %i times as Pillow does, to the bit', async (scale, hash, first) => {
    const result = await bicubicPart(memoryPixels(format, photo), scale, { left: 0, top: 0, width: 5 * scale, height: 4 * scale });
    expect([...result.subarray(0, first.length)]).toEqual(first);
    expect(hashOf(result)).toBe(hash);
  });

  it('gives a part what the whole has there', async () => {
    for (const bits of [8, 16] as const) {
      const large = { width: 31, height: 23, channels: 3, bits } as const;
      const source = memoryPixels(large, noise(large));
      const whole = await bicubicPart(source, 4, { left: 0, top: 0, width: 124, height: 92 });
      for (const part of [
        { left: 17, top: 30, width: 41, height: 9 },
        { left: 0, top: 90, width: 124, height: 2 },
        { left: 123, top: 0, width: 1, height: 92 },
      ]) {
        expect(same(await bicubicPart(source, 4, part), crop({ ...large, width: 124, height: 92 }, whole, part))).toBe(true);
      }
    }
  });

  it('leaves a photo as it is at scale 1', async () => {
    expect(same(await bicubicPart(memoryPixels(format, photo), 1, { left: 0, top: 0, width: 5, height: 4 }), photo)).toBe(true);
  });

  it('agrees in 16 bits with 8 bits to a level, where these are rounded twice', async () => {
    const wide = memoryPixels(
      { ...format, bits: 16 },
      Uint16Array.from(photo, (level) => level * 257),
    );
    const place = { left: 0, top: 0, width: 20, height: 16 };
    const [eight, sixteen] = [await bicubicPart(memoryPixels(format, photo), 4, place), await bicubicPart(wide, 4, place)];
    expect(Math.max(...eight.map((level, index) => Math.abs(level - (sixteen[index] ?? 0) / 257)))).toBeLessThanOrEqual(1);
  });
});
