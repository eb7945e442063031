import type { Graph } from '../graph/graph.ts';
import type { Conditioning } from './conditioning.ts';
import type { UnetConfig } from './config.ts';
import { Layers, type Planes, type Work } from './layers.ts';
import type { NetworkWeights } from './network-weights.ts';

export interface BuiltNetwork {
  readonly graph: Graph;
  readonly work: Work;
}

interface UnetRequest {
  readonly weights: NetworkWeights;
  readonly config: UnetConfig;
  readonly conditioning: Conditioning;
  /** Of the latent. */
  readonly side: number;
  readonly precision: 'float32' | 'float16';
}

/** Of a transformer's group normalisation, whatever the U-Net's (diffusers, Transformer2DModel). */
const transformerEpsilon = 1e-6;

/** UNet2DConditionModel at one step and one context: `latent` [1, c, side, side], scaled → `noise`, the same shape. */
export function unetGraph({ weights, config, conditioning, side, precision }: UnetRequest): BuiltNetwork {
  const { groups, epsilon, channels, heads, depth, latentChannels, middleHeads } = config;
  const layers = new Layers('unet', weights, { groups, epsilon, precision });
  const unet = new Unet(layers, conditioning, config);
  layers.graph.reserve('noise');

  let x = layers.conv(layers.input('latent', latentChannels, side), 'conv_in');
  const skips = [x];
  for (const [level, count] of heads.entries()) {
    const block = `down_blocks.${level}`;
    for (let index = 0; index < depth; index += 1) skips.push((x = unet.stage(x, block, index, count)));
    if (level < channels.length - 1) skips.push((x = layers.conv(x, `${block}.downsamplers.0.conv`, { stride: 2 })));
  }
  x = unet.stage(x, 'mid_block', 0, middleHeads);
  x = unet.resnet(x, 'mid_block.resnets.1');
  for (const [level, count] of heads.toReversed().entries()) {
    const block = `up_blocks.${level}`;
    for (const [index, skip] of skips
      .splice(-depth - 1)
      .reverse()
      .entries())
      x = unet.stage(layers.concat(x, skip), block, index, count);
    if (level < channels.length - 1) x = layers.conv(layers.twice(x), `${block}.upsamplers.0.conv`);
  }
  layers.output('noise', layers.conv(layers.normSilu(x, 'conv_norm_out'), 'conv_out'));
  return { graph: layers.finish(), work: layers.work };
}

class Unet {
  readonly #layers: Layers;
  readonly #conditioning: Conditioning;
  readonly #config: UnetConfig;

  constructor(layers: Layers, conditioning: Conditioning, config: UnetConfig) {
    this.#layers = layers;
    this.#conditioning = conditioning;
    this.#config = config;
  }

  /** The ResNet of a block, and its transformer where it has some. */
  stage(x: Planes, block: string, index: number, heads: number | null): Planes {
    const y = this.resnet(x, `${block}.resnets.${index}`);
    return heads === null ? y : this.#transformer(y, `${block}.attentions.${index}`, heads);
  }

  resnet(x: Planes, name: string): Planes {
    const layers = this.#layers;
    const first = this.#conditioning.timedConv(layers, layers.normSilu(x, `${name}.norm1`), name);
    const second = layers.conv(layers.normSilu(first, `${name}.norm2`), `${name}.conv2`);
    const kept = layers.weights.has(`${name}.conv_shortcut.weight`) ? layers.conv(x, `${name}.conv_shortcut`, { padding: 0 }) : x;
    return layers.add(kept, second, name);
  }

  #transformer(x: Planes, name: string, heads: number): Planes {
    const layers = this.#layers;
    const { graph } = layers;
    const rows = x.side ** 2;
    const block = `${name}.transformer_blocks.0`;
    let h = layers.linear(layers.tokens(layers.groupNorm(x, `${name}.norm`, transformerEpsilon)), `${name}.proj_in`, rows);
    h = graph.add(h, this.#selfAttention(layers.layerNorm(h, `${block}.norm1`), `${block}.attn1`, rows, heads));
    h = graph.add(h, this.#crossAttention(layers.layerNorm(h, `${block}.norm2`), `${block}.attn2`, rows, heads));
    h = graph.add(h, this.#feedForward(layers.layerNorm(h, `${block}.norm3`), `${block}.ff.net`, rows));
    return layers.add(x, layers.planes(layers.linear(h, `${name}.proj_out`, rows), x), name);
  }

  #selfAttention(x: string, name: string, rows: number, heads: number): string {
    const layers = this.#layers;
    const [query, key, value] = ['to_q', 'to_k', 'to_v'].map((part) => layers.linear(x, `${name}.${part}`, rows)) as [
      string,
      string,
      string,
    ];
    const width = this.#headWidth(name, heads);
    const shape = { rows, seen: rows, heads, width, upcast: this.#config.upcast };
    const mixed = layers.attention(query, layers.keys(key, heads, width), layers.queries(value, heads, width), shape);
    return layers.linear(mixed, `${name}.to_out.0`, rows);
  }

  #crossAttention(x: string, name: string, rows: number, heads: number): string {
    const layers = this.#layers;
    const width = this.#headWidth(name, heads);
    const { keys, values } = this.#conditioning.seen(layers, name, heads, width);
    const shape = { rows, seen: this.#conditioning.tokens, heads, width, upcast: this.#config.upcast };
    const mixed = layers.attention(layers.linear(x, `${name}.to_q`, rows), keys, values, shape);
    return layers.linear(mixed, `${name}.to_out.0`, rows);
  }

  /** GEGLU: the first half, times GELU of the second. */
  #feedForward(x: string, name: string, rows: number): string {
    const layers = this.#layers;
    const [wide = 0] = layers.weights.dims(`${name}.0.proj.weight`);
    const [value = '', gate = ''] = layers.graph.split(layers.linear(x, `${name}.0.proj`, rows), [wide / 2, wide / 2]);
    return layers.linear(layers.graph.mul(value, layers.graph.gelu(gate)), `${name}.2`, rows);
  }

  #headWidth(attention: string, heads: number): number {
    return (this.#layers.weights.dims(`${attention}.to_q.weight`)[0] ?? 0) / heads;
  }
}
