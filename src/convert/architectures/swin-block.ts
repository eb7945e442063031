import type { Layers } from './layers.ts';
import { cutWindows, joinWindows, positionScores, roll, type Windows } from './swin-windows.ts';

/** A block of Swin: attention within windows, then two layers on each pixel, both with normalised input and a shortcut. */
export function shiftedWindowBlock(layers: Layers, x: string, name: string, windows: Windows, isShifted: boolean): string {
  const { graph, weights } = layers;
  const channels = weights.size(`${name}.norm1.weight`, 0);
  const shift = isShifted ? Math.floor(windows.side / 2) : 0;
  const normal = layers.layerNorm(x, `${name}.norm1`);
  const cut = cutWindows(graph, shift === 0 ? normal : roll(graph, normal, -shift), windows, channels);
  const seen = joinWindows(graph, attention(layers, cut, `${name}.attn`, windows, isShifted ? windows.mask : null), windows);
  const attended = graph.add(x, shift === 0 ? seen : roll(graph, seen, shift));
  const wide = graph.gelu(layers.linear(layers.layerNorm(attended, `${name}.norm2`), `${name}.mlp.fc1`));
  return graph.add(attended, layers.linear(wide, `${name}.mlp.fc2`));
}

/** softmax(q kᵀ / √d + position scores + mask) v for each head of each window. @param x [windows, side², channels] */
function attention(layers: Layers, x: string, name: string, { side }: Windows, mask: string | null): string {
  const { graph, weights } = layers;
  const table = `${name}.relative_position_bias_table`;
  const heads = weights.size(table, 1);
  const channels = weights.size(`${name}.proj.weight`, 0);
  const area = side ** 2;
  const parts = graph.split(layers.linear(x, `${name}.qkv`), [channels, channels, channels], 2);
  const [query = '', key = '', value = ''] = parts.map((part, index) =>
    // Keys are turned at once.
    graph.transpose(graph.reshape(part, [-1, area, heads, channels / heads]), index === 1 ? [0, 2, 3, 1] : [0, 2, 1, 3]),
  );
  const scaled = graph.mul(query, Math.sqrt(heads / channels));
  const scores = graph.add(graph.matmul(scaled, key), positionScores(graph, `${name}.position`, weights.tensor(table), side));
  const weighed = graph.matmul(graph.softmax(mask === null ? scores : graph.add(scores, mask)), value);
  return layers.linear(graph.reshape(graph.transpose(weighed, [0, 2, 1, 3]), [-1, area, channels]), `${name}.proj`);
}
