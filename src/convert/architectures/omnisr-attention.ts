import type { GraphBuilder } from '../graph/builder.ts';
import { evenly } from './architecture.ts';
import { crossChannelAttention } from './cross-channel-attention.ts';
import type { Layers } from './layers.ts';
import { positionScores, windowAttention } from './windows.ts';

/** Windows of `side` × `side`, or, across them, as many places in each direction as a window has, spread over the picture. */
export interface Grid {
  readonly side: number;
  /** How many windows there are in a column and in a row: one integer each. */
  readonly down: string;
  readonly across: string;
  /** The shape [1, channels, H, W]. */
  readonly whole: string;
}

export type Reach = 'within windows' | 'across windows';

/** @param size two integers: height and width of the picture, multiples of `side` */
export function gridOf(graph: GraphBuilder, size: string, side: number): Grid {
  const [down = '', across = ''] = graph.split(graph.node('Div', [size, graph.integers(side)]), [1, 1], 0);
  return { side, down, across, whole: graph.concat([graph.integers(1, -1), size], 0) };
}

/** Pixels attend to one another, with normalised input and a shortcut. @param x [1, C, H, W] */
export function pixelAttention(layers: Layers, x: string, name: string, { side, down, across, whole }: Grid, reach: Reach): string {
  const { graph, weights } = layers;
  const channels = weights.size(`${name}.norm.weight`, 0);
  // Published networks have four heads; where there is a table of positions, it tells.
  const table = `${name}.fn.rel_pos_bias.weight`;
  const heads = weights.has(table) ? weights.size(table, 1) : 4;
  const window = graph.integers(side);
  const isWithin = reach === 'within windows';
  const cells = isWithin ? [down, window, across, window] : [window, down, window, across];
  // Which pixels are looked at together, and their channels, come last.
  const order = isWithin ? [1, 3, 2, 4, 0] : [2, 4, 1, 3, 0];
  const cut = graph.transpose(graph.reshape(x, graph.concat([graph.integers(channels), ...cells], 0)), order);
  const flat = graph.reshape(cut, [-1, side ** 2, channels]);
  const normal = layers.layerNorm(flat, `${name}.norm`);
  const [query = '', key = '', value = ''] = graph.split(layers.linear(normal, `${name}.fn.to_qkv`), [channels, channels, channels], 2);
  const scores = weights.has(table)
    ? [positionScores(graph, `${name}.fn.position`, weights.tensor(table, 2), { rows: side, columns: side })]
    : [];
  const seen = windowAttention(graph, [query, key, value], { area: side ** 2, heads, channels, scores });
  const result = graph.add(layers.linear(seen, `${name}.fn.to_out.0`), flat);
  const back = graph.transpose(graph.reshape(result, graph.shape(cut)), inverse(order));
  return graph.reshape(back, whole);
}

/** Channels attend to one another as the pixels of a window, or of a grid, have them; normalised input, shortcut. */
export function regionAttention(layers: Layers, x: string, name: string, { side, down, across, whole }: Grid, reach: Reach): string {
  const { graph, weights } = layers;
  const channels = weights.size(`${name}.norm.weight`, 0);
  const heads = weights.size(`${name}.fn.temperature`, 0);
  const perHead = evenly(channels, heads);
  const window = graph.integers(side);
  const cells = graph.concat([graph.integers(heads, perHead), down, window, across, window], 0);
  const isWithin = reach === 'within windows';
  // Which pixels are looked at together comes last.
  const order = isWithin ? [2, 4, 0, 1, 3, 5] : [3, 5, 0, 1, 2, 4];
  const cut = (part: string): string => graph.transpose(graph.reshape(part, cells), order);
  const flat = (part: string): string => graph.reshape(part, isWithin ? [-1, heads, perHead, side ** 2] : [side ** 2, heads, perHead, -1]);
  const projected = layers.depthwise(layers.conv(layers.channelNorm(x, `${name}.norm`), `${name}.fn.qkv`), `${name}.fn.qkv_dwconv`);
  const [query = '', key = '', value = ''] = graph.split(projected, [channels, channels, channels]).map(cut);
  const seen = crossChannelAttention(layers, [flat(query), flat(key), flat(value)], `${name}.fn.temperature`);
  const back = graph.transpose(graph.reshape(seen, graph.shape(value)), inverse(order));
  return graph.add(layers.conv(graph.reshape(back, whole), `${name}.fn.project_out`), x);
}

/** The order of axes that undoes `order`. */
const inverse = (order: readonly number[]): number[] => order.map((_, axis) => order.indexOf(axis));
