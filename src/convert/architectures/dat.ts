import type { Architecture } from './architecture.ts';
import { channelAttention, spatialAttention, uprightAndLying } from './dat-attention.ts';
import { Layers } from './layers.ts';
import { fromUnits, inUnits, rgbMean } from './ranges.ts';
import { endOf, residualConvolutions } from './transformer-ends.ts';

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
    const end = endOf(weights);
    if (end === null || weights.size(`${block}.attn.attns.0.relative_position_index`, 0) > largestArea) return null;
    const channels = weights.size('conv_first.weight', 1);
    const groups = weights.numbers('layers.');
    const range = { white: 1, mean: channels === 3 ? rgbMean : [0] };
    return {
      scale: end.scale,
      channels,
      radius: null,
      smallest: 1,
      traits: `${weights.size('conv_first.weight', 0)} channels, ${groups.length} groups, ${end.name}`,
      build: async (graph, image) => {
        const layers = new Layers(graph, weights);
        weights.ignore(/\.(relative_position_index|attn_mask_[01]|num_batches_tracked)$/);
        const source = inUnits(graph, image, range);
        const shallow = layers.conv(source, 'conv_first');
        const windows = await uprightAndLying(layers, shallow, `${block}.attn.attns.0.rpe_biases`);
        let x = layers.layerNorm(graph.transpose(shallow, [0, 2, 3, 1]), 'before_RG.1');
        for (const group of groups) {
          const before = x;
          for (const number of weights.numbers(`layers.${group}.blocks.`)) {
            const name = `layers.${group}.blocks.${number}`;
            const normal = layers.layerNorm(x, `${name}.norm1`);
            // Every other block with windows has them shifted; which ones begin depends on the group.
            const isShifted = group % 2 === 0 ? number % 4 === 2 : number % 4 === 0;
            const attended =
              number % 2 === 0
                ? spatialAttention(layers, normal, `${name}.attn`, windows, isShifted)
                : channelAttention(layers, normal, `${name}.attn`);
            x = graph.add(x, attended);
            x = graph.add(x, gatedLayers(layers, layers.layerNorm(x, `${name}.norm2`), `${name}.ffn`));
          }
          const mixed = residualConvolutions(layers, graph.transpose(x, [0, 3, 1, 2]), `layers.${group}.conv`);
          x = graph.add(graph.transpose(mixed, [0, 2, 3, 1]), before);
        }
        const deep = graph.transpose(layers.layerNorm(x, 'norm'), [0, 3, 1, 2]);
        const body = graph.add(residualConvolutions(layers, deep, 'conv_after_body'), shallow);
        return fromUnits(graph, end.build(layers, body, source), range);
      },
    };
  },
};

/** Two layers on each pixel, between which one half of the channels, through a convolution, weighs the other. */
function gatedLayers(layers: Layers, x: string, name: string): string {
  const { graph, weights } = layers;
  const half = weights.size(`${name}.sg.norm.weight`, 0);
  const [weighed = '', gate = ''] = graph.split(graph.gelu(layers.linear(x, `${name}.fc1`)), [half, half], 3);
  const picture = graph.transpose(layers.layerNorm(gate, `${name}.sg.norm`), [0, 3, 1, 2]);
  const weighing = graph.transpose(layers.depthwise(picture, `${name}.sg.conv`), [0, 2, 3, 1]);
  return layers.linear(graph.mul(weighed, weighing), `${name}.fc2`);
}
