import { evenly } from './architecture.ts';
import { crossChannelAttention } from './cross-channel-attention.ts';
import type { Layers } from './layers.ts';
import { missingTo, sizeOf } from './sizes.ts';
import { cutWindows, joinWindows, positionScores, roll, windowAttention, windowsOf, type Windows } from './windows.ts';

/** What the blocks with windows share. */
export interface UprightAndLying {
  /** Of the first half of the channels, and of the second. */
  readonly windows: readonly [Windows, Windows];
  /** Rows and columns of zeros that make the picture one of whole windows, as ONNX pads [1, H, W, C]. */
  readonly pads: string;
  /** Height and width of the picture: two integers. */
  readonly size: string;
}

/** @param offsets name of the list of all differences of places in the first kind of windows, the largest last */
export async function uprightAndLying(layers: Layers, x: string, offsets: string): Promise<UprightAndLying> {
  const { graph, weights } = layers;
  const [rows, columns] = [...(await weights.floats(offsets)).slice(-2)].map((difference) => difference + 1);
  const [first, second] = [
    { rows: rows ?? 1, columns: columns ?? 1 },
    { rows: columns ?? 1, columns: rows ?? 1 },
  ];
  const size = sizeOf(graph, x);
  const missing = missingTo(graph, size, Math.max(first.rows, first.columns));
  const whole = graph.node('Add', [size, missing]);
  return {
    windows: [windowsOf(graph, whole, first), windowsOf(graph, whole, second)],
    pads: graph.concat([graph.integers(0, 0, 0, 0, 0), missing, graph.integers(0)], 0),
    size,
  };
}

/** Attention within windows, half of the channels in each kind. Both it and the values are [1, H, W, C]. @param x [1, H, W, C] */
export function rectangleAttention(
  layers: Layers,
  x: string,
  name: string,
  shared: UprightAndLying,
  isShifted: boolean,
): { attended: string; values: string } {
  const { graph, weights } = layers;
  const channels = weights.size(`${name}.proj.weight`, 0);
  const half = evenly(channels, 2);
  const projected = layers.linear(x, `${name}.qkv`);
  const [, , values = ''] = graph.split(projected, [channels, channels, channels], 3);
  const parts = graph.split(graph.node('Pad', [projected, shared.pads]), Array<number>(6).fill(half), 3);
  const branches = shared.windows.map((windows, branch) => {
    const own = graph.concat([parts[branch] ?? '', parts[branch + 2] ?? '', parts[branch + 4] ?? ''], 3);
    const [down, across] = isShifted ? [Math.floor(windows.rows / 2), Math.floor(windows.columns / 2)] : [0, 0];
    const cut = cutWindows(graph, isShifted ? roll(graph, own, -down, -across) : own, windows, 3 * half);
    const [query = '', key = '', value = ''] = graph.split(cut, [half, half, half], 2);
    const table = positionTable(layers, `${name}.attns.${branch}`);
    const position = positionScores(graph, `${name}.attns.${branch}.position`, table, windows);
    const heads = weights.size(`${name}.attns.${branch}.pos.pos3.2.weight`, 0);
    const area = windows.rows * windows.columns;
    const scores = isShifted ? [position, windows.mask] : [position];
    const seen = joinWindows(graph, windowAttention(graph, [query, key, value], { area, heads, channels: half, scores }), windows);
    return isShifted ? roll(graph, seen, down, across) : seen;
  });
  return { attended: graph.node('Slice', [graph.concat(branches, 3), graph.integers(0, 0), shared.size, graph.integers(1, 2)]), values };
}

/** Attention within windows beside a depthwise convolution of the values; each weighs the other. @param x [1, H, W, C] */
export function spatialAttention(layers: Layers, x: string, name: string, shared: UprightAndLying, isShifted: boolean): string {
  const { graph } = layers;
  const { attended: joined, values } = rectangleAttention(layers, x, name, shared, isShifted);
  const attended = graph.transpose(joined, [0, 3, 1, 2]);
  const convolved = convolution(layers, graph.transpose(values, [0, 3, 1, 2]), `${name}.dwconv`);
  const perChannel = graph.sigmoid(channelMap(layers, convolved, `${name}.channel_interaction`));
  const perPixel = graph.sigmoid(spatialMap(layers, attended, `${name}.spatial_interaction`));
  return together(layers, name, graph.mul(attended, perChannel), graph.mul(convolved, perPixel));
}

/** Attention of the channels of a head to one another, over all pixels; beside it and weighed as above. @param x [1, H, W, C] */
export function channelAttention(layers: Layers, x: string, name: string): string {
  const { graph, weights } = layers;
  const channels = weights.size(`${name}.proj.weight`, 0);
  const heads = weights.size(`${name}.temperature`, 0);
  const picture = graph.transpose(layers.linear(x, `${name}.qkv`), [0, 3, 1, 2]);
  const [query = '', key = '', values = ''] = graph.split(picture, [channels, channels, channels]);
  const perHead = (part: string): string => graph.reshape(part, [1, heads, evenly(channels, heads), -1]);
  const seen = crossChannelAttention(layers, [perHead(query), perHead(key), perHead(values)], `${name}.temperature`);
  const attended = graph.reshape(seen, graph.shape(values));
  const convolved = convolution(layers, values, `${name}.dwconv`);
  const perPixel = graph.sigmoid(spatialMap(layers, convolved, `${name}.spatial_interaction`));
  const perChannel = graph.sigmoid(channelMap(layers, attended, `${name}.channel_interaction`));
  return together(layers, name, graph.mul(attended, perPixel), graph.mul(convolved, perChannel));
}

/** The sum of both, projected. @returns [1, H, W, C] */
const together = (layers: Layers, name: string, attended: string, convolved: string): string =>
  layers.linear(layers.graph.transpose(layers.graph.add(attended, convolved), [0, 2, 3, 1]), `${name}.proj`);

/** The scores by a small network of the differences of places, which onnxruntime works out once. */
function positionTable(layers: Layers, name: string): string {
  const { graph, weights } = layers;
  const offsets = graph.parameter(`${name}.rpe_biases`, weights.tensor(`${name}.rpe_biases`, 2));
  return ['pos1', 'pos2', 'pos3'].reduce(
    (x, part) => layers.linear(graph.relu(layers.layerNorm(x, `${name}.pos.${part}.0`)), `${name}.pos.${part}.2`),
    layers.linear(offsets, `${name}.pos.pos_proj`),
  );
}

const convolution = (layers: Layers, x: string, name: string): string =>
  layers.graph.gelu(layers.batchNorm(layers.depthwise(x, `${name}.0`), `${name}.1`));

/** [1, C, 1, 1]: one number for each channel. */
function channelMap(layers: Layers, x: string, name: string): string {
  const narrow = layers.batchNorm(layers.conv(layers.graph.globalAveragePool(x), `${name}.1`), `${name}.2`);
  return layers.conv(layers.graph.gelu(narrow), `${name}.4`);
}

/** [1, 1, H, W]: one number for each pixel. */
function spatialMap(layers: Layers, x: string, name: string): string {
  const narrow = layers.batchNorm(layers.conv(x, `${name}.0`), `${name}.1`);
  return layers.conv(layers.graph.gelu(narrow), `${name}.3`);
}
