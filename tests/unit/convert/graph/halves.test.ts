import { describe, expect, it } from 'vitest';
import { floatsToHalves } from '../../../../src/convert/graph/halves.ts';
import { halvesToFloats } from '../../../../src/convert/graph/tensor.ts';

const bitsOf = (...values: number[]): number[] => Array.from(floatsToHalves(Float32Array.from(values)));

describe('half precision', () => {
  it('keeps every number that it has', () => {
    const halves = Uint16Array.from({ length: 65_536 }, (_, bits) => bits).filter((bits) => (bits & 0x7fff) <= 0x7c00);
    expect(floatsToHalves(halvesToFloats(halves))).toEqual(halves);
  });

  it('rounds to the nearest, in the middle to the even one', () => {
    const step = 2 ** -10;
    expect(bitsOf(1 + 0.49 * step, 1 + 0.5 * step, 1 + 0.51 * step, 1 + 1.5 * step)).toEqual([0x3c00, 0x3c00, 0x3c01, 0x3c02]);
    const least = 2 ** -24;
    expect(bitsOf(0.5 * least, 0.51 * least, 1.5 * least, -2.5 * least)).toEqual([0, 1, 2, 0x8002]);
    expect(bitsOf(2047.5, 65_519, 65_520, 1e9, -1e9)).toEqual([0x6800, 0x7bff, 0x7c00, 0x7c00, 0xfc00]);
    expect(Number.isNaN(halvesToFloats(floatsToHalves(Float32Array.of(Number.NaN)))[0])).toBe(true);
  });
});
