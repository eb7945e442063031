import { describe, expect, it } from 'vitest';
import { addGrain, grainPattern, withGrain } from '../../../../src/engine/image/grain.ts';
import { testPicture } from '../../../../src/shared/test-picture.ts';

const side = 40;
const whole = { left: 0, top: 0, width: side, height: side };
const colour = { channels: 3, bits: 8 } as const;

function grainy(amount: number, samples: Uint8Array = testPicture(side)): Uint8Array {
  const rows = samples.slice();
  addGrain(rows, whole, colour, amount);
  return rows;
}

describe('grain', () => {
  it('is the pattern that the training kit computes too (training/tests/test_grain.py)', () => {
    const pattern = grainPattern();
    const values = [0, 1, 2, 511, 512, 100_000, 262_143].map((at) => pattern[at]);
    const known = [-0.05704157, 0.3130832, 0.09573383, -1.0138701, -0.1930015, 0.2031347, -0.27627918];
    known.forEach((value, at) => expect(values[at]).toBeCloseTo(value, 5));
    expect(Array.from(grainy(1, new Uint8Array(side * side * 3).fill(128)).slice(0, 12))).toEqual([
      ...[128, 128, 128, 130, 130, 130, 129, 129, 129],
      ...[127, 127, 127],
    ]);
  });

  it('has the deviation that its amount says in the middle tones, and none in black and white', () => {
    const deviation = (level: number, amount: number): number => {
      const rows = new Uint8Array(512 * 512).fill(level);
      addGrain(rows, { left: 0, top: 0, width: 512, height: 512 }, { channels: 1, bits: 8 }, amount);
      return Math.sqrt(rows.reduce((sum, value) => sum + (value - level) ** 2, 0) / rows.length);
    };
    expect(deviation(128, 1)).toBeCloseTo(6, 1);
    expect(deviation(128, 0.5)).toBeCloseTo(3, 1);
    expect(deviation(32, 1)).toBeCloseTo(6 * 4 * (32 / 255) * (223 / 255), 1);
    expect([deviation(0, 1), deviation(255, 1)]).toEqual([0, 0]);
  });

  it('has no colour', () => {
    const grey = Uint8Array.from({ length: side * side * 3 }, (_, at) => 60 + (Math.floor(at / 3) % 128));
    const rows = grainy(1, grey);
    expect(rows).not.toEqual(grey);
    for (let at = 0; at < rows.length; at += 3) expect([rows[at + 1], rows[at + 2]]).toEqual([rows[at], rows[at]]);
  });

  it('is the same by rows, for a part, and in 16 bits', async () => {
    const expected = grainy(0.5);
    const got: number[] = [];
    const sink = withGrain(
      async (rows) => {
        got.push(...rows);
      },
      whole,
      colour,
      0.5,
    );
    const picture = testPicture(side);
    for (let top = 0; top < side; top += 7) await sink(picture.slice(top * side * 3, (top + 7) * side * 3));
    expect(got).toEqual(Array.from(expected));

    const part = { left: 5, top: 9, width: side - 5, height: 1 };
    const row = picture.slice((9 * side + 5) * 3, 10 * side * 3);
    addGrain(row, part, colour, 0.5);
    expect(row).toEqual(expected.slice((9 * side + 5) * 3, 10 * side * 3));

    const wide = Uint16Array.from(picture, (value) => value * 257);
    addGrain(wide, whole, { channels: 3, bits: 16 }, 0.5);
    wide.forEach((value, at) => expect(Math.abs(value / 257 - (expected[at] ?? Number.NaN))).toBeLessThanOrEqual(0.51));
  });
});
