import { Problem } from '../../shared/problem.ts';
import { sentence } from '../../shared/sentence.ts';
import type { Architecture } from './architecture.ts';
import { hybridBlock, overlappingBlock } from './hat-blocks.ts';
import { Layers } from './layers.ts';
import { fromUnits, inUnits } from './ranges.ts';
import { cropLike, padToMultiple, sizeOf } from './sizes.ts';
import { groupEnd, swinRange, transformerBody } from './transformer-body.ts';
import { endOf } from './transformer-ends.ts';
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
    if (!weights.has('conv_first.weight', ...needed)) return null;
    const channels = weights.size('conv_first.weight', 1);
    const end = endOf(weights, channels);
    const side = (Math.sqrt(weights.size(table, 0)) + 1) / 2;
    const seenSide = Math.sqrt(weights.size('relative_position_index_OCA', 1));
    if (end === null || !Number.isInteger(side) || !Number.isInteger(seenSide) || seenSide > 2 * side || side > largestWindow) return null;
    const range = swinRange(channels);
    return {
      scale: end.scale,
      channels,
      radius: null,
      smallest: side,
      traits: `${weights.size('conv_first.weight', 0)} channels, ${weights.numbers('layers.').length} groups, ${end.name}`,
      build: (graph, image) => {
        // Squares that cannot lie in the middle of the windows.
        if ((seenSide - side) % 2 !== 0) throw new Problem('unsupported-model', sentence('import.overlap', { side, seen: seenSide }));
        const layers = new Layers(graph, weights);
        weights.ignore(/^(relative_position_index_SA|.*\.attn_mask)$/);
        const source = inUnits(graph, padToMultiple(graph, image, side), range);
        const windows = windowsOf(graph, sizeOf(graph, source), { rows: side, columns: side });
        const entries = graph.constant('relative_position_index_OCA', weights.tensor('relative_position_index_OCA', 2));
        const body = transformerBody(layers, source, {
          group: (x, name) => {
            let inner = x;
            for (const block of weights.numbers(`${name}.residual_group.blocks.`)) {
              inner = hybridBlock(layers, inner, `${name}.residual_group.blocks.${block}`, windows, block % 2 === 1);
            }
            inner = overlappingBlock(layers, inner, `${name}.residual_group.overlap_attn`, { windows, seenSide, entries });
            return groupEnd(layers, inner, x, name);
          },
        });
        const result = fromUnits(graph, end.build(layers, body, source), range);
        return cropLike(graph, result, image, end.scale);
      },
    };
  },
};
