import { shuffleScale, type Architecture } from './architecture.ts';
import { enhancedSpatialAttention } from './esa.ts';
import { Layers } from './layers.ts';
import { gridOf, pixelAttention, regionAttention, type Grid } from './omnisr-attention.ts';
import { cropLike, padToMultiple, sizeOf } from './sizes.ts';
import type { Weights } from './weights.ts';

/** Where the weights do not tell it; all published networks have it. */
const usualWindow = 8;
const largestWindow = 32;

/**
 * OmniSR: groups of blocks in which pixels attend to one another and channels do, first within windows, then across the grid
 * of the places with the same position in their windows.
 */
export const omniSr: Architecture = {
  id: 'omnisr',
  label: 'OmniSR',
  recognise: (weights) => {
    const block = 'residual_layer.0.residual_layer.0.layer';
    if (!weights.has('input.weight', 'output.weight', `${block}.0.fn.0.weight`, `${block}.2.fn.to_qkv.weight`)) return null;
    const channels = weights.size('input.weight', 1);
    const scale = shuffleScale(weights.size('up.0.weight', 0), channels);
    const side = windowOf(weights, `${block}.2.fn.rel_pos_bias.weight`);
    if (scale === 0 || !Number.isInteger(side) || side > largestWindow) return null;
    const groups = weights.numbers('residual_layer.');
    return {
      scale,
      channels,
      radius: null,
      // The attention at the end of each group takes 15, and the picture is filled up to whole windows.
      smallest: side >= 15 ? 1 : side + 1,
      traits: `${weights.size('input.weight', 0)} channels, ${groups.length} groups`,
      build: (graph, image) => {
        const layers = new Layers(graph, weights);
        weights.ignore(/(\.rel_pos_indices|total_ops|total_params)$/);
        const source = padToMultiple(graph, image, side, 'constant');
        const shallow = layers.conv(source, 'input');
        const grid = gridOf(graph, sizeOf(graph, source), side);
        let x = shallow;
        for (const group of groups) x = omniGroup(layers, x, `residual_layer.${group}`, grid);
        const deep = graph.add(layers.conv(x, 'output'), shallow);
        return cropLike(graph, graph.depthToSpace(layers.conv(deep, 'up.0'), scale), image, scale);
      },
    };
  },
};

const windowOf = (weights: Weights, table: string): number =>
  weights.has(table) ? (Math.sqrt(weights.size(table, 0)) + 1) / 2 : usualWindow;

/** Blocks, the last part a 1 × 1 convolution, a shortcut around them, and an attention. */
function omniGroup(layers: Layers, x: string, name: string, grid: Grid): string {
  const parts = layers.weights.numbers(`${name}.residual_layer.`).map((part) => `${name}.residual_layer.${part}`);
  const last = parts.pop() ?? '';
  const inner = parts.reduce((result, part) => omniBlock(layers, result, `${part}.layer`, grid), x);
  return enhancedSpatialAttention(layers, layers.graph.add(layers.conv(inner, last), x), `${name}.esa`);
}

function omniBlock(layers: Layers, source: string, name: string, grid: Grid): string {
  let x = squeezedBlock(layers, source, `${name}.0.fn`);
  x = pixelAttention(layers, x, `${name}.2`, grid, 'within windows');
  x = gatedConvolution(layers, x, `${name}.4`);
  x = regionAttention(layers, x, `${name}.5`, grid, 'within windows');
  x = gatedConvolution(layers, x, `${name}.6`);
  x = pixelAttention(layers, x, `${name}.8`, grid, 'across windows');
  x = gatedConvolution(layers, x, `${name}.10`);
  x = regionAttention(layers, x, `${name}.11`, grid, 'across windows');
  return gatedConvolution(layers, x, `${name}.12`);
}

/** The block of MobileNet with a weight for each channel (squeeze and excitation), and a shortcut. */
function squeezedBlock(layers: Layers, x: string, name: string): string {
  const { graph, weights } = layers;
  const spread = graph.gelu(layers.depthwise(graph.gelu(layers.conv(x, `${name}.0`)), `${name}.2`));
  // The two linear layers are 1 × 1 convolutions of the one pixel that is left.
  const linear = (value: string, part: string): string => {
    const weight = weights.tensor(`${name}.4.gate.${part}.weight`, 2);
    return graph.conv(value, `${name}.4.gate.${part}`, { ...weight, dims: [...weight.dims, 1, 1] });
  };
  const weighing = graph.sigmoid(linear(graph.silu(linear(graph.globalAveragePool(spread), '1')), '3'));
  return graph.add(layers.conv(graph.mul(spread, weighing), `${name}.5`), x);
}

/** With normalised input and a shortcut: one half of the channels weighs the other. */
function gatedConvolution(layers: Layers, x: string, name: string): string {
  const { graph, weights } = layers;
  const half = weights.size(`${name}.fn.project_out.weight`, 1);
  const spread = layers.depthwise(layers.conv(layers.channelNorm(x, `${name}.norm`), `${name}.fn.project_in`), `${name}.fn.dwconv`);
  const [gate = '', weighed = ''] = graph.split(spread, [half, half]);
  return graph.add(layers.conv(graph.mul(graph.gelu(gate), weighed), `${name}.fn.project_out`), x);
}
