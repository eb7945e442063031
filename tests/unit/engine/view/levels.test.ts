import { expect, it } from 'vitest';
import { pyramidOf, tilePlace, tilesOf } from '../../../../src/engine/view/levels.ts';

it.each([
  [1, 1, ['1x1']],
  [256, 256, ['256x256']],
  [257, 1, ['129x1', '257x1']],
  [1025, 513, ['129x65', '257x129', '513x257', '1025x513']],
  [65_500, 3, ['256x1', '512x1', '1024x1', '2047x1', '4094x1', '8188x1', '16375x1', '32750x2', '65500x3']],
])('%i×%i has levels that halve, rounded up, down to one tile', (width, height, levels) => {
  const pyramid = pyramidOf(width, height);
  expect(pyramid.levels.map((level) => `${level.width}x${level.height}`)).toEqual(levels);
  expect(pyramid).toMatchObject({ width, height, tileSide: 256 });
  expect(tilesOf(pyramid.levels[0] ?? { width: 0, height: 0 })).toEqual({ columns: 1, rows: 1 });
});

it('edge tiles are as large as what is left, and there are none beyond', () => {
  const level = { width: 600, height: 256 };
  expect(tilesOf(level)).toEqual({ columns: 3, rows: 1 });
  expect(tilePlace(level, 2, 0)).toEqual({ left: 512, top: 0, width: 88, height: 256 });
  for (const [column, row] of [
    [3, 0],
    [0, 1],
  ] as const) {
    expect(() => tilePlace(level, column, row)).toThrow(expect.objectContaining({ code: 'not-found' }) as Error);
  }
  expect(() => tilePlace(undefined, 0, 0)).toThrow(expect.objectContaining({ code: 'not-found' }) as Error);
});
