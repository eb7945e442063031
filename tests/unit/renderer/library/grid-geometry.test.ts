import { describe, expect, it } from 'vitest';
import {
  captionHeight,
  cellPlace,
  cellsInView,
  gridGap,
  gridGeometry,
  gridPadding,
  rowsPerPage,
  scrollToShow,
} from '../../../../src/renderer/features/library/grid-geometry.ts';

describe('the grid', () => {
  it('fills its width with as many columns as fit, never with none', () => {
    const grid = gridGeometry(1000, 200, 10);
    expect(grid.columns).toBe(4);
    expect(grid.columns * grid.cellWidth + (grid.columns - 1) * gridGap + 2 * gridPadding).toBeCloseTo(1000);
    expect(grid.cellWidth).toBeGreaterThanOrEqual(200);
    expect(gridGeometry(100, 200, 10).columns).toBe(1);
    expect(gridGeometry(0, 200, 10).columns).toBe(1);
  });

  it('is as high as its rows, and nothing when it is empty', () => {
    const grid = gridGeometry(1000, 200, 9);
    expect(grid.rows).toBe(3);
    expect(grid.height).toBeCloseTo(3 * (grid.cellWidth + captionHeight) + 2 * gridGap + 2 * gridPadding);
    expect(gridGeometry(1000, 200, 0).height).toBe(0);
  });

  it('stays within what browsers draw with 50,000 photos in one column of the largest cells', () =>
    expect(gridGeometry(500, 480, 50_000).height).toBeLessThan(33_000_000));

  it('draws every cell that touches the view, for any place of the view', () => {
    const count = 103;
    for (const width of [180, 640, 1313]) {
      const grid = gridGeometry(width, 160, count);
      for (let top = 0; top < grid.height; top += 37) {
        const { from, to } = cellsInView(grid, count, { top, height: 500 }, 0);
        for (let index = 0; index < count; index += 1) {
          const place = cellPlace(grid, index);
          const touches = place.top < top + 500 && place.top + grid.cellHeight > top;
          if (touches) expect(index >= from && index < to, `${width} ${top} ${index}`).toBe(true);
        }
        expect(to - from).toBeLessThanOrEqual(grid.columns * (Math.ceil(500 / grid.cellHeight) + 2));
      }
    }
  });

  it('keeps spare rows on both sides, inside of the list', () => {
    const grid = gridGeometry(1000, 200, 1000);
    const view = { top: 50 * (grid.cellHeight + gridGap), height: 600 };
    const [bare, spare] = [cellsInView(grid, 1000, view, 0), cellsInView(grid, 1000, view, 3)];
    expect(bare.from - spare.from).toBe(3 * grid.columns);
    expect(spare.to - bare.to).toBe(3 * grid.columns);
    expect(cellsInView(grid, 1000, { top: 0, height: 600 }, 3).from).toBe(0);
    expect(cellsInView(grid, 5, { top: 0, height: 600 }, 3).to).toBe(5);
  });

  it('scrolls no more than is needed to show a cell', () => {
    const grid = gridGeometry(1000, 200, 1000);
    const row = (number: number): number => number * grid.columns;
    expect(scrollToShow(grid, row(0), { top: 300, height: 600 })).toBe(0);
    const middle = cellPlace(grid, row(10)).top - 100;
    expect(scrollToShow(grid, row(10), { top: middle, height: 600 })).toBe(middle);
    const below = scrollToShow(grid, row(20), { top: middle, height: 600 });
    expect(cellPlace(grid, row(20)).top + grid.cellHeight).toBeLessThanOrEqual(below + 600);
    expect(cellPlace(grid, row(20)).top + grid.cellHeight + gridPadding).toBeCloseTo(below + 600);
  });

  it('goes by what is in view on Page Down, and at least by a row', () => {
    const grid = gridGeometry(1000, 200, 1000);
    expect(rowsPerPage(grid, 3 * (grid.cellHeight + gridGap))).toBe(2);
    expect(rowsPerPage(grid, 50)).toBe(1);
  });
});
