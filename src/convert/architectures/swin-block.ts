import type { Layers } from './layers.ts';
import { cutWindows, joinWindows, positionScores, roll, windowAttention, type Windows } from './windows.ts';

/** A block of Swin: attention within windows, then two layers on each pixel, both with normalised input and a shortcut. */
export function shiftedWindowBlock(layers: Layers, x: string, name: string, windows: Windows, isShifted: boolean): string {
  const seen = shiftedWindowAttention(layers, layers.layerNorm(x, `${name}.norm1`), `${name}.attn`, windows, isShifted);
  return twoLayers(layers, layers.graph.add(x, seen), name);
}

/** Attention within windows, which are shifted by half of theirs or not. @param x [1, H, W, C] */
export const shiftedWindowAttention = (layers: Layers, x: string, name: string, windows: Windows, isShifted: boolean): string =>
  attentionWithin(layers, layers.linear(x, `${name}.qkv`), name, windows, isShifted);

/** The same of what was projected already. @param projected [1, H, W, 3 C]: queries, keys and values */
export function attentionWithin(layers: Layers, projected: string, name: string, windows: Windows, isShifted: boolean): string {
  const { graph, weights } = layers;
  const table = `${name}.relative_position_bias_table`;
  const [area, heads, channels] = [windows.rows * windows.columns, weights.size(table, 1), weights.size(`${name}.proj.weight`, 0)];
  const shift = isShifted ? Math.floor(windows.rows / 2) : 0;
  const cut = cutWindows(graph, isShifted ? roll(graph, projected, -shift, -shift) : projected, windows, 3 * channels);
  const [query = '', key = '', value = ''] = graph.split(cut, [channels, channels, channels], 2);
  const position = positionScores(graph, `${name}.position`, weights.tensor(table, 2), windows);
  const scores = isShifted ? [position, windows.mask] : [position];
  const attended = windowAttention(graph, [query, key, value], { area, heads, channels, scores });
  const seen = joinWindows(graph, layers.linear(attended, `${name}.proj`), windows);
  return isShifted ? roll(graph, seen, shift, shift) : seen;
}

/** The second half of a block: two layers on each pixel, with normalised input and a shortcut. */
export function twoLayers(layers: Layers, x: string, name: string): string {
  const wide = layers.graph.gelu(layers.linear(layers.layerNorm(x, `${name}.norm2`), `${name}.mlp.fc1`));
  return layers.graph.add(x, layers.linear(wide, `${name}.mlp.fc2`));
}
