import { describe, expect, it } from 'vitest';
import { placed } from '../../../../src/renderer/features/compare/geometry.ts';
import { placeOfRegion, regionBetween, wholeAround } from '../../../../src/renderer/features/compare/region.ts';

const source = { width: 1500, height: 1000 };
const unlimited = Number.MAX_SAFE_INTEGER;

describe('regionBetween', () => {
  it('takes every pixel that the rectangle touches, whichever corner came first', () => {
    const [a, b] = [
      { x: 100.4 / 1500, y: 50 / 1000 },
      { x: 200.2 / 1500, y: 80.5 / 1000 },
    ];
    const region = { left: 100, top: 50, width: 101, height: 31 };
    expect(regionBetween(a, b, source, unlimited)).toEqual({ region, limited: false });
    expect(regionBetween(b, a, source, unlimited)).toEqual({ region, limited: false });
  });

  it('stays inside the photo and is never empty', () => {
    expect(regionBetween({ x: -1, y: -1 }, { x: 2, y: 2 }, source, unlimited).region).toEqual({ left: 0, top: 0, ...source });
    expect(regionBetween({ x: 1, y: 1 }, { x: 1.5, y: 1.5 }, source, unlimited).region).toEqual({
      left: 1499,
      top: 999,
      width: 1,
      height: 1,
    });
  });

  it('is made smaller in its own shape where it holds too much, and stays where the drag began', () => {
    const right = regionBetween({ x: 0.1, y: 0.1 }, { x: 0.9, y: 0.9 }, source, 96_000);
    expect(right.limited).toBe(true);
    expect(right.region).toMatchObject({ left: 150, top: 100 });
    expect(right.region.width * right.region.height).toBeLessThanOrEqual(96_000);
    expect(right.region.width / right.region.height).toBeCloseTo(1.5, 1);
    const left = regionBetween({ x: 0.9, y: 0.9 }, { x: 0.1, y: 0.1 }, source, 96_000);
    expect([left.region.left + left.region.width, left.region.top + left.region.height]).toEqual([1350, 900]);
  });
});

it('a region is where the photo around it says it is', () => {
  const region = { left: 300, top: 200, width: 450, height: 100 };
  expect(placeOfRegion(region, source)).toEqual({ left: 0.2, top: 0.2, width: 0.3, height: 0.1 });
  const back = placed(placeOfRegion(region, source), wholeAround(region, source));
  for (const [name, value] of Object.entries({ left: 0, top: 0, width: 1, height: 1 })) {
    expect(back[name as keyof typeof back]).toBeCloseTo(value, 12);
  }
});
