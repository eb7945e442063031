import type { Attribute, Graph, Node } from '../graph/graph.ts';
import { pruned } from '../graph/rewrite.ts';
import { asFloats, floats, integers, type Tensor } from '../graph/tensor.ts';
import { evened, heightsOf, withRoom } from './channel-steps.ts';
import { scalar } from './fold-factors.ts';
import type { Seen } from './observe.ts';
import type { ByteConv } from './plan.ts';
import { roundedWeights } from './rounding.ts';

/** The byte that means zero: of what goes as far below it as above, and of what a leaky ReLU gives. */
const [middle, low] = [128, 40];

/**
 * The graph with `convs` computed in 8 bits. Each channel of a value has steps of its own, which the weights around it take in. Between
 * convolutions values stand in bytes with colours last, as onnxruntime computes them, and sums in 32 bits. Each part of a concatenation
 * has its own zero: it is padded by itself, and the bias makes good what its zero is off.
 */
export function inEightBits(graph: Graph, convs: readonly ByteConv[], seen: ReadonlyMap<string, Seen>): Graph {
  const rewrite = new Rewrite(graph, convs, seen);
  const byNode = new Map(convs.map((conv) => [conv.node, conv]));
  for (const node of graph.nodes) {
    const conv = byNode.get(node);
    if (conv === undefined) rewrite.keep(node);
    else rewrite.convolve(conv);
  }
  for (const { name } of graph.outputs) rewrite.planesOf(name);
  return pruned({ ...graph, nodes: rewrite.nodes, constants: rewrite.constants });
}

/** A value in bytes, [1, H, W, C]: the steps of its channel times (byte - zero). */
interface Bytes {
  readonly name: string;
  readonly zero: number;
  readonly steps: Float32Array;
  /** Of each channel, in steps. */
  readonly mean: Float32Array;
}

class Rewrite {
  readonly nodes: Node[] = [];
  readonly constants: Map<string, Tensor>;
  readonly #seen: ReadonlyMap<string, Seen>;
  /** By value and channel, how much the convolutions that read it make of it. */
  readonly #heights: ReadonlyMap<string, Float64Array>;
  readonly #bytes = new Map<string, Bytes>();
  /** Values whose 32-bit numbers are computed with colours last. */
  readonly #pixelsFirst = new Set<string>();
  /** Names of what has been made. */
  readonly #made: Set<string>;

  constructor(graph: Graph, convs: readonly ByteConv[], seen: ReadonlyMap<string, Seen>) {
    this.constants = new Map(graph.constants);
    this.#seen = new Map([...seen].map(([value, facts]) => [value, withRoom(facts)]));
    this.#heights = heightsOf(graph, convs, this.#seen);
    this.#made = new Set([...graph.inputs.map(({ name }) => name), ...graph.constants.keys(), '']);
  }

