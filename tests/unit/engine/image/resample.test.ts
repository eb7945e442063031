import { describe, expect, it } from 'vitest';
import { memoryStore } from '../../../../src/engine/image/pixel-store.ts';
import { resampled } from '../../../../src/engine/image/resample.ts';

const plane = (width: number, height: number, value: (x: number, y: number) => number) =>
  memoryStore(
    { width, height, channels: 1, bits: 8 },
    Uint8Array.from({ length: width * height }, (_, i) => value(i % width, Math.floor(i / width))),
  );

describe('resampled', () => {
  it('enlarges a soft edge without rings: never beyond the values on its two sides', async () => {
    const edge = plane(20, 20, (x) => (x < 10 ? 60 : 190));
    const rows = await resampled(edge, { width: 80, height: 80 }).readRows(0, 80);
    expect(Math.min(...rows)).toBe(60);
    expect(Math.max(...rows)).toBe(190);
    const middle = rows.subarray(40 * 80, 41 * 80);
    expect([...middle]).toEqual([...middle].toSorted((a, b) => a - b));
    expect(new Set(middle).size).toBeGreaterThan(3);
  });

  it('is the same by pieces as at once, and the identity at the same size', async () => {
    const noise = plane(31, 23, (x, y) => (x * 97 + y * 57 + x * y * 13) % 256);
    const large = resampled(noise, { width: 100, height: 77 });
    const whole = await large.readRows(0, 77);
    expect(await large.readRows(13, 9)).toEqual(whole.slice(1300, 2200));
    expect(await resampled(noise, { width: 31, height: 23 }).readRows(0, 23)).toEqual(await noise.readRows(0, 23));
  });

  it('averages when reducing', async () => {
    const stripes = plane(64, 64, (x) => (x % 2 === 0 ? 0 : 200));
    const rows = await resampled(stripes, { width: 8, height: 8 }).readRows(0, 8);
    // At the very edges the outermost stripe counts for those that would lie beyond.
    for (let x = 1; x < 7; x++) expect(Math.abs((rows[x] ?? 0) - 100)).toBeLessThan(2);
  });

  it('takes a single pixel to any size', async () => {
    const rows = await resampled(
      plane(1, 1, () => 42),
      { width: 3, height: 5 },
    ).readRows(0, 5);
    expect([...rows]).toEqual(Array.from({ length: 15 }, () => 42));
  });
});
