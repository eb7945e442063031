import { evenly, type Architecture } from './architecture.ts';
import { gatedLayers, isShifted, type Place } from './dat.ts';
import { rectangleAttention, uprightAndLying, type UprightAndLying } from './dat-attention.ts';
import { Layers } from './layers.ts';
import { fromUnits, inUnits } from './ranges.ts';
import { groupEnd, swinRange, transformerBody } from './transformer-body.ts';
import { endOf } from './transformer-ends.ts';
import { windowAttention } from './windows.ts';

const largestArea = 1024;
/** The convolutions that the picture is made small with, 4 × 4 each: two, unless a side is longer than 1023 pixels, which tiles are not. */
const reductions = 2;

/**
 * RGT, the recursive generalization transformer: blocks that attend within rectangles, half of the channels upright and half lying, in
 * turns with blocks in which each pixel looks at a sixteenth of the picture's sides.
 */
export const rgt: Architecture = {
  id: 'rgt',
  label: 'RGT',
  recognise: (weights) => {
    const block = 'layers.0.blocks.0';
    const needed = [`${block}.gamma`, `${block}.attn.attns.0.rpe_biases`, `${block}.attn.get_v.weight`, `${block}.mlp.sg.conv.weight`];
    if (!weights.has('conv_first.weight', 'before_RG.1.weight', ...needed)) return null;
    const channels = weights.size('conv_first.weight', 1);
    const end = endOf(weights, channels);
    if (end === null || weights.size(`${block}.attn.attns.0.relative_position_index`, 0) > largestArea) return null;
    const range = swinRange(channels);
    return {
      scale: end.scale,
      channels,
      radius: null,
      smallest: 4 ** reductions,
      traits: `${weights.size('conv_first.weight', 0)} channels, ${weights.numbers('layers.').length} groups, ${end.name}`,
      build: async (graph, image) => {
        const layers = new Layers(graph, weights);
        weights.ignore(/\.(relative_position_index|attn_mask_[01])$/);
        const source = inUnits(graph, image, range);
        const windows = await uprightAndLying(layers, source, `${block}.attn.attns.0.rpe_biases`);
        const body = transformerBody(layers, source, {
          norm: 'before_RG.1',
          group: (x, name, group) => {
            let inner = x;
            for (const number of weights.numbers(`${name}.blocks.`)) inner = generalBlock(layers, inner, { name, group, number }, windows);
            return groupEnd(layers, inner, x, name);
          },
        });
        return fromUnits(graph, end.build(layers, body, source), range);
      },
    };
  },
};

function generalBlock(layers: Layers, x: string, place: Place, windows: UprightAndLying): string {
  const { graph, weights } = layers;
  const name = `${place.name}.blocks.${place.number}`;
  const normal = layers.layerNorm(x, `${name}.norm1`);
  // The heads of a group are those of its first block, which has half as many, rounded down, for each kind of rectangle.
  const halved = 2 * weights.size(`${place.name}.blocks.0.attn.attns.0.pos.pos3.2.weight`, 0);
  const heads = weights.size(`${name}.norm1.weight`, 0) % halved === 0 ? halved : halved + 1;
  const attended =
    place.number % 2 === 0
      ? localAttention(layers, normal, `${name}.attn`, windows, isShifted(place))
      : recursiveAttention(layers, normal, `${name}.attn`, heads);
  const seen = graph.add(x, attended);
  const sum = graph.add(seen, gatedLayers(layers, layers.layerNorm(seen, `${name}.norm2`), `${name}.mlp`));
  return graph.add(sum, graph.mul(x, weights.list(`${name}.gamma`)));
}

/** Attention within rectangles and a convolution of the values. @param x [1, H, W, C] */
function localAttention(layers: Layers, x: string, name: string, windows: UprightAndLying, shifted: boolean): string {
  const { graph } = layers;
  const { attended, values } = rectangleAttention(layers, x, name, windows, shifted);
  const around = graph.transpose(layers.depthwise(graph.transpose(values, [0, 3, 1, 2]), `${name}.get_v`), [0, 2, 3, 1]);
  return layers.linear(graph.add(attended, around), `${name}.proj`);
}

/** Each pixel looks at the whole picture, made small by one convolution again and again. @param x [1, H, W, C] */
function recursiveAttention(layers: Layers, x: string, name: string, heads: number): string {
  const { graph, weights } = layers;
  const [channels, narrow] = [weights.size(`${name}.proj.weight`, 0), weights.size(`${name}.q.weight`, 0)];
  let small = graph.transpose(x, [0, 3, 1, 2]);
  for (let step = 0; step < reductions; step += 1) {
    small = layers.conv(small, `${name}.reduction1`, { stride: 4, pads: [0, 0, 0, 0], groups: channels });
  }
  const mixed = layers.conv(layers.depthwise(small, `${name}.dwconv`), `${name}.conv`);
  const seen = graph.gelu(layers.layerNorm(graph.transpose(mixed, [0, 2, 3, 1]), `${name}.norm_act.0`));
  const values = graph.transpose(layers.linear(seen, `${name}.v`), [0, 3, 1, 2]);
  const placed = graph.transpose(graph.add(values, layers.depthwise(values, `${name}.cpe`)), [0, 2, 3, 1]);
  const rows = (part: string, width: number): string => graph.reshape(part, [1, -1, width]);
  const attended = windowAttention(
    graph,
    [rows(layers.linear(x, `${name}.q`), narrow), rows(layers.linear(seen, `${name}.k`), narrow), rows(placed, channels)],
    { area: 0, heads, channels, keyChannels: evenly(narrow, heads) * heads, scores: [] },
  );
  return layers.linear(graph.reshape(attended, graph.shape(x)), `${name}.proj`);
}