  /** A node in 32 bits, with colours last where what it adds up stands so. */
  keep(node: Node): void {
    const [y = ''] = node.outputs;
    if (this.#bytes.has(y)) return;
    if (this.#isPixelwise(node)) {
      const inputs = node.inputs.map((value) => (this.constants.has(value) ? value : this.#pixelsOf(value)));
      this.#node(node.op, `${y}.pixels`, inputs, node.attributes);
      this.#pixelsFirst.add(y);
      return;
    }
    for (const value of node.inputs) this.planesOf(value);
    this.nodes.push(node);
    for (const output of node.outputs) this.#made.add(output);
  }

  /** Sums and products of whole values, or of them and numbers, where one of them stands with colours last. */
  #isPixelwise({ op, inputs }: Node): boolean {
    if (op !== 'Add' && op !== 'Mul') return false;
    const values = inputs.filter((value) => scalar(this.constants.get(value)) === null);
    return values.some((value) => this.#pixelsFirst.has(value)) && values.every((value) => !this.constants.has(value));
  }

  convolve({ node, parts, activation }: ByteConv): void {
    const [, weight = '', bias = ''] = node.inputs;
    const [y = ''] = node.outputs;
    const tensor = this.constants.get(weight);
    if (tensor === undefined) throw new Error(`${node.name} has no weights`);
    const [count = 1] = tensor.dims;
    const inputs = parts.map((value) => this.#bytesOf(value));
    const written = activation === null ? this.#plainSteps(y) : this.#activatedSteps(y, activation);
    const { levels, steps, offsets } = quantised(tensor, this.constants.get(bias), inputs, written.steps);
    const name = `${node.name}.bytes`;
    const { pads = [0, 0, 0, 0] } = node.attributes;
    const operands = [
      this.#joined(inputs, pads as readonly number[]),
      this.#number(1),
      this.#byte(Math.min(...inputs.map(({ zero }) => zero))),
      this.#constant(`${name}.weight`, { kind: 'int8', dims: tensor.dims, bytes: new Uint8Array(levels.buffer) }),
      this.#constant(`${name}.steps`, floats([count], steps)),
      this.#constant('zero.int8', { kind: 'int8', dims: [], bytes: Uint8Array.of(0) }),
      this.#number(1),
      this.#byte(written.zero),
      this.#constant(`${name}.bias`, { kind: 'int32', dims: [count], bytes: new Uint8Array(offsets.buffer) }),
    ];
    const { pads: _, ...others } = node.attributes;
    this.#own('QLinearConv', name, operands, { ...others, pads: [0, 0, 0, 0], channels_last: 1 });
    const { mean } = this.#seenOf(y);
    if (activation === null) {
      this.#bytes.set(y, { name, ...written, mean: mean.map((value, channel) => value / written.steps[channel]!) });
      this.#dequantised(y);
      return;
    }
    this.#activate(activation, name, written);
  }

  /** Steps of what something in 32 bits reads: the same on both sides of zero. They cost nothing, and are as fine as they can be. */
  #plainSteps(value: string): { steps: Float32Array; zero: number } {
    const { least, most } = this.#seenOf(value);
    return { steps: least.map((lowest, channel) => Math.max(1e-7, -lowest / 128, most[channel]! / 127)), zero: middle };
  }

  /** Steps of what goes into a leaky ReLU: multiples, the same for all channels, of those of what comes out. */
  #activatedSteps(value: string, { node, slope }: Activation): Written {
    const { least, most } = this.#seenOf(value);
    const [result = ''] = node.outputs;
    const peaks = least.map((lowest, channel) => Math.max((-slope * Math.min(0, lowest)) / low, most[channel]! / (255 - low)));
    const after = evened(peaks, this.#heights.get(result));
    const in_ = (values: Float32Array): number[] => Array.from(values, (number, channel) => number / after[channel]!);
    const [lowest, highest] = [Math.min(0, ...in_(least)), Math.max(1e-3, ...in_(most))];
    const coarser = (highest - lowest) / 255;
    const zero = Math.max(0, Math.min(255, Math.round(-lowest / coarser)));
    return { steps: after.map((step) => step * coarser), zero, after, coarser };
  }

  #activate({ node, slope }: Activation, before: string, { zero, after = new Float32Array(), coarser = 1 }: Written): void {
    const [y = ''] = node.outputs;
    const name = `${y}.bytes`;
    const operands = [before, this.#number(coarser), this.#byte(zero), this.#number(1), this.#byte(low)];
    this.#own('QLinearLeakyRelu', name, operands, { alpha: { float: slope } });
    const { mean } = this.#seenOf(y);
    this.#bytes.set(y, { name, steps: after, zero: low, mean: mean.map((value, channel) => value / after[channel]!) });
  }

  /** A value in bytes; what exists in 32 bits is quantised. */
  #bytesOf(value: string): Bytes {
    const known = this.#bytes.get(value);
    if (known !== undefined) return known;
    const { least, most, mean } = this.#seenOf(value);
    const peaks = least.map((lowest, channel) => Math.max(-lowest / 128, most[channel]! / 127));
    const steps = evened(peaks, this.#heights.get(value));
    const factors = this.#constant(
      `${value}.factors`,
      floats(
        [steps.length],
        steps.map((step) => 1 / step),
      ),
    );
    const scaled = this.#node('Mul', `${value}.scaled`, [this.#pixelsOf(value), factors]);
    const name = this.#node('QuantizeLinear', `${value}.bytes`, [scaled, this.#number(1), this.#byte(middle)]);
    const bytes = { name, steps, zero: middle, mean: mean.map((number, channel) => number / steps[channel]!) };
    this.#bytes.set(value, bytes);
    return bytes;
  }

  /** Parts beside one another, each padded with its own zero. */
  #joined(parts: readonly Bytes[], [top = 0, left = 0, bottom = 0, right = 0]: readonly number[]): string {
    const pads = [0, top, left, 0, 0, bottom, right, 0];
    const isPadded = pads.some((size) => size > 0);
    const padded = parts.map(({ name, zero }) => {
      if (!isPadded) return name;
      const sizes = this.#constant(`pads.${pads.join('.')}`, integers([8], pads));
      return this.#node('Pad', `${name}.padded.${top}.${left}.${bottom}.${right}`, [name, sizes, this.#byte(zero)]);
    });
    const [first = '', another] = padded;
    return another === undefined ? first : this.#node('Concat', padded.join('+'), padded, { axis: 3 });
  }

  #dequantised(value: string): void {
    const bytes = this.#bytes.get(value);
    if (bytes === undefined) throw new Error(`${value} is not there`);
    const { name, zero, steps } = bytes;
    const levels = this.#node('DequantizeLinear', `${value}.levels`, [name, this.#number(1), this.#byte(zero)]);
    this.#node('Mul', `${value}.pixels`, [levels, this.#constant(`${value}.steps`, floats([steps.length], steps))]);
    this.#pixelsFirst.add(value);
  }

