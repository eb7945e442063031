import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { PlainWeights } from './plain-layers.ts';
import { keysOf, tinyAutoencoder, tinyStable, tinyUnet } from './stable-shapes.ts';
import { madeUp } from './stable-weights.ts';
import { safetensors } from './weight-files.ts';

/** config.json of the tiny networks, as diffusers writes it. */
export const tinyConfigs = {
  unet: {
    _class_name: 'UNet2DConditionModel',
    ...{ in_channels: 4, out_channels: 4, block_out_channels: tinyUnet.channels, layers_per_block: 2, sample_size: 64 },
    down_block_types: ['CrossAttnDownBlock2D', 'CrossAttnDownBlock2D', 'CrossAttnDownBlock2D', 'DownBlock2D'],
    up_block_types: ['UpBlock2D', 'CrossAttnUpBlock2D', 'CrossAttnUpBlock2D', 'CrossAttnUpBlock2D'],
    ...{ attention_head_dim: [1, 2, 2, 2], cross_attention_dim: 12, use_linear_projection: true },
    ...{ norm_num_groups: 4, norm_eps: 1e-5, act_fn: 'silu', flip_sin_to_cos: true, freq_shift: 0 },
  },
  vae: {
    _class_name: 'AutoencoderKL',
    ...{
      latent_channels: 4,
      block_out_channels: tinyAutoencoder.channels,
      layers_per_block: 2,
      norm_num_groups: 4,
      scaling_factor: 0.18215,
    },
  },
  scheduler: {
    beta_schedule: 'scaled_linear',
    beta_start: 0.00085,
    beta_end: 0.012,
    num_train_timesteps: 1000,
    prediction_type: 'epsilon',
  },
};

/** A .safetensors file of float32 tensors. */
export function safetensorsOf(weights: PlainWeights): Buffer {
  const header: Record<string, unknown> = {};
  const parts: Buffer[] = [];
  let end = 0;
  for (const [name, { dims, values }] of weights) {
    const bytes = Buffer.from(Float32Array.from(values).buffer);
    header[name] = { dtype: 'F32', shape: dims, data_offsets: [end, end + bytes.length] };
    parts.push(bytes);
    end += bytes.length;
  }
  return safetensors(header, Buffer.concat(parts));
}

interface TinyFolder {
  readonly configs?: Partial<Record<keyof typeof tinyConfigs, object>>;
  readonly unet?: PlainWeights;
  readonly vae?: PlainWeights;
}

/** The tiny networks in the layout of diffusers. */
export async function writeTinyFolder(folder: string, { configs = {}, ...weights }: TinyFolder = {}): Promise<string> {
  const keys = keysOf(tinyStable);
  await mkdir(join(folder, 'scheduler'), { recursive: true });
  await writeFile(join(folder, 'scheduler', 'scheduler_config.json'), JSON.stringify({ ...tinyConfigs.scheduler, ...configs.scheduler }));
  for (const part of ['unet', 'vae'] as const) {
    await mkdir(join(folder, part), { recursive: true });
    await writeFile(join(folder, part, 'config.json'), JSON.stringify({ ...tinyConfigs[part], ...configs[part] }));
    const bytes = safetensorsOf(weights[part] ?? madeUp(keys[part], part === 'unet' ? 1 : 2));
    await writeFile(join(folder, part, 'diffusion_pytorch_model.safetensors'), bytes);
  }
  return folder;
}
