import type { AutoencoderConfig, UnetConfig } from './config.ts';

/** Names and shapes of a network's tensors, in the order in which diffusers writes them down. */
export type Keys = Map<string, readonly number[]>;

class KeyList {
  readonly keys: Keys = new Map();

  linear(name: string, outputs: number, inputs: number, bias = true): void {
    this.keys.set(`${name}.weight`, [outputs, inputs]);
    if (bias) this.keys.set(`${name}.bias`, [outputs]);
  }

  conv(name: string, outputs: number, inputs: number, side = 3): void {
    this.keys.set(`${name}.weight`, [outputs, inputs, side, side]);
    this.keys.set(`${name}.bias`, [outputs]);
  }

  norm(name: string, channels: number): void {
    this.keys.set(`${name}.weight`, [channels]);
    this.keys.set(`${name}.bias`, [channels]);
  }

  /** @param time width of the time embedding, 0 for blocks that know of none */
  resnet(name: string, inputs: number, outputs: number, time = 0): void {
    this.norm(`${name}.norm1`, inputs);
    this.conv(`${name}.conv1`, outputs, inputs);
    if (time > 0) this.linear(`${name}.time_emb_proj`, outputs, time);
    this.norm(`${name}.norm2`, outputs);
    this.conv(`${name}.conv2`, outputs, outputs);
    if (inputs !== outputs) this.conv(`${name}.conv_shortcut`, outputs, inputs, 1);
  }

  transformer(name: string, channels: number, context: number): void {
    const block = `${name}.transformer_blocks.0`;
    this.norm(`${name}.norm`, channels);
    this.linear(`${name}.proj_in`, channels, channels);
    for (const [number, seen] of [
      [1, channels],
      [2, context],
    ] as const) {
      this.norm(`${block}.norm${number}`, channels);
      const attention = `${block}.attn${number}`;
      this.linear(`${attention}.to_q`, channels, channels, false);
      this.linear(`${attention}.to_k`, channels, seen, false);
      this.linear(`${attention}.to_v`, channels, seen, false);
      this.linear(`${attention}.to_out.0`, channels, channels);
    }
    this.norm(`${block}.norm3`, channels);
    this.linear(`${block}.ff.net.0.proj`, 8 * channels, channels);
    this.linear(`${block}.ff.net.2`, channels, 4 * channels);
    this.linear(`${name}.proj_out`, channels, channels);
  }

  /** ResNet, attention, ResNet. */
  autoencoderMiddle(name: string, channels: number): void {
    this.resnet(`${name}.resnets.0`, channels, channels);
    this.norm(`${name}.attentions.0.group_norm`, channels);
    for (const part of ['to_q', 'to_k', 'to_v', 'to_out.0']) this.linear(`${name}.attentions.0.${part}`, channels, channels);
    this.resnet(`${name}.resnets.1`, channels, channels);
  }
}

/** Width of the time embedding. */
const timeWidth = ({ channels }: UnetConfig): number => 4 * (channels[0] ?? 0);

/** UNet2DConditionModel. */
export function unetKeys(config: UnetConfig): Keys {
  const { channels, heads, depth, context, latentChannels } = config;
  const list = new KeyList();
  const [outermost = 0, innermost = 0] = [channels[0], channels.at(-1)];
  const [last, time] = [channels.length - 1, timeWidth(config)];
  list.conv('conv_in', outermost, latentChannels);
  list.linear('time_embedding.linear_1', time, outermost);
  list.linear('time_embedding.linear_2', time, time);
  const skips = [outermost];
  let width = outermost;
  for (const [level, wide] of channels.entries()) {
    for (let index = 0; index < depth; index += 1) {
      list.resnet(`down_blocks.${level}.resnets.${index}`, width, wide, time);
      if (heads[level] !== null) list.transformer(`down_blocks.${level}.attentions.${index}`, wide, context);
      width = wide;
      skips.push(wide);
    }
    if (level === last) continue;
    list.conv(`down_blocks.${level}.downsamplers.0.conv`, wide, wide);
    skips.push(wide);
  }
  list.resnet('mid_block.resnets.0', innermost, innermost, time);
  list.transformer('mid_block.attentions.0', innermost, context);
  list.resnet('mid_block.resnets.1', innermost, innermost, time);
  for (const [level, wide] of channels.toReversed().entries()) {
    for (let index = 0; index <= depth; index += 1) {
      list.resnet(`up_blocks.${level}.resnets.${index}`, width + (skips.pop() ?? 0), wide, time);
      if (heads[last - level] !== null) list.transformer(`up_blocks.${level}.attentions.${index}`, wide, context);
      width = wide;
    }
    if (level < last) list.conv(`up_blocks.${level}.upsamplers.0.conv`, wide, wide);
  }
  list.norm('conv_norm_out', outermost);
  list.conv('conv_out', latentChannels, outermost);
  return list.keys;
}

/** AutoencoderKL. */
export function autoencoderKeys({ channels, depth, latentChannels }: AutoencoderConfig): Keys {
  const list = new KeyList();
  const [outermost = 0, innermost = 0, last] = [channels[0], channels.at(-1), channels.length - 1];
  list.conv('encoder.conv_in', outermost, 3);
  let width = outermost;
  for (const [level, wide] of channels.entries()) {
    for (let index = 0; index < depth; index += 1) {
      list.resnet(`encoder.down_blocks.${level}.resnets.${index}`, width, wide);
      width = wide;
    }
    if (level < last) list.conv(`encoder.down_blocks.${level}.downsamplers.0.conv`, wide, wide);
  }
  list.autoencoderMiddle('encoder.mid_block', innermost);
  list.norm('encoder.conv_norm_out', innermost);
  list.conv('encoder.conv_out', 2 * latentChannels, innermost);
  list.conv('decoder.conv_in', innermost, latentChannels);
  list.autoencoderMiddle('decoder.mid_block', innermost);
  for (const [level, wide] of channels.toReversed().entries()) {
    for (let index = 0; index <= depth; index += 1) {
      list.resnet(`decoder.up_blocks.${level}.resnets.${index}`, width, wide);
      width = wide;
    }
    if (level < last) list.conv(`decoder.up_blocks.${level}.upsamplers.0.conv`, wide, wide);
  }
  list.norm('decoder.conv_norm_out', outermost);
  list.conv('decoder.conv_out', 3, outermost);
  list.conv('quant_conv', 2 * latentChannels, 2 * latentChannels, 1);
  list.conv('post_quant_conv', latentChannels, latentChannels, 1);
  return list.keys;
}
