import type { GraphBuilder } from '../graph/builder.ts';
import type { Layers } from './layers.ts';

/**
 * Channels that attend to one another (XCiT): softmax(q kᵀ · temperature) v with normalised q and k, for each head.
 * Query, key, value and result are [groups of pixels, heads, channels of a head, pixels].
 */
export function crossChannelAttention(layers: Layers, [query, key, value]: readonly [string, string, string], temperature: string): string {
  const { graph, weights } = layers;
  const turned = graph.transpose(normalised(graph, key), [0, 1, 3, 2]);
  const scores = graph.mul(graph.matmul(normalised(graph, query), turned), weights.tensor(temperature));
  return graph.matmul(graph.softmax(scores), value);
}

/** Divided by its length along the last axis, as PyTorch's normalize. */
export const normalised = (graph: GraphBuilder, x: string): string =>
  graph.div(x, graph.node('Max', [graph.node('ReduceL2', [x], { axes: [-1], keepdims: 1 }), 1e-12]));
