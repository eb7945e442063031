import type { Architecture } from './architecture.ts';
import { Layers } from './layers.ts';
import { fromUnits, inUnits } from './ranges.ts';
import { cropLike, padToMultiple, sizeOf } from './sizes.ts';
import { shiftedWindowBlock } from './swin-block.ts';
import { swinRange, transformerBody } from './transformer-body.ts';
import { endOf } from './transformer-ends.ts';
import { windowsOf, type Windows } from './windows.ts';

const largestWindow = 32;
const blocks = [1, 2, 3, 4, 5];

/** DRCT, the dense residual connected transformer: groups of five blocks of Swin, each of which sees the results of all before it. */
export const drct: Architecture = {
  id: 'drct',
  label: 'DRCT',
  recognise: (weights) => {
    const table = 'layers.0.swin1.attn.relative_position_bias_table';
    const needed = blocks.flatMap((block) => [`layers.0.swin${block}.attn.qkv.weight`, `layers.0.adjust${block}.weight`]);
    if (!weights.has('conv_first.weight', table, ...needed)) return null;
    const channels = weights.size('conv_first.weight', 1);
    const end = endOf(weights, channels);
    const side = (Math.sqrt(weights.size(table, 0)) + 1) / 2;
    if (end === null || !Number.isInteger(side) || side > largestWindow) return null;
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
        const shifts = weights.has('layers.0.swin2.attn_mask');
        weights.ignore(/\.(relative_position_index|attn_mask)$/);
        const source = inUnits(graph, padToMultiple(graph, image, side), range);
        const windows = windowsOf(graph, sizeOf(graph, source), { rows: side, columns: side });
        const body = transformerBody(layers, source, { group: (x, name) => denseGroup(layers, x, name, windows, shifts) });
        return cropLike(graph, fromUnits(graph, end.build(layers, body, source), range), image, end.scale);
      },
    };
  },
};

/** @param x [1, H, W, C] */
function denseGroup(layers: Layers, x: string, name: string, windows: Windows, shifts: boolean): string {
  const { graph } = layers;
  const seen = [x];
  for (const block of blocks) {
    const input = seen.length === 1 ? x : graph.concat(seen, 3);
    const attended = shiftedWindowBlock(layers, input, `${name}.swin${block}`, windows, shifts && block % 2 === 0);
    const adjusted = layers.conv(graph.transpose(attended, [0, 3, 1, 2]), `${name}.adjust${block}`);
    seen.push(graph.transpose(block < blocks.length ? graph.leakyRelu(adjusted, 0.2) : adjusted, [0, 2, 3, 1]));
  }
  return graph.add(graph.mul(seen.at(-1) ?? x, 0.2), x);
}
