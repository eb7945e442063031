import { describe, expect, it } from 'vitest';
import { alignedFace, alignmentOf, reachOf, squareIn } from '../../../../../src/engine/pipelines/faces/aligned.ts';
import { applied, fromLarger, inverted, scaleOf, similarityBetween } from '../../../../../src/engine/pipelines/faces/similarity.ts';
import { faceAt } from '../../../../support/face-models.ts';
import { memoryPixels } from '../../../../support/memory-pixels.ts';

describe('a similarity', () => {
  it('is found from points: a quarter turn, twice as large, moved', () => {
    const from = [
      { x: 0, y: 0 },
      { x: 1, y: 0 },
      { x: 0, y: 1 },
    ];
    const to = [
      { x: 5, y: 7 },
      { x: 5, y: 9 },
      { x: 3, y: 7 },
    ];
    const found = similarityBetween(from, to);
    expect(found).toEqual({
      a: expect.closeTo(0, 12) as number,
      b: expect.closeTo(2, 12) as number,
      dx: expect.closeTo(5, 12) as number,
      dy: expect.closeTo(7, 12) as number,
    });
    if (found === null) return;
    expect(scaleOf(found)).toBeCloseTo(2, 12);
    expect(applied(inverted(found), { x: 3, y: 7 })).toEqual({ x: expect.closeTo(0, 12) as number, y: expect.closeTo(1, 12) as number });
    // In a picture three times as large, three times as far.
    expect(applied(fromLarger(found, 3), { x: 0, y: 3 })).toEqual(applied(found, { x: 0, y: 1 }));
  });

  it('is none of a single place', () => {
    expect(
      similarityBetween(
        [
          { x: 1, y: 1 },
          { x: 1, y: 1 },
        ],
        [
          { x: 0, y: 0 },
          { x: 1, y: 1 },
        ],
      ),
    ).toBeNull();
  });
});

describe('the square of a face', () => {
  it('is where the landmarks of FFHQ say', () => {
    const alignment = alignmentOf(faceAt(10, 20, 128), 512);
    expect(alignment).toEqual({
      a: expect.closeTo(4, 9) as number,
      b: expect.closeTo(0, 9) as number,
      dx: expect.closeTo(-40, 9) as number,
      dy: expect.closeTo(-80, 9) as number,
    });
    if (alignment === null) return;
    expect(squareIn(alignment, 512)).toBeCloseTo(128, 9);
    const reach = reachOf(alignment, 512);
    expect([10 - reach.left, 20 - reach.top].every((more) => more === 0 || more === 1)).toBe(true);
    expect(reach.width).toBeLessThanOrEqual(130);
  });

  const format = { width: 20, height: 12, channels: 1, bits: 16 } as const;
  const ramp = Uint16Array.from({ length: 240 }, (_, index) => 1000 * (index % 20) + 7 * Math.floor(index / 20));

  it('is cut out exactly where pixel meets pixel, with all of 16 bits', async () => {
    const face = await alignedFace(memoryPixels(format, ramp), { a: 1, b: 0, dx: -5, dy: -2 }, 4);
    expect(Array.from(face)).toEqual([2, 3, 4, 5].flatMap((row) => [5, 6, 7, 8].map((column) => 1000 * column + 7 * row)));
  });

  it('is the mean of what it covers where the photo is finer, and repeats the edge', async () => {
    const face = await alignedFace(memoryPixels(format, ramp), { a: 0.5, b: 0, dx: -2, dy: 0 }, 2);
    // Columns 4, 5 and 6, 7; rows 0, 1 and 2, 3. Bicubic keeps straight ramps, but for the edge above.
    expect(Math.abs((face[2] ?? 0) - (4500 + 7 * 2.5))).toBeLessThanOrEqual(1);
    const outside = await alignedFace(memoryPixels(format, ramp), { a: 1, b: 0, dx: 30, dy: 0 }, 4);
    expect(new Set(Array.from(outside, (value) => value < 40))).toEqual(new Set([true]));
  });
});
