import { sentence } from '../../shared/sentence.ts';
import { listOf, numberOf } from './param.ts';
import type { Blob, Translation } from './translation.ts';

const cubic = 3;
const linear = 2;
const nearest = 1;

export function interp({ builder, inputs: [x], layer, refuse }: Translation): Blob[] {
  const [type, scale] = [numberOf(layer, 0), numberOf(layer, 1, 1)];
  if (x === undefined || numberOf(layer, 2, 1) !== scale) throw refuse(sentence('import.why.twoScales'));
  if (numberOf(layer, 3) !== 0 || numberOf(layer, 4) !== 0) throw refuse(sentence('import.why.givenSize'));
  if (!(scale > 0 && scale <= 16)) throw refuse(sentence('import.why.noScale'));
  if (type !== nearest && numberOf(layer, 6) !== 0) throw refuse(sentence('import.why.corners'));
  const { name } = layer;
  switch (type) {
    case nearest:
      return [{ ...x, value: builder.resizeNearest(x.value, scale, name) }];
    case linear:
      return [{ ...x, value: builder.resizeLinear(x.value, scale, name) }];
    case cubic:
      return [{ ...x, value: builder.resizeCubic(x.value, scale, name) }];
    default:
      throw refuse(sentence('import.why.enlarging', { code: type }));
  }
}

/**
 * Two forms: offsets with another blob whose size is taken, and starts and ends per axis (9, 10, 11). Of the first, only what
 * cuts the same from every side can be told from the numbers; a network where that is not so does not pass the check of sizes.
 */
export function crop({ builder, inputs: [x, reference], layer, refuse }: Translation): Blob[] {
  if (x === undefined) throw refuse(sentence('import.why.noInput'));
  if (reference !== undefined) {
    const [left, top] = [numberOf(layer, 0), numberOf(layer, 1)];
    if (!isCut(left) || !isCut(top) || numberOf(layer, 2) !== 0) throw refuse(sentence('import.why.cutting'));
    // The part of x at the offset that is as large as the reference.
    const size = builder.slice(builder.shape(reference.value), [2], [4], [0]);
    const start = builder.integers(top, left);
    const end = builder.node('Add', [size, start]);
    const value = builder.node('Slice', [x.value, start, end, builder.integers(2, 3)], {}, { name: layer.name });
    return [{ ...x, value }];
  }
  const [starts, ends, axes] = [listOf(layer, 9), listOf(layer, 10), listOf(layer, 11)];
  // Axes count from the channels, 0 or -3, to the columns, 2 or -1.
  const places = axes.map((axis) => (axis < 0 ? axis + 4 : axis + 1));
  const isPlain = starts.length > 0 && starts.length === ends.length && ends.length === axes.length;
  if (!isPlain || !starts.every(isCut) || !places.every((axis) => axis === 2 || axis === 3)) throw refuse(sentence('import.why.cutting'));
  // ncnn's end of the picture is -233; negative ends count from it, as in ONNX.
  const stops = ends.map((end) => (end === -233 ? 2 ** 31 - 1 : end));
  return [{ ...x, value: builder.slice(x.value, starts, stops, places, undefined, layer.name) }];
}

export function padding({ builder, inputs: [x], layer, refuse }: Translation): Blob[] {
  const [top, bottom, left, right] = [0, 1, 2, 3].map((id) => numberOf(layer, id)) as [number, number, number, number];
  const mode = (['constant', 'edge', 'reflect'] as const)[numberOf(layer, 4)];
  if (x === undefined || mode === undefined || ![top, bottom, left, right].every(isCut)) throw refuse(sentence('import.why.padding'));
  if (numberOf(layer, 5) !== 0 || numberOf(layer, 7) !== 0 || numberOf(layer, 8) !== 0) throw refuse(sentence('import.why.padding'));
  return [{ ...x, value: builder.pad(x.value, [0, 0, top, left, 0, 0, bottom, right], mode, layer.name) }];
}

export function pooling({ builder, inputs: [x], layer, refuse }: Translation): Blob[] {
  const op = ['MaxPool', 'AveragePool'][numberOf(layer, 0)];
  if (x === undefined || op === undefined) throw refuse(sentence('import.why.pooling'));
  if (numberOf(layer, 4) === 1) {
    return [{ ...x, value: builder.node(`Global${op}`, [x.value], {}, { name: layer.name }), isVector: true }];
  }
  const size = numberOf(layer, 1);
  const [rows, stride] = [numberOf(layer, 11, size), numberOf(layer, 2, 1)];
  const [left, mode] = [numberOf(layer, 3), numberOf(layer, 5)];
  const pads = [numberOf(layer, 13, left), left, numberOf(layer, 15, left), numberOf(layer, 14, left)];
  const isPlain = [size, rows, stride].every((value) => Number.isInteger(value) && value >= 1 && value <= 64) && pads.every(isCut);
  // Mode 1 rounds sizes down, as ONNX does by itself; at the border an average over fewer pixels is counted in several ways.
  if (!isPlain || numberOf(layer, 7) !== 0 || mode > 1 || (op === 'AveragePool' && (pads.some((pad) => pad > 0) || mode !== 1))) {
    throw refuse(sentence('import.why.pooling'));
  }
  const attributes = { kernel_shape: [rows, size], strides: [numberOf(layer, 12, stride), stride], pads, ceil_mode: mode === 0 ? 1 : 0 };
  return [{ ...x, value: builder.node(op, [x.value], attributes, { name: layer.name }) }];
}

/** Parts along the channels; -233 stands for an equal share of what is left. */
export function slice({ builder, inputs: [x], layer, refuse }: Translation): Blob[] {
  const wanted = listOf(layer, 0);
  if (x === undefined || numberOf(layer, 1) !== 0 || wanted.length !== layer.outputs.length) throw refuse(sentence('import.why.cutting'));
  let left = x.channels;
  const sizes = wanted.map((size, index) => {
    const part = size === -233 ? Math.floor(left / (wanted.length - index)) : size;
    left -= part;
    return part;
  });
  if (left !== 0 || sizes.some((size) => !Number.isInteger(size) || size < 1)) throw refuse(sentence('import.why.cutChannels'));
  const parts = builder.split(x.value, sizes, 1, layer.name);
  return parts.map((value, index) => ({ value, channels: sizes[index] ?? 0, isVector: x.isVector }));
}

const isCut = (value: number): boolean => Number.isInteger(value) && value >= 0 && value <= 4096;
