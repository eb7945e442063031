/** Layers of networks in plain loops and double precision, by the names of their weights. */

/** Tensors as PyTorch has them. */
export type PlainWeights = ReadonlyMap<string, { readonly dims: readonly number[]; readonly values: ArrayLike<number> }>;

/** [channels, side, side]. */
export interface Picture {
  readonly channels: number;
  readonly side: number;
  readonly values: Float64Array;
}

/** One token in each row. */
export type Matrix = number[][];

function tensor(weights: PlainWeights, name: string): { dims: readonly number[]; values: ArrayLike<number> } {
  const found = weights.get(name);
  if (found === undefined) throw new Error(`There is no ${name}.`);
  return found;
}

export const listOf = (weights: PlainWeights, name: string): number[] => Array.from(tensor(weights, name).values);

interface ConvolutionShape {
  readonly stride?: number;
  /** Padding on the left and above, and on the right and below. */
  readonly before?: number;
  readonly after?: number;
  /** What is padded with, by channel: zeros. */
  readonly filling?: readonly number[];
}

export function conv(x: Picture, name: string, weights: PlainWeights, shape: ConvolutionShape = {}): Picture {
  const { dims, values: kernel } = tensor(weights, `${name}.weight`);
  const [channels = 0, inputs = 0, size = 1] = dims;
  const { stride = 1, before = (size - 1) / 2, after = (size - 1) / 2, filling = [] } = shape;
  const side = Math.floor((x.side + before + after - size) / stride) + 1;
  const bias = listOf(weights, `${name}.bias`);
  const values = new Float64Array(channels * side * side);
  const at = (plane: number, row: number, column: number): number =>
    row < 0 || column < 0 || row >= x.side || column >= x.side
      ? (filling[plane] ?? 0)
      : (x.values[(plane * x.side + row) * x.side + column] ?? 0);
  for (let index = 0; index < values.length; index += 1) {
    const [output, row, column] = [
      Math.floor(index / side / side),
      (Math.floor(index / side) % side) * stride - before,
      (index % side) * stride - before,
    ];
    let sum = bias[output] ?? 0;
    for (let tap = 0; tap < inputs * size * size; tap += 1) {
      const [plane, down, across] = [Math.floor(tap / size / size), Math.floor(tap / size) % size, tap % size];
      sum += (kernel[output * inputs * size * size + tap] ?? 0) * at(plane, row + down, column + across);
    }
    values[index] = sum;
  }
  return { channels, side, values };
}

export function groupNorm(x: Picture, name: string, weights: PlainWeights, groups: number, epsilon: number): Picture {
  const [weight, bias] = [listOf(weights, `${name}.weight`), listOf(weights, `${name}.bias`)];
  const [size, plane] = [x.values.length / groups, x.side ** 2];
  const values = new Float64Array(x.values.length);
  for (let group = 0; group < groups; group += 1) {
    const part = x.values.subarray(group * size, (group + 1) * size);
    const mean = part.reduce((total, value) => total + value, 0) / size;
    const variance = part.reduce((total, value) => total + (value - mean) ** 2, 0) / size;
    for (let index = group * size; index < (group + 1) * size; index += 1) {
      const channel = Math.floor(index / plane);
      values[index] = (((x.values[index] ?? 0) - mean) / Math.sqrt(variance + epsilon)) * (weight[channel] ?? 0) + (bias[channel] ?? 0);
    }
  }
  return { ...x, values };
}

interface ResnetShape {
  readonly groups: number;
  readonly epsilon: number;
  /** One row, already through silu. */
  readonly time?: Matrix;
}

export function resnet(x: Picture, name: string, weights: PlainWeights, { groups, epsilon, time }: ResnetShape): Picture {
  let h = conv(silu(groupNorm(x, `${name}.norm1`, weights, groups, epsilon)), `${name}.conv1`, weights);
  if (time !== undefined) {
    const [offsets = []] = linear(time, `${name}.time_emb_proj`, weights);
    h = { ...h, values: h.values.map((value, index) => value + (offsets[Math.floor(index / h.side ** 2)] ?? 0)) };
  }
  h = conv(silu(groupNorm(h, `${name}.norm2`, weights, groups, epsilon)), `${name}.conv2`, weights);
  const shortcut = weights.has(`${name}.conv_shortcut.weight`);
  return added(shortcut ? conv(x, `${name}.conv_shortcut`, weights) : x, h);
}

const swish = (value: number): number => value / (1 + Math.exp(-value));
export const silu = (x: Picture): Picture => ({ ...x, values: x.values.map(swish) });
export const siluRows = (rows: Matrix): Matrix => rows.map((row) => row.map(swish));

