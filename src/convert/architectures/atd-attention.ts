import { floats } from '../graph/tensor.ts';
import { evenly } from './architecture.ts';
import { normalised } from './cross-channel-attention.ts';
import type { Layers } from './layers.ts';
import { upTo } from './windows.ts';

/**
 * Pixels look at the tokens of the dictionary. @param x [1, pixels, C]  @param dictionary [1, tokens, C]
 * @returns what they see, and how alike each is to each token: [1, pixels, C] and [1, pixels, tokens]
 */
export function tokenAttention(layers: Layers, x: string, dictionary: string, name: string): { seen: string; likeness: string } {
  const { graph, weights } = layers;
  const query = normalised(graph, layers.linear(x, `${name}.wq`));
  const key = graph.transpose(normalised(graph, layers.linear(dictionary, `${name}.wk`)), [0, 2, 1]);
  const tokens = weights.size(`${name}.scale`, 0);
  const share = graph.mul(graph.clip(graph.parameter(`${name}.scale`, weights.list(`${name}.scale`)), 0, 1), Math.log(tokens));
  const likeness = graph.softmax(graph.mul(graph.matmul(query, key), graph.add(share, 1)));
  return { seen: graph.matmul(likeness, layers.linear(dictionary, `${name}.wv`)), likeness };
}

interface Categories {
  readonly heads: number;
  readonly channels: number;
  /** Pixels that look at one another. */
  readonly category: number;
}

/**
 * Pixels, ordered by the token that each is most alike to, look at one another in groups of so many; the last group is filled up from
 * the end backwards. @param projected [1, pixels, 3 C]: queries, keys and values  @returns [1, pixels, C]
 */
export function categoryAttention(layers: Layers, projected: string, likeness: string, name: string, sizes: Categories): string {
  const { graph, weights } = layers;
  const { heads, channels, category } = sizes;
  const count = graph.slice(graph.shape(likeness), [1], [2], [0]);
  const token = graph.node('ArgMax', [likeness], { axis: 2, keepdims: 0 });
  // Of equal ones, the first comes first.
  const ordered = (value: string): string => {
    const first = graph.node('TopK', [value, count], { axis: 1, largest: 0, sorted: 1 }, { outputs: 2 });
    return graph.reshape(`${first}.1`, [-1]);
  };
  const order = ordered(token);
  const group = graph.node('Min', [count, graph.integers(category)]);
  const whole = graph.node('Add', [count, graph.node('Mod', [graph.node('Neg', [count]), group])]);
  const places = upTo(graph, whole);
  const last = graph.node('Sub', [graph.node('Mul', [count, graph.integers(2)]), graph.integers(1)]);
  const filled = graph.node('Gather', [order, graph.node('Min', [places, graph.node('Sub', [last, places])])], { axis: 0 });
  const grouped = graph.node('Gather', [projected, filled], { axis: 1 });
  const perHead = graph.reshape(grouped, graph.concat([graph.integers(-1), group, graph.integers(3, heads, evenly(channels, heads))], 0));
  const parts = graph.split(graph.transpose(perHead, [2, 0, 3, 1, 4]), [1, 1, 1], 0);
  const [query = '', key = '', value = ''] = parts.map((part) => graph.node('Squeeze', [part, graph.integers(0)]));
  const scale = graph.node('Min', [graph.parameter(`${name}.logit_scale`, weights.tensor(`${name}.logit_scale`)), mostLogit]);
  const scores = graph.mul(graph.matmul(query, graph.transpose(key, [0, 1, 3, 2])), graph.node('Exp', [scale]));
  const seen = graph.transpose(graph.matmul(graph.softmax(scores), value), [0, 2, 1, 3]);
  // Where each pixel went is where it comes back from.
  const back = ordered(graph.reshape(order, [1, -1]));
  const result = graph.node('Gather', [graph.reshape(seen, [1, -1, channels]), back], { axis: 1 });
  return layers.linear(result, `${name}.proj`);
}

/** Attention is at most a hundred times as sharp as its scores. */
const mostLogit = floats([], [Math.log(100)]);

/**
 * The dictionary, mixed with what the pixels that are like each token are like now. @param pixels [1, pixels, C]
 */
export function refined(layers: Layers, dictionary: string, likeness: string, pixels: string, name: string): string {
  const { graph, weights } = layers;
  const perToken = graph.transpose(likeness, [0, 2, 1]);
  const parts = ['weight', 'bias'].map((part) => weights.list(`${name}.norm3.${part}`));
  const normal = graph.node('InstanceNormalization', [perToken, ...parts], { epsilon: { float: 1e-5 } }, { name: `${name}.norm3` });
  const kept = graph.sigmoid(graph.parameter(`${name}.sigma`, weights.tensor(`${name}.sigma`, 2)));
  const fresh = graph.matmul(graph.softmax(normal), pixels);
  return graph.add(graph.mul(dictionary, kept), graph.mul(fresh, graph.sub(1, kept)));
}
