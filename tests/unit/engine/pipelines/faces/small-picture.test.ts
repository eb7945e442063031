import { expect, it } from 'vitest';
import { pyramidOf, smallPicture, squaresOf } from '../../../../../src/engine/pipelines/faces/small-picture.ts';
import { memoryPixels } from '../../../../support/memory-pixels.ts';

it('a photo is made small by means, of 8 bits and in colours', async () => {
  const format = { width: 4, height: 2, channels: 1, bits: 16 } as const;
  const small = await smallPicture(memoryPixels(format, Uint16Array.of(0, 257, 514, 771, 0, 257, 514, 65535)), 2);
  expect(small).toEqual({ samples: Uint8Array.of(1, 1, 1, 66, 66, 66), width: 2, height: 1, across: 2, down: 2 });
});

it('every spot is looked at, in squares that overlap, at each size', async () => {
  const format = { width: 100, height: 30, channels: 3, bits: 8 } as const;
  const photo = Uint8Array.from({ length: 9000 }, (_, index) => (index % 3) * 100);
  const pictures = pyramidOf(await smallPicture(memoryPixels(format, photo), 2560), 32);
  expect(pictures.map(({ width, height, across }) => [width, height, across])).toEqual([
    [100, 30, 1],
    [50, 15, 2],
    [25, 8, 4],
  ]);
  const squares = pictures.map((picture) => squaresOf(picture, 32));
  expect(squares.map((all) => all.map(({ left, top }) => [left, top]))).toEqual([
    [0, 24, 48, 68].map((left) => [left, 0]),
    [0, 18].map((left) => [left, 0]),
    [[0, 0]],
  ]);
  const [[first] = []] = squares;
  const planes = first?.planes() ?? new Float32Array();
  // Blue, green, red; below the picture is nothing.
  expect([planes[0], planes[1024], planes[2048]]).toEqual([200, 100, 0]);
  expect([planes[30 * 32], planes[1024 + 29 * 32]]).toEqual([0, 100]);
  // What reaches the edge to the right is whole in the next one.
  expect([
    first?.hasWhole({ left: -2, top: 0, width: 20, height: 40 }),
    first?.hasWhole({ left: 20, top: 0, width: 12, height: 9 }),
  ]).toEqual([true, false]);
});
