import { describe, expect, it } from 'vitest';
import { measureOverlap } from '../../../../../src/engine/pipelines/feed-forward/measure-overlap.ts';

/** The mean over `radius` pixels to the left, as a network that reaches so far. */
const meanToTheLeft = (radius: number) => (picture: Uint8Array, side: number) =>
  Promise.resolve(
    picture.map((_, index) => {
      const x = Math.floor(index / 3) % side;
      let sum = 0;
      for (let step = 0; step <= radius; step += 1) sum += picture[index - 3 * Math.min(step, x)] ?? 0;
      return sum / (radius + 1);
    }),
  );
const never = (): never => {
  throw new Error('nothing has to be run');
};

describe('the overlap of tiles', () => {
  it('is the radius where that is small: nothing is measured', async () => {
    expect(await measureOverlap({ run: never, radius: 34, scale: 4, secondsPerPixel: 1 })).toBe(34);
  });

  it.each([
    [5, 8],
    [14, 16],
    [30, 32],
    [60, 64],
  ])('of a network that reaches %i pixels, without saying so, is found to be %i', async (radius, overlap) => {
    expect(await measureOverlap({ run: meanToTheLeft(radius), radius: null, scale: 1, secondsPerPixel: 0 })).toBe(overlap);
  });

  it.each([
    ['the widest without running it, where a little more than the second widest differs from that', 60, [80, 88]],
    ['not looked for among narrower ones once one differs', 30, [80, 88, 144, 48]],
    ['compared with the widest where a little more makes no difference', 7, [80, 88, 144, 48, 32]],
  ])('is %s', async (_, radius, expected) => {
    const sides: number[] = [];
    const run = (picture: Uint8Array, side: number) => {
      sides.push(side);
      return meanToTheLeft(radius)(picture, side);
    };
    await measureOverlap({ run, radius: null, scale: 1, secondsPerPixel: 0 });
    expect(sides).toEqual(expected);
  });

  it('is not measured where that would take long', async () => {
    expect(await measureOverlap({ run: never, radius: 300, scale: 4, secondsPerPixel: 0.01 })).toBe(32);
  });

  it.each([
    [7, 32],
    [60, 64],
  ])('of a slow network that reaches %i pixels is %i, without the widest being run', async (radius, overlap) => {
    const run = (picture: Uint8Array, side: number) => (side > 88 ? never() : meanToTheLeft(radius)(picture, side));
    expect(await measureOverlap({ run, radius: null, scale: 1, secondsPerPixel: 0.002 })).toBe(overlap);
  });
});
