import { shuffleScale, type Architecture } from './architecture.ts';
import { Layers } from './layers.ts';
import { fromUnits, inUnits, rgbMean } from './ranges.ts';
import { cropLike, padToMultiple } from './sizes.ts';
import { shiftedWindowBlock } from './swin-block.ts';
import { windowsOf } from './swin-windows.ts';
import type { Weights } from './weights.ts';

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
      traits: `${String(features)} channels, ${String(groups.length)} groups, ${end.name}`,
      build: (graph, image) => {
        const layers = new Layers(graph, weights);
        weights.ignore(/\.(relative_position_index|attn_mask)$/);
        const source = inUnits(graph, padToMultiple(graph, image, side), range);
        const shallow = layers.conv(source, 'conv_first');
        const windows = windowsOf(graph, shallow, side, features);
        let x = layers.layerNorm(graph.transpose(shallow, [0, 2, 3, 1]), 'patch_embed.norm');
        for (const group of groups) {
          const name = `layers.${String(group)}`;
          const before = x;
          for (const number of weights.numbers(`${name}.residual_group.blocks.`)) {
            x = shiftedWindowBlock(layers, x, `${name}.residual_group.blocks.${String(number)}`, windows, number % 2 === 1);
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

/** One convolution, or three with a narrow one between. */
function residualConvolutions(layers: Layers, x: string, name: string): string {
  if (layers.weights.has(`${name}.weight`)) return layers.conv(x, name);
  const narrow = layers.graph.leakyRelu(layers.conv(x, `${name}.0`), 0.2);
  return layers.conv(layers.graph.leakyRelu(layers.conv(narrow, `${name}.2`), 0.2), `${name}.4`);
}

interface End {
  /** As the authors call it. */
  readonly name: string;
  readonly scale: number;
  build(layers: Layers, body: string, source: string): string;
}

/** How the network enlarges, or null where it does in a way of its own. */
function endOf(weights: Weights): End | null {
  if (weights.has('conv_before_upsample.0.weight', 'conv_up1.weight', 'conv_hr.weight')) return nearestEnd(weights);
  if (weights.has('conv_before_upsample.0.weight', 'upsample.0.weight')) return shuffleEnd(weights);
  if (weights.has('upsample.0.weight')) {
    const scale = shuffleScale(weights.size('upsample.0.weight', 0), weights.size('conv_first.weight', 1));
    const build: End['build'] = (layers, body) => layers.graph.depthToSpace(layers.conv(body, 'upsample.0'), scale);
    return scale === 0 ? null : { name: 'pixelshuffledirect', scale, build };
  }
  if (!weights.has('conv_last.weight')) return null;
  return { name: 'same size', scale: 1, build: (layers, body, source) => layers.graph.add(source, layers.conv(body, 'conv_last')) };
}

/** nearest+conv: for real photographs. */
function nearestEnd(weights: Weights): End {
  const ups = [1, 2, 3].map((number) => `conv_up${String(number)}`).filter((name) => weights.has(`${name}.weight`));
  const build: End['build'] = (layers, body) => {
    const { graph } = layers;
    let x = beforeUpsample(layers, body);
    for (const up of ups) x = graph.leakyRelu(layers.conv(graph.resizeNearest(x, 2), up), 0.2);
    return layers.conv(graph.leakyRelu(layers.conv(x, 'conv_hr'), 0.2), 'conv_last');
  };
  return { name: 'nearest+conv', scale: 2 ** ups.length, build };
}

/** pixelshuffle: classical super-resolution, by twos or by three. */
function shuffleEnd(weights: Weights): End | null {
  const steps = weights.numbers('upsample.').map((number) => {
    const name = `upsample.${String(number)}`;
    return { name, scale: shuffleScale(weights.size(`${name}.weight`, 0), weights.size(`${name}.weight`, 1)) };
  });
  const scale = steps.reduce((product, step) => product * step.scale, 1);
  const build: End['build'] = (layers, body) => {
    let x = beforeUpsample(layers, body);
    for (const step of steps) x = layers.graph.depthToSpace(layers.conv(x, step.name), step.scale);
    return layers.conv(x, 'conv_last');
  };
  return scale === 0 ? null : { name: 'pixelshuffle', scale, build };
}

const beforeUpsample = (layers: Layers, body: string): string => layers.graph.leakyRelu(layers.conv(body, 'conv_before_upsample.0'), 0.01);
