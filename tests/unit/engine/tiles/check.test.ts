import { describe, expect, it } from 'vitest';
import type { Samples } from '../../../../src/engine/image/pixels.ts';
import { findFault, type TileShape } from '../../../../src/engine/tiles/check.ts';
import { nearest, noise } from '../../../support/memory-pixels.ts';

const shape: TileShape = { width: 120, height: 90, channels: 3, scale: 4, bits: 8 };

/** A horizontal gradient with some noise: a lively tile. */
function lively({ width, height, channels, bits }: TileShape): Samples {
  const samples = noise({ width, height, channels: channels === 1 ? 1 : 3, bits });
  const full = bits === 16 ? 65535 : 255;
  return samples.map((value, index) => value / 4 + (Math.floor(index / channels) % width) * ((full * 0.7) / width));
}

const enlarged = (input: Samples, { width, height, channels, scale, bits }: TileShape): Samples =>
  nearest({ width, height, channels: channels === 1 ? 1 : 3, bits }, input, scale);

describe('findFault', () => {
  for (const bits of [8, 16] as const) {
    for (const channels of [1, 3]) {
      const some = { ...shape, bits, channels };
      const input = lively(some);
      const good = enlarged(input, some);
      const level = bits === 16 ? 257 : 1;

      it(`finds nothing in a good tile (${bits} bit, ${channels} channels)`, () => {
        expect(findFault(input, good, some)).toBeNull();
        expect(
          findFault(
            input,
            good.map((value) => Math.min(value + 3 * level, 255 * level)),
            some,
          ),
        ).toBeNull();
      });

      it(`finds one colour where the source has many (${bits} bit, ${channels} channels)`, () => {
        expect(
          findFault(
            input,
            good.map(() => 0),
            some,
          ),
        ).toBe('constant');
        expect(
          findFault(
            input,
            good.map(() => 128 * level),
            some,
          ),
        ).toBe('constant');
      });

      it(`finds a shifted mean (${bits} bit, ${channels} channels)`, () => {
        expect(
          findFault(
            input,
            good.map((value) => Math.max(0, value - 20 * level)),
            some,
          ),
        ).toBe('drift');
      });
    }
  }

  it('finds one channel that has moved', () => {
    const input = lively(shape);
    const output = enlarged(input, shape).map((value, index) => (index % 3 === 2 ? value / 2 : value));
    expect(findFault(input, output, shape)).toBe('drift');
  });

  it('finds a corner that was never computed', () => {
    const input = lively(shape).map((value) => Math.max(value, 100));
    const output = enlarged(input, shape);
    for (let y = 0; y < 90; y += 1) output.fill(0, y * 480 * 3, (y * 480 + 120) * 3);
    expect(findFault(input, output, shape)).toBe('drift');
  });

  it('accepts one colour where the source is one', () => {
    const input = new Uint8Array(120 * 90 * 3).fill(77);
    expect(findFault(input, enlarged(input, shape), shape)).toBeNull();
  });

  it('says nothing about a handful of pixels', () => {
    const tiny = { ...shape, width: 7, height: 7 };
    const input = lively(tiny);
    expect(findFault(input, enlarged(input, tiny).fill(9), tiny)).toBeNull();
  });
});
