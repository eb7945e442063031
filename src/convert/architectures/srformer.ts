import type { Architecture } from './architecture.ts';
import { Layers } from './layers.ts';
import { fromUnits, inUnits } from './ranges.ts';
import { convolvedLayers } from './convolved-layers.ts';
import { cropLike, padToMultiple, sizeOf } from './sizes.ts';
import { groupEnd, swinRange, transformerBody } from './transformer-body.ts';
import { endOf } from './transformer-ends.ts';
import { cutWindows, joinWindows, permutedMask, permutedScores, roll, windowAttention, windowsOf, type Windows } from './windows.ts';

const largestWindow = 48;

/**
 * SRFormer: SwinIR with large windows, whose keys and values are narrowed and folded 2 × 2, so that each pixel looks at a quarter of the
 * places; and a convolution between the two layers on each pixel.
 */
export const srformer: Architecture = {
  id: 'srformer',
  label: 'SRFormer',
  recognise: (weights) => {
    const block = 'layers.0.residual_group.blocks.0';
    const table = `${block}.attn.relative_position_bias_table`;
    if (!weights.has('conv_first.weight', table, `${block}.attn.q.weight`, `${block}.attn.kv.weight`)) return null;
    const channels = weights.size('conv_first.weight', 1);
    const end = endOf(weights, channels);
    const side = Math.sqrt(weights.size(table, 0)) + 1;
    if (end === null || !Number.isInteger(side) || side % 2 !== 0 || side > largestWindow) return null;
    const range = swinRange(channels);
    return {
      scale: end.scale,
      channels,
      radius: null,
      smallest: side,
      traits: `${weights.size('conv_first.weight', 0)} channels, ${weights.numbers('layers.').length} groups, ${end.name}`,
      build: (graph, image) => {
        const layers = new Layers(graph, weights);
        // Networks for pictures of one window have none that are shifted, and no mask for them.
        const shifts = weights.has('layers.0.residual_group.blocks.1.attn_mask');
        weights.ignore(/\.(aligned_relative_position_index|attn_mask)$/);
        const source = inUnits(graph, padToMultiple(graph, image, side), range);
        const windows = windowsOf(graph, sizeOf(graph, source), { rows: side, columns: side });
        const mask = permutedMask(graph, windows);
        const body = transformerBody(layers, source, {
          group: (x, name) => {
            let inner = x;
            for (const number of weights.numbers(`${name}.residual_group.blocks.`)) {
              const seen = shifts && number % 2 === 1 ? mask : null;
              inner = permutedBlock(layers, inner, `${name}.residual_group.blocks.${number}`, windows, seen);
            }
            return groupEnd(layers, inner, x, name);
          },
        });
        return cropLike(graph, fromUnits(graph, end.build(layers, body, source), range), image, end.scale);
      },
    };
  },
};

/** @param x [1, H, W, C]  @param mask of shifted windows; null where they are not */
function permutedBlock(layers: Layers, x: string, name: string, windows: Windows, mask: string | null): string {
  const { graph, weights } = layers;
  const [channels, half] = [weights.size(`${name}.attn.q.weight`, 0), windows.rows / 2];
  const shift = mask === null ? 0 : half;
  const normal = layers.layerNorm(x, `${name}.norm1`);
  const cut = cutWindows(graph, mask === null ? normal : roll(graph, normal, -shift, -shift), windows, channels);
  const narrow = graph.reshape(layers.linear(cut, `${name}.attn.kv`), [-1, half, 2, half, 2, 2, channels / 4]);
  // The four places of a cell become the channels of one.
  const folded = graph.reshape(graph.transpose(narrow, [0, 1, 3, 5, 2, 4, 6]), [-1, half ** 2, 2 * channels]);
  const [key = '', value = ''] = graph.split(folded, [channels, channels], 2);
  const table = `${name}.attn.relative_position_bias_table`;
  const position = permutedScores(graph, `${name}.position`, weights.tensor(table, 2), windows.rows);
  const attended = windowAttention(graph, [layers.linear(cut, `${name}.attn.q`), key, value], {
    area: windows.rows ** 2,
    seenArea: half ** 2,
    heads: weights.size(table, 1),
    channels,
    scores: mask === null ? [position] : [position, mask],
  });
  const seen = joinWindows(graph, layers.linear(attended, `${name}.attn.proj`), windows);
  const sum = graph.add(x, mask === null ? seen : roll(graph, seen, shift, shift));
  return graph.add(sum, convolvedLayers(layers, layers.layerNorm(sum, `${name}.norm2`), `${name}.mlp`));
}
