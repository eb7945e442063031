import { describe, expect, it } from 'vitest';
import { middle, sampleRegion } from '../../../../src/renderer/features/enhance/sample-region.ts';

const pyramidOf = (width: number, height: number) => ({
  width,
  height,
  tileSide: 256,
  levels: [
    { width: 1, height: 1 },
    { width, height },
  ],
});

describe('the piece that a sample is made of', () => {
  it('lies inside the photo and inside one tile, for photos of any size', () => {
    for (const [width, height] of [
      [1, 1],
      [50, 4000],
      [96, 64],
      [256, 256],
      [257, 511],
      [512, 513],
      [6000, 4000],
    ] as const) {
      for (const spot of [middle, { x: 0, y: 1 }, { x: 1, y: 0.3 }]) {
        const { region, tile } = sampleRegion(pyramidOf(width, height), 96, spot);
        const said = `${width} × ${height}, ${spot.x}, ${spot.y}`;
        expect(region.left, said).toBeGreaterThanOrEqual(tile.column * 256);
        expect(region.left + region.width, said).toBeLessThanOrEqual(Math.min((tile.column + 1) * 256, width));
        expect(region.top, said).toBeGreaterThanOrEqual(tile.row * 256);
        expect(region.top + region.height, said).toBeLessThanOrEqual(Math.min((tile.row + 1) * 256, height));
        expect(Math.min(region.width, region.height), said).toBeGreaterThanOrEqual(1);
      }
    }
  });

  it('is close to the middle, two thirds as high as wide, and of the level that has every pixel', () => {
    const { region, tile } = sampleRegion(pyramidOf(6000, 4000), 96);
    expect(region).toMatchObject({ width: 96, height: 64 });
    expect(Math.abs(region.left + 48 - 3000)).toBeLessThan(128);
    expect(tile.level).toBe(1);
  });

  it('lies where it is pointed at, as nearly as the tiles allow', () => {
    const { region } = sampleRegion(pyramidOf(6000, 4000), 96, { x: 0.9, y: 0.1 });
    expect(Math.abs(region.left + 48 - 5400)).toBeLessThanOrEqual(48);
    expect(Math.abs(region.top + 32 - 400)).toBeLessThanOrEqual(32);
  });

  it('says where the tile lies around it', () => {
    const { region, tile, tileAt } = sampleRegion(pyramidOf(6000, 4000), 96);
    expect(tileAt.left * region.width + region.left).toBeCloseTo(tile.column * 256);
    expect(tileAt.width * region.width).toBeCloseTo(256);
    expect(tileAt.top * region.height + region.top).toBeCloseTo(tile.row * 256);
  });
});
