import type { Architecture } from './architecture.ts';
import { hybridBlock, overlappingBlock } from './hat-blocks.ts';
import { Layers } from './layers.ts';
import { fromUnits, inUnits, rgbMean } from './ranges.ts';
import { cropLike, padToMultiple, sizeOf } from './sizes.ts';
import { endOf, residualConvolutions } from './transformer-ends.ts';
import { windowsOf } from './windows.ts';

const largestWindow = 32;

/**
 * HAT, the hybrid attention transformer: SwinIR with windows of 16 × 16, a convolution with weights for the channels beside
 * the attention of each block, and at the end of each group a block whose windows look at more than themselves.
 */
export const hat: Architecture = {
  id: 'hat',
  label: 'HAT',
  recognise: (weights) => {
    const group = 'layers.0.residual_group';
    const table = `${group}.blocks.0.attn.relative_position_bias_table`;
    const needed = [table, `${group}.blocks.0.conv_block.cab.0.weight`, `${group}.overlap_attn.qkv.weight`, 'relative_position_index_OCA'];
    if (!weights.has('conv_first.weight', 'patch_embed.norm.weight', ...needed)) return null;
    const end = endOf(weights);
    const side = (Math.sqrt(weights.size(table, 0)) + 1) / 2;
    const seenSide = Math.sqrt(weights.size('relative_position_index_OCA', 1));
    if (end === null || !Number.isInteger(side) || !Number.isInteger(seenSide) || seenSide > 2 * side || side > largestWindow) return null;
    const channels = weights.size('conv_first.weight', 1);
    const groups = weights.numbers('layers.');
    const range = { white: 1, mean: channels === 3 ? rgbMean : [0] };
    return {
      scale: end.scale,
      channels,
      radius: null,
      smallest: side,
      traits: `${weights.size('conv_first.weight', 0)} channels, ${groups.length} groups, ${end.name}`,
      build: (graph, image) => {
        const layers = new Layers(graph, weights);
        weights.ignore(/^(relative_position_index_SA|.*\.attn_mask)$/);
        const source = inUnits(graph, padToMultiple(graph, image, side), range);
        const shallow = layers.conv(source, 'conv_first');
        const windows = windowsOf(graph, sizeOf(graph, source), { rows: side, columns: side });
        const entries = graph.constant('relative_position_index_OCA', weights.tensor('relative_position_index_OCA', 2));
        let x = layers.layerNorm(graph.transpose(shallow, [0, 2, 3, 1]), 'patch_embed.norm');
        for (const number of groups) {
          const name = `layers.${number}`;
          const before = x;
          for (const block of weights.numbers(`${name}.residual_group.blocks.`)) {
            x = hybridBlock(layers, x, `${name}.residual_group.blocks.${block}`, windows, block % 2 === 1);
          }
          x = overlappingBlock(layers, x, `${name}.residual_group.overlap_attn`, { windows, seenSide, entries });
          const mixed = residualConvolutions(layers, graph.transpose(x, [0, 3, 1, 2]), `${name}.conv`);
          x = graph.add(graph.transpose(mixed, [0, 2, 3, 1]), before);
        }
        const deep = graph.transpose(layers.layerNorm(x, 'norm'), [0, 3, 1, 2]);
        const body = graph.add(residualConvolutions(layers, deep, 'conv_after_body'), shallow);
        const result = fromUnits(graph, end.build(layers, body, source), range);
        return cropLike(graph, result, image, end.scale);
      },
    };
  },
};
