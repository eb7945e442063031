import { countOf } from '../../src/convert/graph/tensor.ts';
import { storedTensor, type StateDict } from '../../src/convert/weights/state-dict.ts';

/** Names and shapes of the weights of small networks. */

export type Shapes = Record<string, readonly number[]>;

/** Weights of nothing but zeros. */
export const zeros = (shapes: Shapes): StateDict =>
  new Map(
    Object.entries(shapes).map(([name, dims]) => {
      const read = (): Promise<Uint8Array<ArrayBuffer>> => Promise.resolve(new Uint8Array(countOf(dims) * 4));
      return [name, storedTensor('f32', dims, read)];
    }),
  );

/** The shapes of a convolution with bias. */
export const conv = (name: string, out: number, inputs: number, size = 3): Shapes => ({
  [`${name}.weight`]: [out, inputs, size, size],
  [`${name}.bias`]: [out],
});
const list = (name: string, length: number): Shapes => ({ [`${name}.weight`]: [length], [`${name}.bias`]: [length] });
const linear = (name: string, out: number, inputs: number): Shapes => ({ [`${name}.weight`]: [out, inputs], [`${name}.bias`]: [out] });
const merge = (...parts: readonly Shapes[]): Shapes => Object.assign({}, ...parts) as Shapes;

export const compact = (scale = 2, channels = 3): Shapes =>
  merge(conv('body.0', 8, channels), { 'body.1.weight': [8] }, conv('body.2', channels * scale ** 2, 8));

export const rrdb = merge(
  conv('conv_first', 8, 12),
  ...[1, 2, 3].flatMap((dense) => [1, 2, 3, 4].map((layer) => conv(`body.0.rdb${dense}.conv${layer}`, 4, 4 + 4 * layer))),
  ...[1, 2, 3].map((dense) => conv(`body.0.rdb${dense}.conv5`, 8, 24)),
  ...['conv_body', 'conv_up1', 'conv_up2', 'conv_hr'].map((name) => conv(name, 8, 8)),
  conv('conv_last', 3, 8),
);

export const swinBlock = 'layers.0.residual_group.blocks.0';
export const swinir = merge(
  conv('conv_first', 6, 3),
  list('patch_embed.norm', 6),
  list(`${swinBlock}.norm1`, 6),
  list(`${swinBlock}.norm2`, 6),
  linear(`${swinBlock}.attn.qkv`, 18, 6),
  linear(`${swinBlock}.attn.proj`, 6, 6),
  { [`${swinBlock}.attn.relative_position_bias_table`]: [225, 2], [`${swinBlock}.attn.relative_position_index`]: [64, 64] },
  linear(`${swinBlock}.mlp.fc1`, 12, 6),
  linear(`${swinBlock}.mlp.fc2`, 6, 12),
  conv('layers.0.conv', 6, 6),
  list('norm', 6),
  conv('conv_after_body', 6, 6),
  conv('upsample.0', 12, 6),
);

const spanConv = (name: string, out: number, inputs: number): Shapes =>
  merge(
    conv(`${name}.sk`, out, inputs, 1),
    conv(`${name}.conv.0`, 2 * inputs, inputs, 1),
    conv(`${name}.conv.1`, 2 * out, 2 * inputs),
    conv(`${name}.conv.2`, out, 2 * out, 1),
    conv(`${name}.eval_conv`, out, inputs),
  );
export const span = merge(
  spanConv('conv_1', 4, 3),
  ...[1, 2, 3, 4, 5, 6].flatMap((block) => ['c1_r', 'c2_r', 'c3_r'].map((part) => spanConv(`block_${block}.${part}`, 4, 4))),
  spanConv('conv_2', 4, 4),
  conv('conv_cat', 4, 16, 1),
  conv('upsampler.0', 48, 4),
);
