import { floats } from '../graph/tensor.ts';
import { shuffleScale, type Architecture } from './architecture.ts';
import { mergedConvolution } from './conv3xc.ts';
import { Layers } from './layers.ts';
import { inUnits, rgbMean } from './ranges.ts';
import type { Weights } from './weights.ts';

/**
 * SPAN, the parameter-free attention network: blocks of three convolutions whose result, through a sigmoid, weighs itself.
 * In files from training a convolution is a chain of three beside a shortcut; in fused files it is one.
 */
export const span: Architecture = {
  id: 'span',
  label: 'SPAN',
  recognise: (weights) => {
    if (!weights.has('conv_cat.weight', 'upsampler.0.weight') || !hasConvolution(weights, 'conv_1', 'block_1.c1_r')) return null;
    const blocks = blocksOf(weights);
    const channels = convolutionSize(weights, 'conv_1', 1);
    const features = convolutionSize(weights, 'conv_1', 0);
    const scale = shuffleScale(weights.size('upsampler.0.weight', 0), channels);
    if (scale === 0 || weights.size('conv_cat.weight', 1) !== 4 * features) return null;
    return {
      scale,
      channels,
      radius: 3 * blocks + 3,
      smallest: 1,
      traits: `${features} channels, ${blocks} blocks`,
      build: async (graph, image) => {
        const layers = new Layers(graph, weights);
        // A buffer of that name says that the pictures are taken as they are.
        const bare = weights.has('no_norm');
        weights.ignore(/^no_norm$/);
        const source = bare ? image : inUnits(graph, image, { white: 255, mean: channels === 3 ? rgbMean : [0] });
        const shallow = await convolution(layers, source, 'conv_1');
        let x = shallow;
        let first = shallow;
        let inner = shallow;
        for (let block = 1; block <= blocks; block += 1) {
          ({ x, inner } = await attentionBlock(layers, x, `block_${block}`));
          if (block === 1) first = x;
        }
        const deep = await convolution(layers, x, 'conv_2');
        const gathered = layers.conv(graph.concat([shallow, deep, first, inner]), 'conv_cat');
        return graph.depthToSpace(layers.conv(gathered, 'upsampler.0'), scale);
      },
    };
  },
};

/**
 * SPANF, a smaller one that comes fused: the first block widens the source, and a convolution that repeats each pixel stands
 * in for the enlarged source.
 */
export const spanF: Architecture = {
  id: 'spanf',
  label: 'SPANF',
  recognise: (weights) => {
    if (!weights.has('conv_near.weight', 'conv_cat.weight') || !hasConvolution(weights, 'block_1.c1_r', 'conv_2')) return null;
    const blocks = blocksOf(weights);
    const channels = convolutionSize(weights, 'block_1.c1_r', 1);
    const features = convolutionSize(weights, 'block_1.c3_r', 0);
    const scale = shuffleScale(convolutionSize(weights, 'conv_2', 0), channels);
    if (scale === 0 || weights.size('conv_cat.weight', 1) !== channels * scale ** 2 + 2 * features) return null;
    return {
      scale,
      channels,
      radius: 3 * blocks + 1,
      smallest: 1,
      traits: `${features} channels, ${blocks} blocks`,
      build: async (graph, image) => {
        const layers = new Layers(graph, weights);
        const repeated = layers.conv(image, 'conv_near', { groups: channels });
        let x = image;
        let first = image;
        for (let block = 1; block <= blocks; block += 1) {
          ({ x } = await attentionBlock(layers, x, `block_${block}`, block === 1));
          if (block === 1) first = x;
        }
        const gathered = layers.conv(graph.concat([repeated, x, first]), 'conv_cat');
        return graph.depthToSpace(await convolution(layers, gathered, 'conv_2'), scale);
      },
    };
  },
};

const blocksOf = (weights: Weights): number => {
  let blocks = 0;
  while (hasConvolution(weights, `block_${blocks + 1}.c1_r`)) blocks += 1;
  return blocks;
};

/** @returns the block's result, and what its first convolution gives after the activation */
async function attentionBlock(layers: Layers, source: string, name: string, widens = false): Promise<{ x: string; inner: string }> {
  const { graph } = layers;
  const inner = graph.silu(await convolution(layers, source, `${name}.c1_r`));
  const middle = graph.silu(await convolution(layers, inner, `${name}.c2_r`));
  const last = await convolution(layers, middle, `${name}.c3_r`);
  if (widens) return { x: last, inner };
  const attention = graph.sub(graph.sigmoid(last), 0.5);
  return { x: graph.mul(graph.add(last, source), attention), inner };
}

const hasConvolution = (weights: Weights, ...names: string[]): boolean =>
  names.every((name) => weights.has(`${name}.sk.weight`) || weights.has(`${name}.eval_conv.weight`));

const convolutionSize = (weights: Weights, name: string, axis: number): number =>
  weights.size(`${weights.first(`${name}.sk`, `${name}.eval_conv`)}.weight`, axis);

/** The chain of training merged into one 3 × 3 convolution; what a file has of an earlier merging is out of date. */
async function convolution(layers: Layers, x: string, name: string): Promise<string> {
  const { graph, weights } = layers;
  if (!weights.has(`${name}.sk.weight`)) return layers.conv(x, `${name}.eval_conv`);
  weights.ignore(new RegExp(`^${name.replaceAll('.', '[.]')}[.]eval_conv[.](weight|bias)$`));
  const { weight, bias, dims } = await mergedConvolution(weights, name);
  return graph.conv(x, name, floats(dims, weight), floats([bias.length], bias));
}
