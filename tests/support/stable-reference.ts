import type { AutoencoderConfig, UnetConfig } from '../../src/convert/diffusion/config.ts';
import type { Embedding } from '../../src/convert/diffusion/embedding.ts';
import * as plain from './plain-layers.ts';
import type { Matrix, Picture, PlainWeights } from './plain-layers.ts';

/**
 * Stable Diffusion's networks as they read on paper, number by number, to compare graphs with. A mistake is something that
 * implementations were seen to get wrong; made on purpose it shows that comparing would notice it.
 */
export type UnetMistake =
  | 'heads as wide as their number'
  | 'sines before cosines'
  | 'frequencies that end at 1 / 10,000'
  | 'no silu before the time is projected'
  | 'skipped planes before the others'
  | 'the gate of GEGLU first'
  | 'GELU by tanh'
  | 'scores that are not scaled'
  | 'norms of the transformer left out';

export type AutoencoderMistake =
  'padding on all sides' | 'a bias that is padded, too' | 'the variance for the mean' | 'quant_conv left out';

interface UnetInputs {
  readonly weights: PlainWeights;
  readonly config: UnetConfig;
  readonly timestep: number;
  readonly embedding: Embedding;
}

export function plainUnet(latent: Picture, inputs: UnetInputs, mistake: UnetMistake | null = null): Picture {
  const { weights, config } = inputs;
  const { channels, heads, depth, groups, epsilon } = config;
  const time = timeOf(inputs, mistake);
  const resnet = (x: Picture, name: string): Picture => plain.resnet(x, name, weights, { groups, epsilon, time });
  const stage = (x: Picture, block: string, index: number, count: number | null): Picture => {
    const y = resnet(x, `${block}.resnets.${index}`);
    return count === null ? y : transformer(y, `${block}.attentions.${index}`, count, inputs, mistake);
  };
  let x = plain.conv(latent, 'conv_in', weights);
  const skips = [x];
  for (const [level, count] of heads.entries()) {
    for (let index = 0; index < depth; index += 1) skips.push((x = stage(x, `down_blocks.${level}`, index, count)));
    if (level === channels.length - 1) continue;
    skips.push((x = plain.conv(x, `down_blocks.${level}.downsamplers.0.conv`, weights, { stride: 2 })));
  }
  x = resnet(stage(x, 'mid_block', 0, config.middleHeads), 'mid_block.resnets.1');
  for (const [level, count] of heads.toReversed().entries()) {
    const block = `up_blocks.${level}`;
    for (let index = 0; index <= depth; index += 1) {
      const skip = skips.pop();
      if (skip === undefined) throw new Error('too few skips');
      x = stage(mistake === 'skipped planes before the others' ? plain.joined(skip, x) : plain.joined(x, skip), block, index, count);
    }
    if (level < channels.length - 1) x = plain.conv(plain.doubled(x), `${block}.upsamplers.0.conv`, weights);
  }
  return plain.conv(plain.silu(plain.groupNorm(x, 'conv_norm_out', weights, groups, epsilon)), 'conv_out', weights);
}

/** silu of the step's embedding: what a ResNet projects. */
function timeOf({ weights, config, timestep }: UnetInputs, mistake: UnetMistake | null): Matrix {
  const size = config.channels[0] ?? 0;
  const half = size / 2;
  const frequency = (index: number): number =>
    Math.exp((-Math.log(10_000) * index) / (mistake === 'frequencies that end at 1 / 10,000' ? half - 1 : half));
  const angles = Array.from({ length: half }, (_, index) => timestep * frequency(index));
  const [cosines, sines] = [angles.map(Math.cos), angles.map(Math.sin)];
  const waves = mistake === 'sines before cosines' ? [...sines, ...cosines] : [...cosines, ...sines];
  const first = plain.siluRows(plain.linear([waves], 'time_embedding.linear_1', weights));
  const second = plain.linear(first, 'time_embedding.linear_2', weights);
  return mistake === 'no silu before the time is projected' ? second : plain.siluRows(second);
}