  /** 32-bit numbers with colours last. */
  #pixelsOf(value: string): string {
    const name = `${value}.pixels`;
    if (this.#made.has(name)) return name;
    if (this.#made.has(value)) return this.#node('Transpose', name, [value], { perm: [0, 2, 3, 1] });
    this.#dequantised(value);
    return name;
  }

  /** 32-bit numbers in planes, under the value's own name. */
  planesOf(value: string): void {
    if (!this.#made.has(value)) this.#node('Transpose', value, [this.#pixelsOf(value)], { perm: [0, 3, 1, 2] });
  }

  #seenOf(value: string): Seen {
    const seen = this.#seen.get(value);
    if (seen === undefined) throw new Error(`${value} was not seen`);
    return seen;
  }

  #number(value: number): string {
    return this.#constant(`number(${value})`, floats([], [value]));
  }

  #byte(value: number): string {
    return this.#constant(`byte(${value})`, { kind: 'uint8', dims: [], bytes: Uint8Array.of(value) });
  }

  #constant(name: string, tensor: Tensor): string {
    if (!this.constants.has(name)) this.constants.set(name, tensor);
    return name;
  }

  /** A node and its result of one name; the one that there is, where there is one. */
  #node(op: string, name: string, inputs: readonly string[], attributes: Node['attributes'] = {}, domain?: string): string {
    if (this.#made.has(name)) return name;
    this.#made.add(name);
    this.nodes.push({ op, name, inputs, outputs: [name], attributes, domain });
    return name;
  }

  #own(op: string, name: string, inputs: readonly string[], attributes: Record<string, Attribute>): string {
    return this.#node(op, name, inputs, attributes, 'com.microsoft');
  }
}

interface Written {
  readonly steps: Float32Array;
  readonly zero: number;
  /** Behind a leaky ReLU: steps of what comes out, and how many of them are one of what goes in. */
  readonly after?: Float32Array;
  readonly coarser?: number;
}

type Activation = NonNullable<ByteConv['activation']>;

/** Weights and biases of a convolution of such bytes that gives bytes of such steps. */
function quantised(
  tensor: Tensor,
  bias: Tensor | undefined,
  inputs: readonly Bytes[],
  written: Float32Array,
): { levels: Int8Array; steps: Float32Array; offsets: Int32Array } {
  const [count = 1, channels = 1, height = 1, width = 1] = tensor.dims;
  const taps = height * width;
  const read = inputs.flatMap(({ steps }) => [...steps]);
  const inSteps = asFloats(tensor).map(
    (weight, index) => (weight * read[Math.floor(index / taps) % channels]!) / written[Math.floor(index / taps / channels)]!,
  );
  const { levels, steps, missing } = roundedWeights(floats(tensor.dims, inSteps));
  const means = inputs.flatMap(({ mean }) => [...mean]);
  const leastZero = Math.min(...inputs.map(({ zero }) => zero));
  const off = inputs.flatMap(({ steps: own, zero }) => Array.from(own, () => zero - leastZero));
  const plain = bias === undefined ? null : asFloats(bias);
  const offsets = Int32Array.from({ length: count }, (_, row) => {
    let sum = (plain?.[row] ?? 0) / written[row]! / steps[row]!;
    for (let channel = 0; channel < channels; channel += 1) {
      const at = (row * channels + channel) * taps;
      let whole = 0;
      for (let tap = 0; tap < taps; tap += 1) whole += levels[at + tap]!;
      // What rounding lost of the mean, and what the zero of this part is off.
      sum += (missing[row * channels + channel]! / steps[row]!) * means[channel]! - whole * off[channel]!;
    }
    return Math.round(sum);
  });
  return { levels, steps, offsets };
}
