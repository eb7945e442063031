import type { Attribute, Node } from '../graph/graph.ts';
import { asFloats } from '../graph/tensor.ts';
import { everywhere, gathered, joined, resized, shifted, spread, type Reach } from './reach.ts';
import { onIntegers, type Known } from './shape-arithmetic.ts';

type Inputs = readonly (Known | undefined)[];
type Operator = (node: Node, inputs: Inputs) => readonly Known[] | null;
type Pair = readonly [number, number];

const isList = (attribute: Attribute | undefined): attribute is readonly number[] => Array.isArray(attribute);
const numbers = (node: Node, name: string, missing: readonly number[]): readonly number[] => {
  const value = node.attributes[name];
  return isList(value) ? value : missing;
};
const integer = (node: Node, name: string, missing: number): number => {
  const value = node.attributes[name];
  return typeof value === 'number' ? value : missing;
};

/** A picture that comes from the input, with rows and columns treated alike by `change`. */
function picture(
  x: Known | undefined,
  channels: number,
  change: (size: number, reach: Reach, axis: 0 | 1) => [number, Reach],
): Known[] | null {
  const [, , rows, columns] = x?.dims ?? [];
  if (x?.reach === undefined || rows === undefined || columns === undefined) return null;
  const [[newRows, down], [newColumns, across]] = [change(rows, x.reach[0], 0), change(columns, x.reach[1], 1)];
  return [{ dims: [1, channels, newRows, newColumns], reach: [down, across] }];
}

/** Kernel, stride, dilation and padding of one axis. */
function windowOf(
  node: Node,
  kernel: readonly number[],
  axis: 0 | 1,
): { extent: number; stride: number; before: number; after: number } | null {
  const autoPad = node.attributes.auto_pad;
  if (autoPad !== undefined && autoPad !== 'NOTSET') return null;
  const pads = numbers(node, 'pads', [0, 0, 0, 0]);
  return {
    extent: ((kernel[axis] ?? 1) - 1) * (numbers(node, 'dilations', [1, 1])[axis] ?? 1),
    stride: numbers(node, 'strides', [1, 1])[axis] ?? 1,
    before: pads[axis] ?? 0,
    after: pads[axis + 2] ?? 0,
  };
}

const windows = (node: Node, kernel: readonly number[]) => {
  const [down, across] = [windowOf(node, kernel, 0), windowOf(node, kernel, 1)];
  return down === null || across === null ? null : ([down, across] as const);
};

/** Convolution and pooling. */
function slide(node: Node, x: Known | undefined, channels: number, kernel: readonly number[]): Known[] | null {
  const window = windows(node, kernel);
  if (window === null) return null;
  const round = integer(node, 'ceil_mode', 0) === 1 ? Math.ceil : Math.floor;
  return picture(x, channels, (size, reach, axis) => {
    const { extent, stride, before, after } = window[axis];
    return [round((size + before + after - extent - 1) / stride) + 1, gathered(reach, stride, before, extent)];
  });
}

const convolve: Operator = (node, [x, weight]) => {
  const [out = 0, perGroup = 0, ...kernel] = weight?.dims ?? [];
  if (kernel.length !== 2 || x?.dims[1] !== perGroup * integer(node, 'group', 1)) return null;
  return slide(node, x, out, kernel);
};

const deconvolve: Operator = (node, [x, weight]) => {
  const [ins, perGroup = 0, ...kernel] = weight?.dims ?? [];
  const window = windows(node, kernel);
  if (window === null || kernel.length !== 2 || x?.dims[1] !== ins || isList(node.attributes.output_shape)) return null;
  const extra = numbers(node, 'output_padding', [0, 0]);
  return picture(x, perGroup * integer(node, 'group', 1), (size, reach, axis) => {
    const { extent, stride, before, after } = window[axis];
    return [(size - 1) * stride + extent + 1 - before - after + (extra[axis] ?? 0), spread(reach, stride, before, extent)];
  });
};

const pool: Operator = (node, [x]) => slide(node, x, x?.dims[1] ?? 0, numbers(node, 'kernel_shape', [1, 1]));

