import type { GraphBuilder } from '../graph/builder.ts';
import { evenly, shuffleScale, type Architecture } from './architecture.ts';
import { Layers } from './layers.ts';
import { sizeOf } from './sizes.ts';
import type { Weights } from './weights.ts';

/**
 * PLKSR, partial large kernels: each block mixes channels, applies a 17 × 17 convolution to a quarter of them, weighs each
 * element (`attn`, not always) and refines. `feats.0` and the last are plain convolutions, the blocks stand between them.
 * The authors spell the mixer `channe_mixer`; their three kinds differ in kernels only.
 */
export const plksr: Architecture = {
  id: 'plksr',
  label: 'PLKSR',
  recognise: (weights) => recognise(weights, 'channe_mixer'),
};

/**
 * RealPLKSR (neosr), the form that people train for real photographs: another activation, and each block's result is
 * normalised over the whole tile in four groups of channels, or instead its input over the channels of each pixel. Some end in
 * DySample instead of pixel shuffling.
 */
export const realPlksr: Architecture = {
  id: 'realplksr',
  label: 'RealPLKSR',
  recognise: (weights) => recognise(weights, 'channel_mixer'),
};

/** The number of groups cannot be read from the weights; nobody has changed it. */
const normGroups = 4;

function recognise(weights: Weights, mixer: string): ReturnType<Architecture['recognise']> {
  const first = `feats.1.${mixer}`;
  if (!weights.has('feats.0.weight', `${first}.0.weight`, `${first}.2.weight`, 'feats.1.lk.conv.weight', 'feats.1.refine.weight'))
    return null;
  const parts = weights.numbers('feats.').filter((part) => weights.has(`feats.${part}.lk.conv.weight`));
  const last = `feats.${weights.numbers('feats.').at(-1)}`;
  const scale = shuffleScale(weights.size(`${last}.weight`, 0), 3);
  if (weights.size('feats.0.weight', 1) !== 3 || scale === 0) return null;
  const kernels = [`${first}.0.weight`, `${first}.2.weight`, 'feats.1.lk.conv.weight', 'feats.1.attn.f.0.weight'];
  const blockRadius = kernels.reduce((sum, name) => sum + Math.floor(weights.size(name, 2) / 2), 0);
  const samples = weights.has('to_img.offset.weight');
  return {
    scale,
    channels: 3,
    radius: samples || weights.has('feats.1.norm.weight') ? null : parts.length * blockRadius + 2,
    smallest: 1,
    traits: `${weights.size('feats.0.weight', 0)} channels, ${parts.length} blocks${samples ? ', DySample' : ''}`,
    build: (graph, image) => {
      const layers = new Layers(graph, weights);
      let x = layers.conv(image, 'feats.0');
      for (const part of parts) x = block(layers, x, `feats.${part}`, mixer);
      const detail = layers.conv(x, last);
      if (!samples) return graph.add(graph.depthToSpace(detail, scale), graph.resizeNearest(image, scale));
      return dySample(layers, graph.add(detail, repeated(graph, image, scale ** 2)), 'to_img', scale);
    },
  };
}

function block(layers: Layers, x: string, name: string, mixer: string): string {
  const { graph, weights } = layers;
  const isReal = mixer === 'channel_mixer';
  const normal = weights.has(`${name}.layer_norm.weight`) ? layers.channelNorm(x, `${name}.layer_norm`) : x;
  const wide = layers.conv(normal, `${name}.${mixer}.0`);
  const mixed = layers.conv(isReal ? mish(graph, wide) : graph.gelu(wide), `${name}.${mixer}.2`);
  const part = weights.size(`${name}.lk.conv.weight`, 0);
  const [seen = '', kept = ''] = graph.split(mixed, [part, weights.size(`${name}.refine.weight`, 1) - part]);
  let result = graph.concat([layers.conv(seen, `${name}.lk.conv`), kept]);
  if (weights.has(`${name}.attn.f.0.weight`)) result = graph.mul(result, graph.sigmoid(layers.conv(result, `${name}.attn.f.0`)));
  result = layers.conv(result, `${name}.refine`);
  return graph.add(weights.has(`${name}.norm.weight`) ? layers.groupNorm(result, `${name}.norm`, normGroups) : result, x);
}

/**
 * Mish, x · tanh(ln(1 + eˣ)), as x · n / (n + 2) with n = eˣ (eˣ + 2): onnxruntime's Softplus took a quarter of the network's
 * time. Beyond 20 the quotient is 1 in 32 bits.
 */
function mish(graph: GraphBuilder, x: string): string {
  const power = graph.node('Exp', [graph.node('Min', [x, 20])]);
  const n = graph.mul(power, graph.add(power, 2));
  return graph.mul(x, graph.div(n, graph.add(n, 2)));
}

/** Each plane `times` times, one after the other: what pixel shuffling makes the nearest-neighbour enlargement of. */
const repeated = (graph: GraphBuilder, image: string, times: number): string =>
  graph.node('Gather', [image, graph.integers(...Array.from({ length: 3 * times }, (_, index) => Math.floor(index / times)))], { axis: 1 });

/**
 * DySample (arXiv 2308.15085), an upsampler that learns where to look: result pixels are read from the source between its
 * pixels, each group of channels at places of its own; a last 1 × 1 convolution (`end_conv`) makes the colours.
 */
function dySample(layers: Layers, x: string, name: string, scale: number): string {
  const { graph, weights } = layers;
  const channels = weights.size(`${name}.offset.weight`, 1);
  const groups = evenly(weights.size(`${name}.offset.weight`, 0), 2 * scale ** 2);
  const scope = graph.mul(graph.sigmoid(layers.conv(x, `${name}.scope`)), 0.5);
  const offsets = graph.add(graph.mul(layers.conv(x, `${name}.offset`), scope), layers.weights.tensor(`${name}.init_pos`));

  // Where the centres of the source pixels are, plus the offsets, as grid_sample counts: -1 … 1 across the picture.
  const size = sizeOf(graph, x);
  const [height = '', width = ''] = graph.split(size, [1, 1], 0);
  const perAxis = graph.reshape(offsets, graph.concat([graph.integers(2, groups * scale ** 2), size], 0));
  const [across = '', down = ''] = graph.split(perAxis, [1, 1], 0);
  const placed = [
    { part: across, length: width, dims: [1, 1, 1, -1] },
    { part: down, length: height, dims: [1, 1, -1, 1] },
  ].map(({ part, length, dims }) => {
    const count = graph.cast(length, 1);
    const scalar = graph.node('Squeeze', [count, graph.integers(0)]);
    const steps = graph.node('Range', [0, scalar, 1]);
    const centres = graph.add(graph.reshape(steps, dims), 0.5);
    return graph.sub(graph.mul(graph.div(graph.add(part, centres), count), 2), 1);
  });

  const shuffled = graph.depthToSpace(graph.reshape(graph.concat(placed, 0), graph.concat([graph.integers(1, -1), size], 0)), scale);
  const large = sizeOf(graph, shuffled);
  const grid = graph.transpose(graph.reshape(shuffled, graph.concat([graph.integers(2, groups), large], 0)), [1, 2, 3, 0]);
  const source = graph.reshape(x, graph.concat([graph.integers(groups, evenly(channels, groups)), size], 0));
  const sampled = graph.node('GridSample', [source, grid], { mode: 'bilinear', padding_mode: 'border', align_corners: 0 });
  const picture = graph.reshape(sampled, graph.concat([graph.integers(1, channels), large], 0));
  return weights.has(`${name}.end_conv.weight`) ? layers.conv(picture, `${name}.end_conv`) : picture;
}
