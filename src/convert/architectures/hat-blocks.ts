import { channelWeighing } from './channel-weighing.ts';
import type { Layers } from './layers.ts';
import { shiftedWindowAttention, twoLayers } from './swin-block.ts';
import { cutWindows, joinWindows, overlappingWindows, windowAttention, type Windows } from './windows.ts';

/** How much of what the convolution says counts; it cannot be read from the weights, and nobody has changed it. */
const convolutionShare = 0.01;

/** A block of Swin with a convolution, weighed per channel, beside its attention. @param x [1, H, W, C] */
export function hybridBlock(layers: Layers, x: string, name: string, windows: Windows, isShifted: boolean): string {
  const { graph } = layers;
  const normal = layers.layerNorm(x, `${name}.norm1`);
  const narrow = graph.gelu(layers.conv(graph.transpose(normal, [0, 3, 1, 2]), `${name}.conv_block.cab.0`));
  const wide = layers.conv(narrow, `${name}.conv_block.cab.2`);
  const attention = `${name}.conv_block.cab.3.attention`;
  const convolved = graph.transpose(channelWeighing(layers, wide, `${attention}.1`, `${attention}.3`), [0, 2, 3, 1]);
  const attended = graph.add(x, shiftedWindowAttention(layers, normal, `${name}.attn`, windows, isShifted));
  return twoLayers(layers, graph.add(attended, graph.mul(convolved, convolutionShare)), name);
}

interface Overlap {
  readonly windows: Windows;
  /** Side of the square that each window looks at; its middle is the window. */
  readonly seenSide: number;
  /** For each place and each place that it looks at, which entry of the table of position scores is theirs. */
  readonly entries: string;
}

/** Attention of windows to what lies around them, too; zeros outside the picture. @param x [1, H, W, C] */
export function overlappingBlock(layers: Layers, x: string, name: string, { windows, seenSide, entries }: Overlap): string {
  const { graph, weights } = layers;
  const channels = weights.size(`${name}.proj.weight`, 0);
  const table = weights.tensor(`${name}.relative_position_bias_table`, 2);
  const projected = layers.linear(layers.layerNorm(x, `${name}.norm1`), `${name}.qkv`);
  const [queries = '', seen = ''] = graph.split(projected, [channels, 2 * channels], 3);
  const query = cutWindows(graph, queries, windows, channels);
  const around = overlappingWindows(graph, seen, windows, seenSide, 2 * channels);
  const [key = '', value = ''] = graph.split(around, [channels, channels], 2);
  const scores = [graph.transpose(graph.node('Gather', [table, entries], { axis: 0 }, { name: `${name}.position` }), [2, 0, 1])];
  const sizes = {
    area: windows.rows * windows.columns,
    seenArea: seenSide ** 2,
    heads: weights.size(`${name}.relative_position_bias_table`, 1),
  };
  const attended = joinWindows(graph, windowAttention(graph, [query, key, value], { ...sizes, channels, scores }), windows);
  return twoLayers(layers, graph.add(layers.linear(attended, `${name}.proj`), x), name);
}
