import type { Convolution, GraphBuilder } from '../graph/builder.ts';
import type { Weights } from './weights.ts';

/** Layers of PyTorch by the names of their weights; each node of the graph is called like the layer. */
export class Layers {
  readonly graph: GraphBuilder;
  readonly weights: Weights;

  constructor(graph: GraphBuilder, weights: Weights) {
    this.graph = graph;
    this.weights = weights;
  }

  conv(x: string, name: string, options: Convolution = {}): string {
    return this.graph.conv(x, name, this.weights.tensor(`${name}.weight`, 4), this.weights.optionalList(`${name}.bias`), options);
  }

  /** A convolution in which every plane has its own kernel. */
  depthwise(x: string, name: string): string {
    return this.conv(x, name, { groups: this.weights.size(`${name}.weight`, 0) });
  }

  linear(x: string, name: string): string {
    return this.graph.linear(x, name, this.weights.tensor(`${name}.weight`, 2), this.weights.optionalList(`${name}.bias`));
  }

  prelu(x: string, name: string): string {
    return this.graph.prelu(x, name, this.weights.list(`${name}.weight`));
  }

  /** Over the last axis. */
  layerNorm(x: string, name: string, epsilon = 1e-5): string {
    return this.graph.layerNorm(x, name, this.weights.list(`${name}.weight`), this.weights.list(`${name}.bias`), epsilon);
  }

  /** Over the channels of each pixel of [1, C, H, W]. */
  channelNorm(x: string, name: string): string {
    const last = this.layerNorm(this.graph.transpose(x, [0, 2, 3, 1]), name, 1e-6);
    return this.graph.transpose(last, [0, 3, 1, 2]);
  }

  groupNorm(x: string, name: string, groups: number): string {
    return this.graph.groupNorm(x, name, groups, this.weights.list(`${name}.weight`), this.weights.list(`${name}.bias`));
  }

  /** By the averages of training, over each channel. */
  batchNorm(x: string, name: string): string {
    const parts = ['weight', 'bias', 'running_mean', 'running_var'].map((part) => this.weights.list(`${name}.${part}`));
    return this.graph.node('BatchNormalization', [x, ...parts], { epsilon: { float: 1e-5 } }, { name });
  }
}
