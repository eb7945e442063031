import type { AutoencoderConfig } from './config.ts';
import { latentFactor } from './config.ts';
import { Layers, type ConvolutionOptions, type Planes } from './layers.ts';
import type { NetworkWeights } from './network-weights.ts';
import type { BuiltNetwork } from './unet.ts';

interface CoderRequest {
  readonly weights: NetworkWeights;
  readonly config: AutoencoderConfig;
  /** Of the picture, in pixels. */
  readonly tile: number;
  readonly precision: 'float32' | 'float16';
  /** Whether layers that follow each other without anything between become one. */
  readonly fold: boolean;
}

/** Of every group normalisation (diffusers, AutoencoderKL), whatever the U-Net's. */
const epsilon = 1e-6;

/** AutoencoderKL's encoder: `image` [1, 3, tile, tile] in −1…1 → `latent`, the posterior's mean, not scaled. */
export function encoderGraph(request: CoderRequest): BuiltNetwork {
  const { config, tile, weights } = request;
  const layers = layersOf('encoder', request);
  layers.graph.reserve('latent');
  let x = layers.conv(layers.input('image', 3, tile), 'encoder.conv_in');
  for (const level of config.channels.keys()) {
    const block = `encoder.down_blocks.${level}`;
    for (let index = 0; index < config.depth; index += 1) x = resnet(layers, x, `${block}.resnets.${index}`);
    // Zeros on the right and below only.
    if (level < config.channels.length - 1) x = layers.conv(x, `${block}.downsamplers.0.conv`, { stride: 2, padding: [0, 0, 1, 1] });
  }
  x = layers.normSilu(middle(layers, x, 'encoder.mid_block'), 'encoder.conv_norm_out');
  if (request.fold) {
    layers.output('latent', layers.conv(x, 'encoder.conv_out', { folded: meanOf(weights, config.latentChannels) }));
  } else {
    const moments = layers.conv(layers.conv(x, 'encoder.conv_out'), 'quant_conv', { padding: 0 });
    const value = layers.graph.slice(moments.value, [0], [config.latentChannels], [1]);
    layers.output('latent', { ...moments, value, channels: config.latentChannels });
  }
  return { graph: layers.finish(), work: layers.work };
}

/** Its decoder: `latent`, not scaled → `image` [1, 3, tile, tile], about −1…1, not clipped. */
export function decoderGraph(request: CoderRequest): BuiltNetwork {
  const { config, tile } = request;
  const layers = layersOf('decoder', request);
  layers.graph.reserve('image');
  const latent = layers.input('latent', config.latentChannels, tile / latentFactor(config));
  // Never one with conv_in, which pads with zeros after this one's bias.
  let x = layers.conv(layers.conv(latent, 'post_quant_conv', { padding: 0 }), 'decoder.conv_in');
  x = middle(layers, x, 'decoder.mid_block');
  for (const level of config.channels.keys()) {
    const block = `decoder.up_blocks.${level}`;
    for (let index = 0; index <= config.depth; index += 1) x = resnet(layers, x, `${block}.resnets.${index}`);
    if (level < config.channels.length - 1) x = layers.conv(layers.twice(x), `${block}.upsamplers.0.conv`);
  }
  layers.output('image', layers.conv(layers.normSilu(x, 'decoder.conv_norm_out'), 'decoder.conv_out'));
  return { graph: layers.finish(), work: layers.work };
}

const layersOf = (name: string, { weights, config, precision }: CoderRequest): Layers =>
  new Layers(name, weights, { groups: config.groups, epsilon, precision });

function resnet(layers: Layers, x: Planes, name: string): Planes {
  const first = layers.conv(layers.normSilu(x, `${name}.norm1`), `${name}.conv1`);
  const second = layers.conv(layers.normSilu(first, `${name}.norm2`), `${name}.conv2`);
  const kept = layers.weights.has(`${name}.conv_shortcut.weight`) ? layers.conv(x, `${name}.conv_shortcut`, { padding: 0 }) : x;
  return layers.add(kept, second, name);
}

/** ResNet, attention of one head over all places, ResNet. */
function middle(layers: Layers, x: Planes, name: string): Planes {
  const first = resnet(layers, x, `${name}.resnets.0`);
  const attention = `${name}.attentions.0`;
  const { channels: width, side } = first;
  const rows = side ** 2;
  const tokens = layers.tokens(layers.groupNorm(first, `${attention}.group_norm`));
  const [query, key, value] = ['to_q', 'to_k', 'to_v'].map((part) => layers.linear(tokens, `${attention}.${part}`, rows)) as [
    string,
    string,
    string,
  ];
  const shape = { rows, seen: rows, heads: 1, width };
  const mixed = layers.attention(query, layers.keys(key, 1, width), layers.queries(value, 1, width), shape);
  const attended = layers.add(first, layers.planes(layers.linear(mixed, `${attention}.to_out.0`, rows), first));
  return resnet(layers, attended, `${name}.resnets.1`);
}

/**
 * quant_conv ∘ conv_out is one convolution, and only the rows that give the mean are wanted: W[o] = Σ Q[o, m] C[m],
 * b[o] = Σ Q[o, m] c[m] + q[o].
 */
function meanOf(weights: NetworkWeights, latentChannels: number): ConvolutionOptions['folded'] {
  const [, ...inner] = weights.dims('encoder.conv_out.weight');
  const mixed = async (name: 'weight' | 'bias'): Promise<Float32Array> => {
    const [quant, own] = [await weights.floats('quant_conv.weight'), await weights.floats(`encoder.conv_out.${name}`)];
    const [moments, length] = [2 * latentChannels, own.length / (2 * latentChannels)];
    const result = new Float32Array(latentChannels * length);
    for (let index = 0; index < result.length; index += 1) {
      const [row, column] = [Math.floor(index / length), index % length];
      let sum = 0;
      for (let moment = 0; moment < moments; moment += 1) {
        sum += quant[row * moments + moment]! * own[moment * length + column]!;
      }
      result[index] = sum;
    }
    return result;
  };
  return {
    weight: weights.derived('encoder.conv_out.weight.mean', [latentChannels, ...inner], () => mixed('weight')),
    bias: weights.derived('encoder.conv_out.bias.mean', [latentChannels], async () => {
      const [bias, own] = [await mixed('bias'), await weights.floats('quant_conv.bias')];
      return bias.map((value, row) => value + own[row]!);
    }),
  };
}