const poolAll: Operator = (_, [x]) => {
  if (x?.reach === undefined) return null;
  return [{ dims: [1, x.dims[1] ?? 0, 1, 1], reach: [everywhere(x.reach[0].scale), everywhere(x.reach[1].scale)] }];
};

/** Each value from those at the same place; smaller operands are repeated. */
const elementwise: Operator = (node, inputs) => {
  const present = inputs.filter((input) => input !== undefined);
  const integers = onIntegers(node, present);
  if (integers !== null) return [integers];
  const rank = Math.max(...present.map(({ dims }) => dims.length));
  const dims = Array.from({ length: rank }, (_, axis) => {
    const sizes = present.map((input) => input.dims[axis - rank + input.dims.length] ?? 1).filter((size) => size !== 1);
    return new Set(sizes).size > 1 ? Number.NaN : (sizes[0] ?? 1);
  });
  if (dims.includes(Number.NaN)) return null;
  const reaches = present.flatMap(({ reach, dims: own }) => (reach === undefined ? [] : [rescaled(reach, own, dims)]));
  if (reaches.length === 0) return [{ dims }];
  const [down, across] = [joined(reaches.map(([reach]) => reach)), joined(reaches.map(([, reach]) => reach))];
  return down === null || across === null ? null : [{ dims, reach: [down, across] }];
};

/** A vector that depends on everything lies on any grid. */
function rescaled(reach: readonly [Reach, Reach], own: readonly number[], dims: readonly number[]): readonly [Reach, Reach] {
  const isVector = own[2] === 1 && own[3] === 1 && (dims[2] !== 1 || dims[3] !== 1);
  return isVector ? [everywhere(reach[0].scale), everywhere(reach[1].scale)] : reach;
}

const concat: Operator = (node, inputs) => {
  const integers = onIntegers(node, inputs);
  if (integers !== null) return [integers];
  if (integer(node, 'axis', 1) !== 1 || inputs.some((input) => input?.reach === undefined)) return null;
  const joinedValue = elementwise(
    node,
    inputs.map((input) => input && { ...input, dims: [1, 1, ...input.dims.slice(2)] }),
  )?.[0];
  if (joinedValue === undefined) return null;
  const channels = inputs.reduce((sum, input) => sum + (input?.dims[1] ?? 0), 0);
  return [{ ...joinedValue, dims: [1, channels, ...joinedValue.dims.slice(2)] }];
};

const split: Operator = (node, [x, sizes]) => {
  if (x?.reach === undefined || integer(node, 'axis', 0) !== 1) return null;
  const parts =
    sizes?.integers ??
    numbers(
      node,
      'split',
      node.outputs.map(() => (x.dims[1] ?? 0) / node.outputs.length),
    );
  return parts.map((size) => ({ ...x, dims: [1, size, ...x.dims.slice(2)] }));
};

const depthToSpace: Operator = (node, [x]) => {
  const scale = integer(node, 'blocksize', 1);
  return picture(x, (x?.dims[1] ?? 0) / scale ** 2, (size, reach) => [size * scale, resized(reach, scale, 0.5)]);
};

const spaceToDepth: Operator = (node, [x]) => {
  const scale = integer(node, 'blocksize', 1);
  return picture(x, (x?.dims[1] ?? 0) * scale ** 2, (size, reach) => [size / scale, gathered(reach, scale, 0, scale - 1)]);
};

/** What each axis is multiplied by, from the sizes or else the scales. */
function factorsOf(x: Known, scales: Known | undefined, sizes: Known | undefined): readonly number[] | undefined {
  if (sizes?.integers !== undefined) return sizes.integers.map((size, axis) => size / (x.dims[axis] ?? 1));
  return scales?.tensor === undefined || scales.dims[0] === 0 ? undefined : Array.from(asFloats(scales.tensor));
}