function transformer(x: Picture, name: string, count: number, inputs: UnetInputs, mistake: UnetMistake | null): Picture {
  const { weights, config, embedding } = inputs;
  const block = `${name}.transformer_blocks.0`;
  const context = plain.rowsOf(embedding.values, embedding.width);
  const heads = mistake === 'heads as wide as their number' ? x.channels / count : count;
  const scaled = mistake !== 'scores that are not scaled';
  const attended = (rows: Matrix, seen: Matrix, part: string): Matrix => {
    const [query, key, value] = [rows, seen, seen].map((from, index) =>
      plain.linear(from, `${block}.${part}.${['to_q', 'to_k', 'to_v'][index] ?? ''}`, weights),
    ) as [Matrix, Matrix, Matrix];
    return plain.linear(plain.attention(query, key, value, heads, scaled), `${block}.${part}.to_out.0`, weights);
  };
  const isBare = mistake === 'norms of the transformer left out';
  const normal = (rows: Matrix, part: string): Matrix => (isBare ? rows : plain.layerNorm(rows, `${block}.${part}`, weights));
  let h = plain.linear(plain.tokens(plain.groupNorm(x, `${name}.norm`, weights, config.groups, 1e-6)), `${name}.proj_in`, weights);
  const first = normal(h, 'norm1');
  h = plain.sum(h, attended(first, first, 'attn1'));
  h = plain.sum(h, attended(normal(h, 'norm2'), context, 'attn2'));
  const wide = plain.linear(normal(h, 'norm3'), `${block}.ff.net.0.proj`, weights);
  const gated = wide.map((row) => {
    const halves = [row.slice(0, row.length / 2), row.slice(row.length / 2)];
    const [value = [], gate = []] = mistake === 'the gate of GEGLU first' ? halves.reverse() : halves;
    return value.map((number, index) => number * plain.gelu(gate[index] ?? 0, mistake === 'GELU by tanh'));
  });
  h = plain.sum(h, plain.linear(gated, `${block}.ff.net.2`, weights));
  return plain.added(x, plain.picture(plain.linear(h, `${name}.proj_out`, weights), x.side));
}

/** The posterior's mean, not scaled. */
export function plainEncoder(
  image: Picture,
  weights: PlainWeights,
  config: AutoencoderConfig,
  mistake: AutoencoderMistake | null = null,
): Picture {
  const { channels, depth, groups, latentChannels } = config;
  let x = plain.conv(image, 'encoder.conv_in', weights);
  for (const level of channels.keys()) {
    const block = `encoder.down_blocks.${level}`;
    for (let index = 0; index < depth; index += 1) x = plain.resnet(x, `${block}.resnets.${index}`, weights, { groups, epsilon: 1e-6 });
    if (level === channels.length - 1) continue;
    const before = mistake === 'padding on all sides' ? 1 : 0;
    x = plain.conv(x, `${block}.downsamplers.0.conv`, weights, { stride: 2, before, after: 1 });
  }
  x = plain.silu(plain.groupNorm(middle(x, 'encoder.mid_block', weights, groups), 'encoder.conv_norm_out', weights, groups, 1e-6));
  const moments = plain.conv(x, 'encoder.conv_out', weights);
  const mixed = mistake === 'quant_conv left out' ? moments : plain.conv(moments, 'quant_conv', weights, { before: 0, after: 0 });
  return plain.planesFrom(mixed, mistake === 'the variance for the mean' ? latentChannels : 0, latentChannels);
}

/** @param latent not scaled */
export function plainDecoder(
  latent: Picture,
  weights: PlainWeights,
  config: AutoencoderConfig,
  mistake: AutoencoderMistake | null = null,
): Picture {
  const { channels, depth, groups } = config;
  const bare = plain.conv(latent, 'post_quant_conv', weights, { before: 0, after: 0 });
  let x =
    mistake === 'a bias that is padded, too'
      ? plain.conv(bare, 'decoder.conv_in', weights, { filling: plain.listOf(weights, 'post_quant_conv.bias') })
      : plain.conv(bare, 'decoder.conv_in', weights);
  x = middle(x, 'decoder.mid_block', weights, groups);
  for (const level of channels.keys()) {
    const block = `decoder.up_blocks.${level}`;
    for (let index = 0; index <= depth; index += 1) x = plain.resnet(x, `${block}.resnets.${index}`, weights, { groups, epsilon: 1e-6 });
    if (level < channels.length - 1) x = plain.conv(plain.doubled(x), `${block}.upsamplers.0.conv`, weights);
  }
  return plain.conv(plain.silu(plain.groupNorm(x, 'decoder.conv_norm_out', weights, groups, 1e-6)), 'decoder.conv_out', weights);
}

function middle(x: Picture, name: string, weights: PlainWeights, groups: number): Picture {
  const first = plain.resnet(x, `${name}.resnets.0`, weights, { groups, epsilon: 1e-6 });
  const attention = `${name}.attentions.0`;
  const rows = plain.tokens(plain.groupNorm(first, `${attention}.group_norm`, weights, groups, 1e-6));
  const [query, key, value] = ['to_q', 'to_k', 'to_v'].map((part) => plain.linear(rows, `${attention}.${part}`, weights)) as [
    Matrix,
    Matrix,
    Matrix,
  ];
  const mixed = plain.linear(plain.attention(query, key, value, 1), `${attention}.to_out.0`, weights);
  return plain.resnet(plain.added(first, plain.picture(mixed, first.side)), `${name}.resnets.1`, weights, { groups, epsilon: 1e-6 });
}
