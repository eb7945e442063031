import type { Architecture } from './architecture.ts';
import { channelAttention, spatialAttention, uprightAndLying, type UprightAndLying } from './dat-attention.ts';
import { Layers } from './layers.ts';
import { fromUnits, inUnits } from './ranges.ts';
import { groupEnd, swinRange, transformerBody } from './transformer-body.ts';
import { endOf } from './transformer-ends.ts';

/** What depends on pairs of places in a window grows with the square of this; 8 × 32 is usual. */
const largestArea = 1024;

/**
 * DAT, the dual aggregation transformer: blocks that attend within windows of 8 × 32 (half of the channels upright, half
 * lying) in turns with blocks whose channels attend to one another over the whole picture; both beside a convolution.
 */
export const dat: Architecture = {
  id: 'dat',
  label: 'DAT',
  recognise: (weights) => {
    const block = 'layers.0.blocks.0';
    const needed = [`${block}.attn.attns.0.rpe_biases`, `${block}.attn.spatial_interaction.0.weight`, `${block}.ffn.sg.conv.weight`];
    if (!weights.has('conv_first.weight', 'before_RG.1.weight', ...needed)) return null;
    const channels = weights.size('conv_first.weight', 1);
    const end = endOf(weights, channels);
    if (end === null || weights.size(`${block}.attn.attns.0.relative_position_index`, 0) > largestArea) return null;
    const range = swinRange(channels);
    return {
      scale: end.scale,
      channels,
      radius: null,
      smallest: 1,
      traits: `${weights.size('conv_first.weight', 0)} channels, ${weights.numbers('layers.').length} groups, ${end.name}`,
      build: async (graph, image) => {
        const layers = new Layers(graph, weights);
        weights.ignore(/\.(relative_position_index|attn_mask_[01]|num_batches_tracked)$/);
        const source = inUnits(graph, image, range);
        const windows = await uprightAndLying(layers, source, `${block}.attn.attns.0.rpe_biases`);
        const body = transformerBody(layers, source, {
          norm: 'before_RG.1',
          group: (x, name, group) => {
            let inner = x;
            for (const number of weights.numbers(`${name}.blocks.`)) inner = dualBlock(layers, inner, { name, group, number }, windows);
            return groupEnd(layers, inner, x, name);
          },
        });
        return fromUnits(graph, end.build(layers, body, source), range);
      },
    };
  },
};

export interface Place {
  /** Of the group. */
  readonly name: string;
  readonly group: number;
  /** Of the block in its group. */
  readonly number: number;
}

function dualBlock(layers: Layers, x: string, place: Place, windows: UprightAndLying): string {
  const { graph } = layers;
  const name = `${place.name}.blocks.${place.number}`;
  const normal = layers.layerNorm(x, `${name}.norm1`);
  const attended =
    place.number % 2 === 0
      ? spatialAttention(layers, normal, `${name}.attn`, windows, isShifted(place))
      : channelAttention(layers, normal, `${name}.attn`);
  const seen = graph.add(x, attended);
  return graph.add(seen, gatedLayers(layers, layers.layerNorm(seen, `${name}.norm2`), `${name}.ffn`));
}

/** Every other block with windows has them shifted; which ones begin depends on the group. */
export const isShifted = ({ group, number }: Pick<Place, 'group' | 'number'>): boolean => number % 4 === (group % 2 === 0 ? 2 : 0);

/** Two layers on each pixel, between which one half of the channels, through a convolution, weighs the other. */
export function gatedLayers(layers: Layers, x: string, name: string): string {
  const { graph, weights } = layers;
  const half = weights.size(`${name}.sg.norm.weight`, 0);
  const [weighed = '', gate = ''] = graph.split(graph.gelu(layers.linear(x, `${name}.fc1`)), [half, half], 3);
  const picture = graph.transpose(layers.layerNorm(gate, `${name}.sg.norm`), [0, 3, 1, 2]);
  const weighing = graph.transpose(layers.depthwise(picture, `${name}.sg.conv`), [0, 2, 3, 1]);
  return layers.linear(graph.mul(weighed, weighing), `${name}.fc2`);
}
