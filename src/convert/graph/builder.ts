import { writtenOpset, type Attribute, type Graph, type Node, type Port } from './graph.ts';
import { floats, integers, type Tensor, type TensorKind } from './tensor.ts';

/** The name of something computed, or a constant: a tensor or a number of the graph's precision. */
export type Operand = string | Tensor | number;

export interface Convolution {
  readonly stride?: number | readonly [number, number];
  readonly dilation?: number | readonly [number, number];
  /** Top, left, bottom, right; by default what keeps the size at stride 1. */
  readonly pads?: readonly [number, number, number, number];
  readonly groups?: number;
}

interface NodeOptions {
  /** By default made from the operator's name. */
  readonly name?: string | undefined;
  readonly domain?: string | undefined;
  /** How many outputs; the first is called like the node, the others `<name>.1`, `<name>.2`. */
  readonly outputs?: number | undefined;
}

/**
 * Writes a network down as it reads on paper: every method appends a node and answers the name of its result, which is the
 * node's own name. Layouts are NCHW; axes and sizes as in ONNX.
 */
export class GraphBuilder {
  readonly #name: string;
  readonly #precision: 'float32' | 'float16';
  readonly #inputs: Port[] = [];
  readonly #outputs: Port[] = [];
  readonly #nodes: Node[] = [];
  readonly #constants = new Map<string, Tensor>();
  readonly #taken = new Set<string>();
  readonly #reserved = new Set<string>();

  /** Weights of another floating-point type than `precision` are cast in the graph; onnxruntime does that once. */
  constructor(name: string, { precision = 'float32' }: { precision?: 'float32' | 'float16' } = {}) {
    this.#name = name;
    this.#precision = precision;
  }