export const added = (a: Picture, b: Picture): Picture => ({
  ...a,
  values: a.values.map((value, index) => value + (b.values[index] ?? 0)),
});
export const sum = (a: Matrix, b: Matrix): Matrix => a.map((row, index) => row.map((value, column) => value + (b[index]?.[column] ?? 0)));

export const joined = (a: Picture, b: Picture): Picture => ({
  channels: a.channels + b.channels,
  side: a.side,
  values: Float64Array.from([...a.values, ...b.values]),
});

export const planesFrom = ({ side, values }: Picture, first: number, channels: number): Picture => ({
  channels,
  side,
  values: values.slice(first * side ** 2, (first + channels) * side ** 2),
});

/** Every pixel twice as wide and high. */
export function doubled({ channels, side, values }: Picture): Picture {
  const wide = 2 * side;
  const from = (index: number): number => {
    const [x, y, plane] = [index % wide, Math.floor(index / wide) % wide, Math.floor(index / wide ** 2)];
    return (plane * side + Math.floor(y / 2)) * side + Math.floor(x / 2);
  };
  return { channels, side: wide, values: Float64Array.from({ length: values.length * 4 }, (_, index) => values[from(index)] ?? 0) };
}

export function linear(rows: Matrix, name: string, weights: PlainWeights): Matrix {
  const { dims, values } = tensor(weights, `${name}.weight`);
  const [outputs = 0, inputs = 0] = dims;
  const bias = weights.has(`${name}.bias`) ? listOf(weights, `${name}.bias`) : [];
  return rows.map((row) =>
    Array.from({ length: outputs }, (_, output) =>
      row.reduce((total, value, input) => total + value * (values[output * inputs + input] ?? 0), bias[output] ?? 0),
    ),
  );
}

export function layerNorm(rows: Matrix, name: string, weights: PlainWeights): Matrix {
  const [weight, bias] = [listOf(weights, `${name}.weight`), listOf(weights, `${name}.bias`)];
  return rows.map((row) => {
    const mean = row.reduce((total, value) => total + value, 0) / row.length;
    const variance = row.reduce((total, value) => total + (value - mean) ** 2, 0) / row.length;
    return row.map((value, index) => ((value - mean) / Math.sqrt(variance + 1e-5)) * (weight[index] ?? 0) + (bias[index] ?? 0));
  });
}

/** softmax(q kᵀ / √d) v, for each head's own columns. */
export function attention(query: Matrix, key: Matrix, value: Matrix, heads: number, scaled = true): Matrix {
  const width = (query[0]?.length ?? 0) / heads;
  return query.map((row) =>
    Array.from({ length: heads }, (_, head) => {
      const columns = Array.from({ length: width }, (__, index) => head * width + index);
      const scores = key.map(
        (other) => columns.reduce((total, at) => total + (row[at] ?? 0) * (other[at] ?? 0), 0) * (scaled ? width ** -0.5 : 1),
      );
      const most = Math.max(...scores);
      const shares = scores.map((score) => Math.exp(score - most));
      const whole = shares.reduce((total, share) => total + share, 0);
      return columns.map((at) => value.reduce((total, other, index) => total + ((shares[index] ?? 0) / whole) * (other[at] ?? 0), 0));
    }).flat(),
  );
}

/** x / 2 · (1 + erf(x / √2)); erf by its series, exact to double precision where it is not 1. */
export function gelu(x: number, byTanh = false): number {
  if (byTanh) return (x / 2) * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)));
  return (x / 2) * (1 + errorFunction(x / Math.SQRT2));
}

function errorFunction(x: number): number {
  if (Math.abs(x) > 5) return Math.sign(x);
  let [term, total] = [x, x];
  for (let n = 1; n < 100; n += 1) {
    term *= -(x ** 2) / n;
    total += term / (2 * n + 1);
  }
  return (2 / Math.sqrt(Math.PI)) * total;
}

/** Pixels as rows, and back. */
export const tokens = ({ channels, side, values }: Picture): Matrix =>
  Array.from({ length: side ** 2 }, (_, place) =>
    Array.from({ length: channels }, (__, channel) => values[channel * side ** 2 + place] ?? 0),
  );
export function picture(rows: Matrix, side: number): Picture {
  const channels = rows[0]?.length ?? 0;
  const values = Float64Array.from(
    { length: channels * side ** 2 },
    (_, index) => rows[index % side ** 2]?.[Math.floor(index / side ** 2)] ?? 0,
  );
  return { channels, side, values };
}

export const rowsOf = (values: ArrayLike<number>, width: number): Matrix =>
  Array.from({ length: values.length / width }, (_, row) =>
    Array.from({ length: width }, (__, column) => values[row * width + column] ?? 0),
  );
