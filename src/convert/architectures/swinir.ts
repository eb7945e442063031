import { shuffleScale, type Architecture } from './architecture.ts';
import { Layers } from './layers.ts';
import { fromUnits, inUnits } from './ranges.ts';
import { cropLike, padToMultiple, sizeOf } from './sizes.ts';
import { shiftedWindowBlock } from './swin-block.ts';
import { groupEnd, swinRange, transformerBody } from './transformer-body.ts';
import { endOf } from './transformer-ends.ts';
import { windowsOf } from './windows.ts';

/** What depends on pairs of places in a window grows with the fourth power of its side; 8 and 7 are usual. */
const largestWindow = 32;

/**
 * SwinIR: groups of transformer blocks that attend within windows of 8 × 8, every other time shifted by half a window; four
 * ways to enlarge at the end. The picture is mirrored to whole windows and cropped again. Networks for heavily damaged pictures
 * (DiffBIR) fold it 8 × 8 into planes first.
 */
export const swinir: Architecture = {
  id: 'swinir',
  label: 'SwinIR',
  recognise: (weights) => {
    const block = 'layers.0.residual_group.blocks.0';
    const needed = [`${block}.attn.qkv.weight`, `${block}.attn.relative_position_bias_table`, `${block}.mlp.fc1.weight`];
    const first = weights.first('conv_first', 'conv_first.1');
    if (!weights.has(`${first}.weight`, ...needed)) return null;
    // HAT has the same names and more.
    if (weights.has(`${block}.conv_block.cab.0.weight`)) return null;
    const planes = weights.size(`${first}.weight`, 1);
    // What was folded is in three colours.
    const channels = first === 'conv_first' ? planes : 3;
    const folded = shuffleScale(planes, channels);
    const end = endOf(weights, channels);
    const side = (Math.sqrt(weights.size(`${block}.attn.relative_position_bias_table`, 0)) + 1) / 2;
    if (end === null || folded === 0 || !Number.isInteger(end.scale / folded) || !Number.isInteger(side) || side > largestWindow)
      return null;
    const features = weights.size(`${first}.weight`, 0);
    const scale = end.scale / folded;
    // Only the networks against JPEG artefacts have windows of 7, and they alone were trained in 0…255.
    const range = swinRange(channels, side === 7 ? 255 : 1);
    return {
      scale,
      channels,
      // Where windows begin depends on the tile.
      radius: null,
      smallest: side * folded,
      traits: `${features} channels, ${weights.numbers('layers.').length} groups, ${end.name}`,
      build: (graph, image) => {
        const layers = new Layers(graph, weights);
        weights.ignore(/\.(relative_position_index|attn_mask)$/);
        const padded = inUnits(graph, padToMultiple(graph, image, side * folded), range);
        const source = folded === 1 ? padded : graph.pixelUnshuffle(padded, folded, channels);
        const windows = windowsOf(graph, sizeOf(graph, source), { rows: side, columns: side });
        const body = transformerBody(layers, source, {
          first,
          group: (x, name) => {
            let inner = x;
            for (const number of weights.numbers(`${name}.residual_group.blocks.`)) {
              inner = shiftedWindowBlock(layers, inner, `${name}.residual_group.blocks.${number}`, windows, number % 2 === 1);
            }
            return groupEnd(layers, inner, x, name);
          },
        });
        const result = fromUnits(graph, end.build(layers, body, source), range);
        return cropLike(graph, result, image, scale);
      },
    };
  },
};
