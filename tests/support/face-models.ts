import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { GraphBuilder } from '../../src/convert/graph/builder.ts';
import { floats } from '../../src/convert/graph/tensor.ts';
import { encodeGraph } from '../../src/convert/graph/write.ts';
import type { Point } from '../../src/engine/pipelines/faces/similarity.ts';

/** Stand-ins for models of faces, whose weights nobody gives away here: what they answer is known. */

const strides = [8, 16, 32];
const perCell = { cls: 1, obj: 1, bbox: 4, kps: 10 };

/** The landmarks of an upright face whose square begins at `left`, `top` and has `side` pixels; places as facexlib has them, of 512. */
export const faceAt = (left: number, top: number, side: number): Point[] =>
  [
    [192.98138, 239.94708],
    [318.90277, 240.1936],
    [256.63416, 314.01935],
    [201.26117, 371.41043],
    [313.08905, 371.15118],
  ].map(([x = 0, y = 0]) => ({ x: left + (x * side) / 512, y: top + (y * side) / 512 }));

/** What YuNet would give for faces in a square picture of `side`, each in the cell of its nose at stride 8; zeros for all others. */
export function mapsOf(side: number, score: number, ...faces: readonly (readonly Point[])[]): Map<string, Float32Array> {
  const maps = new Map<string, Float32Array>();
  for (const [name, each] of Object.entries(perCell)) {
    for (const stride of strides) maps.set(`${name}_${stride}`, new Float32Array((side / stride) ** 2 * each));
  }
  for (const landmarks of faces) writeFace(maps, side, landmarks, score);
  return maps;
}

function writeFace(maps: ReadonlyMap<string, Float32Array>, side: number, landmarks: readonly Point[], score: number): void {
  const nose = landmarks[2] ?? { x: 0, y: 0 };
  const [column, row] = [Math.floor(nose.x / 8), Math.floor(nose.y / 8)];
  const cell = row * (side / 8) + column;
  const xs = landmarks.map(({ x }) => x);
  const ys = landmarks.map(({ y }) => y);
  const size = (values: readonly number[]): number => Math.max(...values) - Math.min(...values);
  const middle = (values: readonly number[]): number => (Math.max(...values) + Math.min(...values)) / 2;
  maps.get('cls_8')?.set([score], cell);
  maps.get('obj_8')?.set([score], cell);
  maps.get('bbox_8')?.set([middle(xs) / 8 - column, middle(ys) / 8 - row, Math.log(size(xs) / 8), Math.log(size(ys) / 8)], 4 * cell);
  const offsets = landmarks.flatMap(({ x, y }) => [x / 8 - column, y / 8 - row]);
  maps.get('kps_8')?.set(offsets, 10 * cell);
}

/** A detector that finds those faces in every picture that is not black. */
export async function writeDetector(folder: string, side: number, ...faces: readonly (readonly Point[])[]): Promise<string> {
  const b = new GraphBuilder('detector');
  const image = b.input('input', [1, 3, side, side]);
  const seen = b.clip(b.node('ReduceMax', [image], { axes: [0, 1, 2, 3], keepdims: 0 }), 0, 1);
  const maps = mapsOf(side, 0.95, ...faces);
  for (const name of maps.keys()) b.reserve(name);
  for (const [name, values] of maps) {
    const [map = ''] = name.split('_');
    const each = perCell[map as keyof typeof perCell];
    const dims = [1, values.length / each, each];
    b.output(name, b.mul(floats(dims, values), seen), dims);
  }
  return write(folder, 'yunet.onnx', b);
}

/** A restorer of squares of 256 only, which makes a negative. */
export async function writeRestorer(folder: string, side = 256): Promise<string> {
  const b = new GraphBuilder('restorer');
  const dims = [1, 3, side, side];
  const flat = b.reshape(b.input('input', dims), [1, 3 * side * side]);
  b.output('output', b.mul(b.reshape(flat, dims), -1), dims);
  return write(folder, 'restorer.onnx', b);
}

async function write(folder: string, name: string, b: GraphBuilder): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, await encodeGraph(b.finish()));
  return path;
}
