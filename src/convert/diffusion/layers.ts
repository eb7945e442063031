import { GraphBuilder } from '../graph/builder.ts';
import type { Graph } from '../graph/graph.ts';
import { floats, tensorKinds, type Tensor } from '../graph/tensor.ts';
import type { NetworkWeights } from './network-weights.ts';

/** A value of the graph that is a picture of square planes, [1, channels, side, side]. */
export interface Planes {
  readonly value: string;
  readonly channels: number;
  readonly side: number;
}

/** Multiplications of a graph. */
export interface Work {
  convolutions: number;
  /** Linear layers, also those of attention. */
  linear: number;
  /** Scores and mixing of attention: products of two things that depend on the picture. */
  attention: number;
}

interface LayerOptions {
  readonly groups: number;
  /** Of group normalisation. */
  readonly epsilon: number;
  readonly precision: 'float32' | 'float16';
}

/** The most scores that are held at once: more are worked out for a part of the places after another, which gives the same. */
const mostScores = 2 ** 24;

/** Layers of diffusers by the names of their weights, at fixed sizes. Whatever the precision, inputs and outputs are float32. */
export class Layers {
  readonly graph: GraphBuilder;
  readonly weights: NetworkWeights;
  readonly options: LayerOptions;
  readonly work: Work = { convolutions: 0, linear: 0, attention: 0 };
  readonly #half: boolean;

  constructor(name: string, weights: NetworkWeights, options: LayerOptions) {
    this.graph = new GraphBuilder(name, { precision: options.precision });
    this.weights = weights;
    this.options = options;
    this.#half = options.precision === 'float16';
  }

