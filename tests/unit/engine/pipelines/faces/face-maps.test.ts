import { expect, it } from 'vitest';
import { distinctFaces, facesOfMaps, type FaceMaps, type FoundFace } from '../../../../../src/engine/pipelines/faces/face-maps.ts';

/** Maps of a picture of 64 pixels, with one cell of one stride set. */
function mapsWith(stride: number, cell: number, values: Record<'cls' | 'obj' | 'bbox' | 'kps', number[]>): FaceMaps[] {
  return [8, 16, 32].map((each) => {
    const cells = (64 / each) ** 2;
    const map = (name: keyof typeof values, count: number): Float32Array => {
      const numbers = new Float32Array(cells * count);
      if (each === stride) numbers.set(values[name], cell * count);
      return numbers;
    };
    return { stride: each, cls: map('cls', 1), obj: map('obj', 1), bbox: map('bbox', 4), kps: map('kps', 10) };
  });
}

it('reads a face as YuNet gives it: cell, stride, exponent', () => {
  // Column 2, row 1 of stride 16.
  const kps = [0, 0, 1, 0, 0.5, 0.5, 0.25, 1, 0.75, -1];
  const maps = mapsWith(16, 6, { cls: [0.81], obj: [1.4], bbox: [0.5, 0.25, Math.log(2), 0], kps });
  const [face, ...others] = facesOfMaps(64, maps, 0.8);
  expect(others).toEqual([]);
  expect(face?.score).toBeCloseTo(0.9, 6);
  expect(face?.box).toEqual({
    left: expect.closeTo(40 - 16, 4) as number,
    top: 20 - 8,
    width: expect.closeTo(32, 4) as number,
    height: 16,
  });
  expect(face?.landmarks).toEqual([
    { x: 32, y: 16 },
    { x: 48, y: 16 },
    { x: 40, y: 24 },
    { x: 36, y: 32 },
    { x: 44, y: 0 },
  ]);
  expect(facesOfMaps(64, maps, 0.91)).toEqual([]);
});

it('keeps the surest of faces that lie on each other', () => {
  const face = (score: number, left: number): FoundFace => ({ score, box: { left, top: 0, width: 10, height: 10 }, landmarks: [] });
  // 9 of 11 and 2 of 18 columns in common.
  expect(distinctFaces([face(0.8, 1), face(0.9, 0), face(0.85, 8)]).map(({ score }) => score)).toEqual([0.9, 0.85]);
});