const resize: Operator = (node, [x, , scales, sizes]) => {
  const { mode = 'nearest' } = node.attributes;
  const support = typeof mode === 'string' ? { nearest: 0.5, linear: 1, cubic: 2 }[mode] : undefined;
  if (x === undefined || support === undefined) return null;
  const factors = factorsOf(x, scales, sizes);
  if (factors?.length !== 4 || factors[0] !== 1 || factors[1] !== 1) return null;
  return picture(x, x.dims[1] ?? 0, (size, reach, axis) => {
    const factor = factors[axis + 2] ?? 1;
    return [Math.floor(size * factor + 1e-6), resized(reach, factor, support)];
  });
};

const slice: Operator = (node, inputs) => {
  const integers = onIntegers(node, inputs);
  if (integers !== null) return [integers];
  const [x, ...limits] = inputs;
  const [starts, ends, axes, steps] = limits.map((limit) => limit?.integers);
  const places = axes ?? starts?.map((_, index) => index);
  if (x === undefined || starts === undefined || ends === undefined || places === undefined) return null;
  if (steps?.some((step) => step !== 1) === true) return null;
  const dims = [...x.dims];
  const cut: [number, number] = [0, 0];
  for (const [index, place] of places.entries()) {
    const axis = place < 0 ? place + dims.length : place;
    const size = dims[axis] ?? 0;
    const within = (value = 0): number => Math.min(size, Math.max(0, value < 0 ? value + size : value));
    const from = within(starts[index]);
    dims[axis] = within(ends[index]) - from;
    if (axis >= 2) cut[axis - 2] = from;
  }
  return moved(x, dims, cut);
};

const pad: Operator = (node, [x, amounts]) => {
  const pads = amounts?.integers ?? numbers(node, 'pads', []);
  if (x?.dims.length !== 4 || pads.length !== 8) return null;
  const dims = x.dims.map((size, axis) => size + (pads[axis] ?? 0) + (pads[axis + 4] ?? 0));
  return moved(x, dims, [-(pads[2] ?? 0), -(pads[3] ?? 0)]);
};

const moved = (x: Known, dims: readonly number[], [rows, columns]: Pair): Known[] => [
  { dims, ...(x.reach === undefined ? {} : { reach: [shifted(x.reach[0], rows), shifted(x.reach[1], columns)] as const }) },
];

const shape: Operator = (_, [x]) => (x === undefined ? null : [{ dims: [x.dims.length], integers: x.dims }]);

/** Channels picked from a picture, or numbers from a shape. */
const gather: Operator = (node, inputs) => {
  const integers = onIntegers(node, inputs);
  if (integers !== null) return [integers];
  const [x, indexes] = inputs;
  if (x?.reach === undefined || integer(node, 'axis', 0) !== 1) return null;
  return [{ ...x, dims: [1, indexes?.dims[0] ?? 0, ...x.dims.slice(2)] }];
};

const onlyIntegers: Operator = (node, inputs) => {
  const integers = onIntegers(node, inputs);
  return integers === null ? null : [integers];
};

const pointwise = [
  ...['Identity', 'Cast', 'Relu', 'LeakyRelu', 'PRelu', 'Elu', 'Sigmoid', 'HardSigmoid', 'Tanh', 'Softplus', 'Erf', 'Clip', 'Gelu', 'Mish'],
  ...[
    'HardSwish',
    'Abs',
    'Neg',
    'Floor',
    'Ceil',
    'Sqrt',
    'Exp',
    'Log',
    'Reciprocal',
    'Add',
    'Sub',
    'Mul',
    'Div',
    'Max',
    'Min',
    'Pow',
    'Mod',
  ],
];

/** The operators that plain convolutional networks are made of. */
export const operators: Readonly<Record<string, Operator>> = {
  ...Object.fromEntries(pointwise.map((op) => [op, elementwise])),
  Conv: convolve,
  ConvTranspose: deconvolve,
  AveragePool: pool,
  MaxPool: pool,
  GlobalAveragePool: poolAll,
  GlobalMaxPool: poolAll,
  Concat: concat,
  Split: split,
  DepthToSpace: depthToSpace,
  SpaceToDepth: spaceToDepth,
  Resize: resize,
  Slice: slice,
  Pad: pad,
  Shape: shape,
  Gather: gather,
  Unsqueeze: onlyIntegers,
  Squeeze: onlyIntegers,
};