  input(name: string, channels: number, side: number): Planes {
    const value = this.graph.input(name, [1, channels, side, side], 'float32');
    return { value: this.#half ? this.graph.cast(value, tensorKinds.float16.onnx, `${name}.half`) : value, channels, side };
  }

  output(name: string, { value, channels, side }: Planes): void {
    const whole = this.#half ? this.graph.cast(value, tensorKinds.float32.onnx, `${name}.whole`) : value;
    this.graph.output(name, whole, [1, channels, side, side], 'float32');
  }

  finish(): Graph {
    return this.graph.finish();
  }

  /** @param folded weight and bias in place of the layer's own */
  conv(x: Planes, name: string, { padding = 1, stride = 1, folded }: ConvolutionOptions = {}): Planes {
    const weight = folded?.weight ?? this.weights.tensor(`${name}.weight`);
    const bias = folded?.bias ?? this.weights.tensor(`${name}.bias`);
    const [channels = 0, inputs = 0, rows = 1] = weight.dims;
    const pads = typeof padding === 'number' ? ([padding, padding, padding, padding] as const) : padding;
    const side = Math.floor((x.side + pads[0] + pads[2] - rows) / stride) + 1;
    this.work.convolutions += channels * inputs * rows ** 2 * side ** 2;
    return { value: this.graph.conv(x.value, name, weight, bias, { pads, stride }), channels, side };
  }

  /** x Wᵀ + b. @param x [rows, inputs] */
  linear(x: string, name: string, rows: number): string {
    const weight = this.weights.tensor(`${name}.weight`);
    const [outputs = 0, inputs = 0] = weight.dims;
    this.work.linear += rows * outputs * inputs;
    const bias = this.weights.has(`${name}.bias`) ? this.weights.tensor(`${name}.bias`) : null;
    return this.graph.rowsLinear(x, name, weight, bias);
  }

  groupNorm(x: Planes, name: string, epsilon = this.options.epsilon): Planes {
    const [weight, bias] = [this.weights.tensor(`${name}.weight`), this.weights.tensor(`${name}.bias`)];
    return { ...x, value: this.graph.groupNorm(x.value, name, this.options.groups, weight, bias, epsilon) };
  }

  /** Over the last axis. */
  layerNorm(x: string, name: string): string {
    return this.graph.layerNorm(x, name, this.weights.tensor(`${name}.weight`), this.weights.tensor(`${name}.bias`));
  }

  /** Group normalisation, then x · sigmoid(x). */
  normSilu(x: Planes, name: string): Planes {
    return { ...x, value: this.graph.silu(this.groupNorm(x, name).value) };
  }

  add(a: Planes, b: Planes, name?: string): Planes {
    return { ...a, value: this.graph.add(a.value, b.value, name) };
  }

  /** `a` before `b`. */
  concat(a: Planes, b: Planes): Planes {
    return { ...a, value: this.graph.concat([a.value, b.value]), channels: a.channels + b.channels };
  }

  /** Each number four times. */
  twice(x: Planes): Planes {
    return { ...x, value: this.graph.resizeNearest(x.value, 2), side: 2 * x.side };
  }

  /** [1, C, side, side] → [side², C], and back. */
  tokens({ value, channels, side }: Planes): string {
    return this.graph.transpose(this.graph.reshape(value, [channels, side ** 2]), [1, 0]);
  }
  planes(tokens: string, like: Planes): Planes {
    const { channels, side } = like;
    return { ...like, value: this.graph.reshape(this.graph.transpose(tokens, [1, 0]), [1, channels, side, side]) };
  }

  /** Numbers worked out beforehand; in the graph's precision. */
  number(name: string, dims: readonly number[], values: Float32Array | readonly number[]): string {
    const exact = this.graph.shared(name, () => floats(dims, values));
    return this.#half ? this.graph.cast(exact, tensorKinds.float16.onnx) : exact;
  }

  /**
   * softmax(q kᵀ / √d) v for each head, side by side again: [rows, heads · d].
   * @param query [rows, heads · d]
   * @param keys [heads, d, seen]  @param values [heads, seen, d]
   */
  attention(query: string, keys: string, values: string, { rows, seen, heads, width, upcast = false }: AttentionShape): string {
    const { graph } = this;
    this.work.attention += 2 * rows * seen * heads * width;
    // Before the product: half precision ends at 65,504.
    const scaled = graph.mul(this.queries(query, heads, width), width ** -0.5);
    const widened = upcast && this.#half;
    const float = (value: string): string => (widened ? graph.cast(value, tensorKinds.float32.onnx) : value);
    const turned = float(keys);
    const parts = partsOf(rows, heads * rows * seen);
    const pieces = parts === 1 ? [scaled] : graph.split(scaled, Array<number>(parts).fill(rows / parts));
    const mixed = pieces.map((piece) => {
      const shares = graph.softmax(graph.matmul(float(piece), turned));
      return graph.matmul(widened ? graph.cast(shares, tensorKinds.float16.onnx) : shares, values);
    });
    const whole = mixed.length === 1 ? (mixed[0] ?? '') : graph.concat(mixed);
    return graph.reshape(graph.transpose(whole, [1, 0, 2]), [rows, heads * width]);
  }

  /** [rows, heads · d] → [heads, rows, d]. */
  queries(x: string, heads: number, width: number): string {
    return this.graph.transpose(this.graph.reshape(x, [-1, heads, width]), [1, 0, 2]);
  }

  /** [rows, heads · d] → [heads, d, rows]. */
  keys(x: string, heads: number, width: number): string {
    return this.graph.transpose(this.graph.reshape(x, [-1, heads, width]), [1, 2, 0]);
  }
}

export interface ConvolutionOptions {
  /** On every side, or top, left, bottom, right. */
  readonly padding?: number | readonly [number, number, number, number];
  readonly stride?: number;
  readonly folded?: { readonly weight?: Tensor; readonly bias?: Tensor } | undefined;
}

interface AttentionShape {
  readonly rows: number;
  /** Places that are looked at. */
  readonly seen: number;
  readonly heads: number;
  /** Channels of a head: d. */
  readonly width: number;
  /** Scores in 32 bit whatever the precision. */
  readonly upcast?: boolean;
}

/** How many equal parts of `rows` keep within {@link mostScores}. */
function partsOf(rows: number, scores: number): number {
  let parts = 1;
  while (scores / parts > mostScores && rows % (2 * parts) === 0) parts *= 2;
  return parts;
}
