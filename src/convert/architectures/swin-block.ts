import type { Layers } from './layers.ts';
import { cutWindows, joinWindows, positionScores, roll, windowAttention, type Windows } from './windows.ts';

/** A block of Swin: attention within windows, then two layers on each pixel, both with normalised input and a shortcut. */
export function shiftedWindowBlock(layers: Layers, x: string, name: string, windows: Windows, isShifted: boolean): string {
  const { graph, weights } = layers;
  const channels = weights.size(`${name}.norm1.weight`, 0);
  const shift = isShifted ? Math.floor(windows.rows / 2) : 0;
  const normal = layers.layerNorm(x, `${name}.norm1`);
  const cut = cutWindows(graph, shift === 0 ? normal : roll(graph, normal, -shift, -shift), windows, channels);
  const seen = joinWindows(graph, attention(layers, cut, `${name}.attn`, windows, isShifted), windows);
  const attended = graph.add(x, shift === 0 ? seen : roll(graph, seen, shift, shift));
  const wide = graph.gelu(layers.linear(layers.layerNorm(attended, `${name}.norm2`), `${name}.mlp.fc1`));
  return graph.add(attended, layers.linear(wide, `${name}.mlp.fc2`));
}

/** @param x [windows, area, channels] */
function attention(layers: Layers, x: string, name: string, windows: Windows, isShifted: boolean): string {
  const { graph, weights } = layers;
  const table = `${name}.relative_position_bias_table`;
  const [area, heads, channels] = [windows.rows * windows.columns, weights.size(table, 1), weights.size(`${name}.proj.weight`, 0)];
  const [query = '', key = '', value = ''] = graph.split(layers.linear(x, `${name}.qkv`), [channels, channels, channels], 2);
  const position = positionScores(graph, `${name}.position`, weights.tensor(table), windows);
  const scores = isShifted ? [position, windows.mask] : [position];
  return layers.linear(windowAttention(graph, [query, key, value], { area, heads, channels, scores }), `${name}.proj`);
}
