import { describe, expect, it } from 'vitest';
import { choosePasses, formatFactor, type ScaleModel } from '../../../src/engine/passes.ts';
import { english } from '../../../src/shared/sentence.ts';
import type { Target } from '../../../src/shared/target.ts';

const x2: ScaleModel = { id: 'x2', scale: 2 };
const x4: ScaleModel = { id: 'x4', scale: 4 };
const family = [x2, x4];
const scale = (factor: 1 | 2 | 3 | 4 | 8): Target => ({ kind: 'scale', scale: factor });
const longEdge = (pixels: number): Target => ({ kind: 'longEdge', pixels });

/** "x4 6000x4000, resampled 4500x3000" */
const inShort = (choice: ReturnType<typeof choosePasses>): string =>
  choice.passes.map((pass) => `${pass.model ?? 'resampled'} ${pass.width}x${pass.height}`).join(', ');

describe('choosePasses', () => {
  const photo = { width: 1500, height: 1000 };

  it.each<[string, Target, ScaleModel[], string]>([
    ['auto, small', { kind: 'auto' }, family, 'x4 6000x4000'],
    ['×2', scale(2), family, 'x2 3000x2000'],
    ['×1 is ×2, resampled', scale(1), family, 'x2 3000x2000, resampled 1500x1000'],
    ['×1 with a ×4 model', scale(1), [x4], 'x4 6000x4000, resampled 1500x1000'],
    ['×1 with a ×1 model', scale(1), [{ id: 'x1', scale: 1 }, x2], 'x1 1500x1000'],
    ['×3 is ×4 resampled', scale(3), family, 'x4 6000x4000, resampled 4500x3000'],
    ['×4', scale(4), family, 'x4 6000x4000'],
    ['×8 is ×4 then ×2', scale(8), family, 'x4 6000x4000, x2 12000x8000'],
    ['below ×2', longEdge(2000), family, 'x2 3000x2000, resampled 2000x1333'],
    ['just above ×2', longEdge(3001), family, 'x4 6000x4000, resampled 3001x2001'],
    ['exactly ×4', longEdge(6000), family, 'x4 6000x4000'],
    ['between ×8 and ×16', longEdge(12_001), family, 'x4 6000x4000, x4 24000x16000, resampled 12001x8001'],
    ['exactly ×16', longEdge(24_000), family, 'x4 6000x4000, x4 24000x16000'],
    ['smaller than the photo', longEdge(300), family, 'x2 3000x2000, resampled 300x200'],
    ['the photo’s own size', longEdge(1500), family, 'x2 3000x2000, resampled 1500x1000'],
    ['fit, limited by width', { kind: 'fit', width: 3000, height: 9000 }, family, 'x2 3000x2000'],
    ['fit, limited by height', { kind: 'fit', width: 9000, height: 2000 }, family, 'x2 3000x2000'],
    ['fit that rounds', { kind: 'fit', width: 2999, height: 2000 }, family, 'x2 3000x2000, resampled 2999x1999'],
    ['one ×4 model asked for ×2', scale(2), [x4], 'x4 6000x4000, resampled 3000x2000'],
    ['one ×2 model asked for ×4', scale(4), [x2], 'x2 3000x2000, x2 6000x4000'],
    ['one ×3 model asked for ×8', scale(8), [{ id: 'x3', scale: 3 }], 'x3 4500x3000, x3 13500x9000, resampled 12000x8000'],
    ['one ×4 model asked for ×8', scale(8), [x4], 'x4 6000x4000, x4 24000x16000, resampled 12000x8000'],
    ['a ×3 in the family is taken for ×3', scale(3), [x2, { id: 'x3', scale: 3 }, x4], 'x3 4500x3000'],
    ['a ×1 model keeps the size', { kind: 'auto' }, [{ id: 'x1', scale: 1 }], 'x1 1500x1000'],
    ['a ×8 model alone beats ×4 and ×2', scale(8), [x2, x4, { id: 'x8', scale: 8 }], 'x8 12000x8000'],
  ])('%s', (_, target, models, expected) => {
    expect(inShort(choosePasses(photo, target, models, false))).toBe(expected);
  });

  it.each([
    [2000, 2000, 4],
    [2000, 2001, 2],
    [1, 1, 4],
  ])('auto makes %i×%i %i times as large', (width, height, factor) => {
    expect(choosePasses({ width, height }, { kind: 'auto' }, family, false)).toMatchObject({
      width: width * factor,
      height: height * factor,
    });
  });

  it('turns the paper the way the photo is', () => {
    const print: Target = { kind: 'print', widthMm: 254, heightMm: 508, dpi: 100 };
    expect(choosePasses({ width: 1000, height: 500 }, print, family, false)).toMatchObject({ width: 2000, height: 1000 });
    expect(choosePasses({ width: 500, height: 1000 }, print, family, false)).toMatchObject({ width: 1000, height: 2000 });
  });

  it('keeps at least one pixel of a very thin photo', () => {
    expect(choosePasses({ width: 5000, height: 1 }, longEdge(100), family, false)).toMatchObject({ width: 100, height: 1 });
  });

  it('never needs more than its models give when it rounds a side up', () => {
    for (let width = 1; width < 60; width += 1) {
      for (let edge = 1; edge <= 60 * 16; edge += 41) {
        if (edge > width * 16 && edge > 37 * 16) continue;
        const size = { width, height: 37 };
        const choice = choosePasses(size, longEdge(edge), family, false);
        const last = choice.passes.findLast((pass) => pass.model !== null);
        expect(Math.max(choice.width, choice.height)).toBe(edge);
        expect(choice.width).toBeLessThanOrEqual(last?.width ?? 0);
        expect(choice.height).toBeLessThanOrEqual(last?.height ?? 0);
      }
    }
  });

  it.each([
    [longEdge(1500), true],
    [longEdge(1499), true],
    [longEdge(1501), false],
    [scale(2), false],
    [scale(1), false],
    [{ kind: 'fit', width: 1600, height: 1000 } satisfies Target, true],
  ])('skips a photo that already covers %j: %s', (target, skips) => {
    const choice = choosePasses(photo, target, family, true);
    expect(choice.skip !== null).toBe(skips);
    if (skips) expect(choice).toMatchObject({ width: 1500, height: 1000, passes: [] });
  });

  it('says the rule', () => {
    const ruleOf = (target: Target, models = family): string => english.tell(choosePasses(photo, target, models, false).rule);
    expect(ruleOf({ kind: 'auto' })).toBe('Auto: 1.5 megapixels, at most 4, so ×4. x4 runs once.');
    expect(ruleOf(scale(8))).toBe('×8 was requested. x4 runs first, x2 on its result.');
    expect(ruleOf(scale(3))).toBe('×3 was requested. x4 runs once, then it is resampled (Lanczos 3) from 6000×4000 px to 4500×3000 px.');
    expect(ruleOf(scale(4), [x2])).toBe('×4 was requested. x2 runs twice.');
  });

  it.each([
    [longEdge(24_001), family, 'at most 16 times'],
    [scale(8), [x2], 'at most 4 times the size of the photo, or another model'],
    [scale(2), [{ id: 'x1', scale: 1 }], 'at most 1 times'],
  ])('refuses %j beyond what two uses reach', (target, models, advice) => {
    expect(() => choosePasses(photo, target, models, false)).toThrow(
      expect.objectContaining({ code: 'too-large-a-scale', advice: expect.stringContaining(advice) as string }),
    );
  });
});

it('writes factors without needless digits', () => {
  expect([4, 2.5, 1.333333, 0.125, 16].map(formatFactor)).toEqual(['4', '2.5', '1.33', '0.13', '16']);
});
