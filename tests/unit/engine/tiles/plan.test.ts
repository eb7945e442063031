import { describe, expect, it } from 'vitest';
import { defaultPixelLimit, planTiles, type TilePlan, type TileRequest } from '../../../../src/engine/tiles/plan.ts';
import { splitAxis } from '../../../../src/engine/tiles/span.ts';

/** How often each pixel of the photo is kept by the plan. */
function coverage({ width, height }: TileRequest, plan: TilePlan): Uint8Array {
  const count = new Uint8Array(width * height);
  for (const { core } of plan.rows.flatMap((row) => row.tiles)) {
    for (let y = core.top; y < core.top + core.height; y += 1) {
      for (let x = core.left; x < core.left + core.width; x += 1) count[y * width + x] = (count[y * width + x] ?? 0) + 1;
    }
  }
  return count;
}

/** All tiles have one size, begin on the grid, lie inside the photo and reach the overlap, or the photo's own border, on every side. */
function isSound({ width, height, overlap, grid = 1 }: TileRequest, plan: TilePlan): boolean {
  const reaches = (start: number, size: number, from: number, extent: number, length: number): boolean =>
    start >= 0 &&
    start % grid === 0 &&
    start + size <= length &&
    (from - start >= overlap || (start === 0 && from >= 0)) &&
    (start + size - from - extent >= overlap || (start + size === length && from + extent <= length));
  return plan.rows
    .flatMap((row) => row.tiles)
    .every(
      ({ source, core }) =>
        source.width === plan.tileWidth &&
        source.height === plan.tileHeight &&
        reaches(source.left, source.width, core.left, core.width, width) &&
        reaches(source.top, source.height, core.top, core.height, height),
    );
}

describe('planTiles', () => {
  const sizes = [1, 2, 7, 13, 37, 64, 101, 257, 499];
  const reaches = [
    [0, 1],
    [3, 1],
    [14, 1],
    [34, 1],
    [3, 4],
    [34, 4],
    [32, 8],
  ] as const;
  for (const [overlap, grid] of reaches) {
    it(`covers every size once, inside the photo, with overlap ${overlap} inside, on a grid of ${grid}`, () => {
      for (const width of sizes) {
        for (const height of sizes) {
          for (const pixelLimit of [1, 4096, 10_000, 300_000]) {
            const request = { width, height, overlap, grid, scale: 2, pixelLimit };
            const plan = planTiles(request);
            const once = coverage(request, plan).every((count) => count === 1);
            expect(once && isSound(request, plan), JSON.stringify(request)).toBe(true);
          }
        }
      }
    });
  }

  it('makes a small photo one tile of its own size', () => {
    const plan = planTiles({ width: 5, height: 3, overlap: 24, scale: 4 });
    expect(plan.rows.map((row) => row.tiles)).toEqual([
      [{ source: { left: 0, top: 0, width: 5, height: 3 }, core: { left: 0, top: 0, width: 5, height: 3 } }],
    ]);
  });

  // Width, height, scale and how much more than the photo is computed, at most.
  const photos = [
    [640, 480, 4, 1.05],
    [1500, 1000, 4, 1.09],
    [3000, 2000, 4, 1.11],
    [6000, 4000, 4, 1.12],
    [12_000, 8000, 2, 1.12],
    [200, 30_000, 4, 1.03],
    // Rows of tiles of very wide photos are low, so that the result rows which they finish fit into memory.
    [36_000, 28_000, 2, 1.16],
    [30_000, 200, 4, 1.31],
  ] as const;
  for (const [width, height, scale, most] of photos) {
    it(`stays within memory with little overlap: ${width} × ${height} × ${scale}`, () => {
      const plan = planTiles({ width, height, overlap: 14, scale });
      const tiles = plan.rows.flatMap((row) => row.tiles).length;
      expect(plan.tileWidth * plan.tileHeight).toBeLessThanOrEqual(defaultPixelLimit(scale));
      for (const row of plan.rows) expect((row.height - 14) * width * scale ** 2).toBeLessThanOrEqual(2 ** 25);
      expect((tiles * plan.tileWidth * plan.tileHeight) / (width * height)).toBeLessThan(most);
    });
  }

  it('makes tiles of models that take much memory for a pixel as small as 768 MiB ask for, and others no smaller', () => {
    expect(defaultPixelLimit(4, 1200)).toBe(defaultPixelLimit(4));
    const pixelLimit = defaultPixelLimit(4, 4400);
    expect(pixelLimit).toBe(183_024);
    const plan = planTiles({ width: 1024, height: 512, overlap: 64, scale: 4, pixelLimit });
    expect(plan.tileWidth * plan.tileHeight).toBeLessThanOrEqual(pixelLimit);
  });

  it('takes the rows it is told, as far as memory allows', () => {
    const request = { width: 1500, height: 1000, overlap: 14, scale: 4, tileRows: 100 };
    const plan = planTiles(request);
    expect(plan.tileHeight).toBeLessThanOrEqual(100);
    expect(plan.tileHeight).toBeGreaterThan(90);
    expect(plan.rows[0]?.tiles).toHaveLength(1);
    const tall = planTiles({ ...request, tileRows: 4096 });
    expect(isSound(request, tall)).toBe(true);
    expect(tall.tileWidth * tall.tileHeight).toBeLessThanOrEqual(defaultPixelLimit(4));
    const low = planTiles({ ...request, tileRows: 1 });
    expect(isSound(request, low)).toBe(true);
    expect(coverage(request, low).every((count) => count === 1)).toBe(true);
  });

  it('continues from a row with tiles of another size', () => {
    for (const grid of [1, 4]) {
      const request = { width: 300, height: 401, overlap: 9, grid, scale: 2, pixelLimit: 8000, fromRow: 123 };
      const plan = planTiles(request);
      expect(isSound(request, plan)).toBe(true);
      const count = coverage(request, plan);
      expect(count.subarray(0, 123 * 300).every((times) => times === 0)).toBe(true);
      expect(count.subarray(123 * 300).every((times) => times === 1)).toBe(true);
    }
  });

  it('runs for a region exactly the tiles of the whole photo that touch it', () => {
    const whole = { width: 700, height: 500, overlap: 8, scale: 2, pixelLimit: 20_000 };
    const region = { left: 333, top: 250, width: 50, height: 20 };
    const all = planTiles(whole).rows.flatMap((row) => row.tiles);
    const part = planTiles({ ...whole, region }).rows.flatMap((row) => row.tiles);
    const touching = all.filter(
      ({ core }) => core.left < 383 && core.left + core.width > 333 && core.top < 270 && core.top + core.height > 250,
    );
    expect(part).toEqual(touching);
    expect(part.length).toBeLessThan(all.length);
  });
});

describe('splitAxis', () => {
  it('uses the fewest windows and then the smallest that do', () => {
    const { size, spans } = splitAxis(1000, 0, 14, 300);
    expect(spans).toHaveLength(4);
    expect(size).toBe(271);
    expect(splitAxis(300, 0, 14, 300).spans).toEqual([{ start: 0, from: 0, to: 300 }]);
  });
});
