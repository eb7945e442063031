import type { Architecture } from './architecture.ts';
import { Layers } from './layers.ts';
import { fromUnits, inUnits, rgbMean } from './ranges.ts';
import { cropLike, padToMultiple, sizeOf } from './sizes.ts';
import { shiftedWindowBlock } from './swin-block.ts';
import { endOf, residualConvolutions } from './transformer-ends.ts';
import { windowsOf } from './windows.ts';

/** What depends on pairs of places in a window grows with the fourth power of its side; 8 and 7 are usual. */
const largestWindow = 32;

/**
 * SwinIR: groups of transformer blocks that attend within windows of 8 × 8, every other time shifted by half a window; four
 * ways to enlarge at the end. The picture is mirrored to whole windows and cropped again.
 */
export const swinir: Architecture = {
  id: 'swinir',
  label: 'SwinIR',
  recognise: (weights) => {
    const block = 'layers.0.residual_group.blocks.0';
    const needed = [`${block}.attn.qkv.weight`, `${block}.attn.relative_position_bias_table`, `${block}.mlp.fc1.weight`];
    if (!weights.has('conv_first.weight', 'patch_embed.norm.weight', ...needed)) return null;
    // HAT has the same names and more.
    if (weights.has(`${block}.conv_block.cab.0.weight`)) return null;
    const end = endOf(weights);
    const side = (Math.sqrt(weights.size(`${block}.attn.relative_position_bias_table`, 0)) + 1) / 2;
    if (end === null || !Number.isInteger(side) || side > largestWindow) return null;
    const channels = weights.size('conv_first.weight', 1);
    const features = weights.size('conv_first.weight', 0);
    const groups = weights.numbers('layers.');
    // Only the networks against JPEG artefacts have windows of 7, and they alone were trained in 0…255.
    const range = { white: side === 7 ? 255 : 1, mean: channels === 3 ? rgbMean : [0] };
    return {
      scale: end.scale,
      channels,
      // Where windows begin depends on the tile.
      radius: null,
      smallest: side,
      traits: `${features} channels, ${groups.length} groups, ${end.name}`,
      build: (graph, image) => {
        const layers = new Layers(graph, weights);
        weights.ignore(/\.(relative_position_index|attn_mask)$/);
        const source = inUnits(graph, padToMultiple(graph, image, side), range);
        const shallow = layers.conv(source, 'conv_first');
        const windows = windowsOf(graph, sizeOf(graph, source), { rows: side, columns: side });
        let x = layers.layerNorm(graph.transpose(shallow, [0, 2, 3, 1]), 'patch_embed.norm');
        for (const group of groups) {
          const name = `layers.${group}`;
          const before = x;
          for (const number of weights.numbers(`${name}.residual_group.blocks.`)) {
            x = shiftedWindowBlock(layers, x, `${name}.residual_group.blocks.${number}`, windows, number % 2 === 1);
          }
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
