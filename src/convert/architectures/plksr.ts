import type { GraphBuilder } from '../graph/builder.ts';
import { shuffleScale, type Architecture } from './architecture.ts';
import { dySample } from './dysample.ts';
import { Layers } from './layers.ts';
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
  const mixed = layers.conv(isReal ? graph.mish(wide) : graph.gelu(wide), `${name}.${mixer}.2`);
  const part = weights.size(`${name}.lk.conv.weight`, 0);
  const [seen = '', kept = ''] = graph.split(mixed, [part, weights.size(`${name}.refine.weight`, 1) - part]);
  let result = graph.concat([layers.conv(seen, `${name}.lk.conv`), kept]);
  if (weights.has(`${name}.attn.f.0.weight`)) result = graph.mul(result, graph.sigmoid(layers.conv(result, `${name}.attn.f.0`)));
  result = layers.conv(result, `${name}.refine`);
  return graph.add(weights.has(`${name}.norm.weight`) ? layers.groupNorm(result, `${name}.norm`, normGroups) : result, x);
}

/** Each plane `times` times, one after the other: what pixel shuffling makes the nearest-neighbour enlargement of. */
const repeated = (graph: GraphBuilder, image: string, times: number): string =>
  graph.node('Gather', [image, graph.integers(...Array.from({ length: 3 * times }, (_, index) => Math.floor(index / times)))], { axis: 1 });