  finish(): Graph {
    const [inputs, outputs, nodes, constants] = [this.#inputs, this.#outputs, this.#nodes, this.#constants];
    return { name: this.#name, opset: writtenOpset, inputs, outputs, nodes, constants };
  }

  input(name: string, dims: Port['dims'], kind: TensorKind = this.#precision): string {
    this.#inputs.push({ name: this.#unique(name), kind, dims });
    return name;
  }

  /** Keeps the name of an output that is written later from everything that is written before. */
  reserve(name: string): void {
    this.#reserved.add(this.#unique(name));
  }

  /** Names `value` as an output of the graph. */
  output(name: string, value: string, dims: Port['dims'], kind: TensorKind = this.#precision): void {
    if (this.#reserved.delete(name)) this.#taken.delete(name);
    this.node('Identity', [value], {}, { name });
    this.#outputs.push({ name, kind, dims });
  }

  node(op: string, inputs: readonly Operand[], attributes: Record<string, Attribute> = {}, options: NodeOptions = {}): string {
    const name = this.#unique(options.name ?? op.toLowerCase());
    const outputs = [name];
    for (let index = 1; index < (options.outputs ?? 1); index += 1) outputs.push(this.#unique(`${name}.${index}`));
    const operands = inputs.map((input, index) => this.#operand(input, `${name}.${index}`));
    this.#nodes.push({ op, name, inputs: operands, outputs, attributes, domain: options.domain });
    return name;
  }

  /** A tensor of its own name; the name that it got, where another has that already. */
  constant(name: string, tensor: Tensor): string {
    const unique = this.#unique(name);
    this.#constants.set(unique, tensor);
    return unique;
  }

  /** The same, in the graph's precision where it holds real numbers. */
  parameter = (name: string, tensor: Tensor): string => this.#operand(tensor, name);

  /** A tensor that several nodes may want under this name; made for the first. */
  shared(name: string, make: () => Tensor): string {
    return this.#constants.has(name) ? name : this.constant(name, make());
  }

  /** Integers such as axes and shapes; the same ones are written once. */
  integers(...values: number[]): string {
    return this.shared(`integers(${values.join(',')})`, () => integers([values.length], values));
  }

  /** @param weight [out, in / groups, rows, columns]  @param bias [out] */
  conv(x: string, name: string, weight: Tensor, bias: Tensor | null = null, options: Convolution = {}): string {
    const [rows = 1, columns = 1] = weight.dims.slice(2);
    const [down, across] = pairOf(options.dilation ?? 1);
    const [vertical, horizontal] = [Math.floor(((rows - 1) * down) / 2), Math.floor(((columns - 1) * across) / 2)];
    const pads = options.pads ?? [vertical, horizontal, vertical, horizontal];
    return this.#convolution('Conv', x, name, weight, bias, { ...options, pads });
  }

  /** Transposed convolution. @param weight [in, out / groups, rows, columns] */
  deconv(x: string, name: string, weight: Tensor, bias: Tensor | null = null, options: Convolution = {}): string {
    return this.#convolution('ConvTranspose', x, name, weight, bias, { ...options, pads: options.pads ?? [0, 0, 0, 0] });
  }

  /** x Wᵀ + b for [..., in] as PyTorch's Linear stores it. @param weight [out, in] */
  linear(x: string, name: string, weight: Tensor, bias: Tensor | null = null): string {
    const stored = this.#operand(weight, `${name}.weight`);
    const turned = this.transpose(stored, [1, 0], `${name}.weight.transposed`);
    if (bias === null) return this.node('MatMul', [x, turned], {}, { name });
    return this.add(this.matmul(x, turned, `${name}.product`), this.#operand(bias, `${name}.bias`), name);
  }

  /** The same for [rows, in], in one operation and without turning the weight. @param weight [out, in] */
  rowsLinear(x: string, name: string, weight: Tensor, bias: Tensor | null = null): string {
    const inputs = [x, this.#operand(weight, `${name}.weight`), ...(bias === null ? [] : [this.#operand(bias, `${name}.bias`)])];
    return this.node('Gemm', inputs, { transB: 1 }, { name });
  }

  /** @param slopes one per channel, or a single one */
  prelu(x: string, name: string, slopes: Tensor): string {
    const [count = 1] = slopes.dims;
    return this.node('PRelu', [x, this.#operand({ ...slopes, dims: [count, 1, 1] }, `${name}.slope`)], {}, { name });
  }

  relu = (x: string, name?: string): string => this.node('Relu', [x], {}, { name });
  leakyRelu = (x: string, slope: number, name?: string): string => this.node('LeakyRelu', [x], { alpha: { float: slope } }, { name });
  sigmoid = (x: string, name?: string): string => this.node('Sigmoid', [x], {}, { name });
  tanh = (x: string, name?: string): string => this.node('Tanh', [x], {}, { name });
  /** x · sigmoid(x), also called swish. */
  silu = (x: string, name?: string): string => this.mul(x, this.sigmoid(x), name);
  /**
   * Mish, x · tanh(ln(1 + eˣ)), as x · n / (n + 2) with n = eˣ (eˣ + 2): onnxruntime's Softplus took a quarter of a network's time.
   * Beyond 20 the quotient is 1 in 32 bits.
   */
  mish(x: string, name?: string): string {
    const power = this.node('Exp', [this.node('Min', [x, 20])]);
    const n = this.mul(power, this.add(power, 2));
    return this.mul(x, this.div(n, this.add(n, 2)), name);
  }
  /** x / 2 · (1 + erf(x / √2)), the form that onnxruntime recognises. */
  gelu(x: string, name?: string): string {
    const gate = this.add(this.node('Erf', [this.node('Div', [x, Math.SQRT2])]), 1);
    return this.mul(this.mul(x, gate), 0.5, name);
  }

  add = (a: Operand, b: Operand, name?: string): string => this.node('Add', [a, b], {}, { name });
  sub = (a: Operand, b: Operand, name?: string): string => this.node('Sub', [a, b], {}, { name });
  mul = (a: Operand, b: Operand, name?: string): string => this.node('Mul', [a, b], {}, { name });
  div = (a: Operand, b: Operand, name?: string): string => this.node('Div', [a, b], {}, { name });
  matmul = (a: Operand, b: Operand, name?: string): string => this.node('MatMul', [a, b], {}, { name });
  softmax = (x: string, axis = -1, name?: string): string => this.node('Softmax', [x], { axis }, { name });
  cast = (x: string, kind: number, name?: string): string => this.node('Cast', [x], { to: kind }, { name });
  clip = (x: string, least: number, most: number, name?: string): string => this.node('Clip', [x, least, most], {}, { name });

  concat = (values: readonly string[], axis = 1, name?: string): string => this.node('Concat', values, { axis }, { name });

  /** Parts of the given sizes along an axis. */
  split(x: string, sizes: readonly number[], axis = 1, name?: string): string[] {
    const first = this.node('Split', [x, this.integers(...sizes)], { axis }, { name, outputs: sizes.length });
    return this.#nodes.find((node) => node.name === first)?.outputs.slice() ?? [];
  }

  /** `x[start:end:step]` along each of `axes`. */
  slice(x: string, starts: readonly number[], ends: readonly number[], axes: readonly number[], steps?: readonly number[], name?: string) {
    const limits = [starts, ends, axes, ...(steps === undefined ? [] : [steps])].map((values) => this.integers(...values));
    return this.node('Slice', [x, ...limits], {}, { name });
  }

  /** @param pads before each dimension, then after each, as ONNX has them */
  pad = (x: string, pads: readonly number[], mode: 'constant' | 'reflect' | 'edge' = 'constant', name?: string): string =>
    this.node('Pad', [x, this.integers(...pads)], { mode }, { name });

  /** 0 keeps a dimension, -1 takes what is left. */
  reshape = (x: string, dims: readonly number[] | string, name?: string): string =>
    this.node('Reshape', [x, typeof dims === 'string' ? dims : this.integers(...dims)], {}, { name });
  transpose = (x: string, order: readonly number[], name?: string): string => this.node('Transpose', [x], { perm: order }, { name });
  shape = (x: string, name?: string): string => this.node('Shape', [x], {}, { name });

  /** PyTorch's pixel_shuffle: [1, C s², H, W] → [1, C, s H, s W]. */
  depthToSpace = (x: string, scale: number, name?: string): string =>
    this.node('DepthToSpace', [x], { blocksize: scale, mode: 'CRD' }, { name });

  /** PyTorch's pixel_unshuffle of an image with `channels` planes; sizes must be multiples of `scale`. */
  pixelUnshuffle(x: string, scale: number, channels: number, name?: string): string {
    // SpaceToDepth orders channels (row, column, plane); PyTorch has (plane, row, column).
    const cells = this.node('SpaceToDepth', [x], { blocksize: scale });
    const order = Array.from(
      { length: channels * scale ** 2 },
      (_, index) => (index % scale ** 2) * channels + Math.floor(index / scale ** 2),
    );
    return this.node('Gather', [cells, this.integers(...order)], { axis: 1 }, { name });
  }

  /** Source index floor(x / scale). */
  resizeNearest = (x: string, scale: number, name?: string): string =>
    this.#resize(x, scale, { mode: 'nearest', coordinate_transformation_mode: 'asymmetric', nearest_mode: 'floor' }, name);
  /** PyTorch's interpolate(align_corners=False). */
  resizeLinear = (x: string, scale: number, name?: string): string =>
    this.#resize(x, scale, { mode: 'linear', coordinate_transformation_mode: 'half_pixel' }, name);
  /** PyTorch's and ncnn's bicubic (a = -0.75), without antialiasing. */
  resizeCubic = (x: string, scale: number, name?: string): string =>
    this.#resize(x, scale, { mode: 'cubic', coordinate_transformation_mode: 'half_pixel', cubic_coeff_a: { float: -0.75 } }, name);

  globalAveragePool = (x: string, name?: string): string => this.node('GlobalAveragePool', [x], {}, { name });
  averagePool = (x: string, size: number, stride: number, name?: string): string =>
    this.node('AveragePool', [x], { kernel_shape: [size, size], strides: [stride, stride] }, { name });
  maxPool = (x: string, size: number, stride: number, name?: string): string =>
    this.node('MaxPool', [x], { kernel_shape: [size, size], strides: [stride, stride] }, { name });

  /** Over the last axis. */
  layerNorm(x: string, name: string, weight: Tensor, bias: Tensor, epsilon = 1e-5): string {
    const [scale, offset] = [this.#operand(weight, `${name}.weight`), this.#operand(bias, `${name}.bias`)];
    return this.node('LayerNormalization', [x, scale, offset], { axis: -1, epsilon: { float: epsilon } }, { name });
  }

  /** PyTorch's GroupNorm for [1, C, H, W]: each group normalised by itself, then scaled and shifted per channel. */
  groupNorm(x: string, name: string, groups: number, weight: Tensor, bias: Tensor, epsilon = 1e-5): string {
    const [channels = 1] = weight.dims;
    const [ones, zeros] = [1, 0].map((value) => this.#operand(floats([groups], Array<number>(groups).fill(value)), `${name}.unit`));
    const rows = this.reshape(x, [0, groups, -1]);
    const normal = this.node('InstanceNormalization', [rows, ones ?? '', zeros ?? ''], { epsilon: { float: epsilon } });
    const picture = this.reshape(normal, this.shape(x));
    const perChannel = (tensor: Tensor, part: string): string => this.#operand({ ...tensor, dims: [channels, 1, 1] }, `${name}.${part}`);
    return this.add(this.mul(picture, perChannel(weight, 'weight')), perChannel(bias, 'bias'), name);
  }

  /**
   * Everything of another graph, under names of its own where they are taken here. `inputs` says what its inputs are here.
   * Answers the names that its outputs have here.
   */
  include(graph: Graph, inputs: ReadonlyMap<string, string>): Map<string, string> {
    const names = new Map<string, string>(inputs);
    const named = (value: string): string => {
      const known = value === '' ? '' : (names.get(value) ?? this.#unique(value));
      if (value !== '') names.set(value, known);
      return known;
    };
    for (const [name, tensor] of graph.constants) this.#constants.set(named(name), tensor);
    for (const node of graph.nodes) {
      const outputs = node.outputs.map(named);
      const name = node.outputs.includes(node.name) ? named(node.name) : this.#unique(node.name === '' ? node.op.toLowerCase() : node.name);
      this.#nodes.push({ ...node, name, inputs: node.inputs.map(named), outputs });
    }
    return new Map(graph.outputs.map(({ name }) => [name, named(name)]));
  }

  #convolution(op: string, x: string, name: string, weight: Tensor, bias: Tensor | null, options: Convolution): string {
    const inputs = [x, this.#operand(weight, `${name}.weight`)];
    if (bias !== null) inputs.push(this.#operand(bias, `${name}.bias`));
    const { stride = 1, dilation = 1, groups = 1, pads = [] } = options;
    const attributes: Record<string, Attribute> = { kernel_shape: weight.dims.slice(2), pads, strides: pairOf(stride) };
    if (pairOf(dilation).some((step) => step !== 1)) attributes.dilations = pairOf(dilation);
    if (groups !== 1) attributes.group = groups;
    return this.node(op, inputs, attributes, { name });
  }

  #resize(x: string, scale: number, attributes: Record<string, Attribute>, name?: string): string {
    const scales = this.shared(`scales(${scale})`, () => floats([4], [1, 1, scale, scale]));
    return this.node('Resize', [x, '', scales], attributes, { name });
  }

  #operand(operand: Operand, name: string): string {
    if (typeof operand === 'string') return operand;
    if (typeof operand === 'number') return this.#scalar(operand);
    const stored = this.constant(name, operand);
    const isReal = operand.kind === 'float16' || operand.kind === 'float32';
    if (!isReal || operand.kind === this.#precision) return stored;
    return this.cast(stored, this.#precision === 'float16' ? 10 : 1, `${stored}.cast`);
  }

  #scalar(value: number): string {
    const exact = this.shared(`number(${value})`, () => floats([], [value]));
    if (this.#precision === 'float32') return exact;
    const half = `${exact}.half`;
    return this.#taken.has(half) ? half : this.cast(exact, 10, half);
  }

  #unique(wanted: string): string {
    let name = wanted;
    for (let count = 2; this.#taken.has(name); count += 1) name = `${wanted}#${count}`;
    this.#taken.add(name);
    return name;
  }
}

const pairOf = (value: number | readonly [number, number]): readonly [number, number] =>
  typeof value === 'number' ? [value, value] : value;
