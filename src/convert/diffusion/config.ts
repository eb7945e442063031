import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import * as z from 'zod';
import { Problem } from '../../shared/problem.ts';
import { sentence, type Sentence } from '../../shared/sentence.ts';
import { damaged, foreignName } from '../weights/state-dict.ts';

/** What of Stable Diffusion 2's networks their config.json files leave open; everything else is refused by name. */

export interface UnetConfig {
  readonly latentChannels: number;
  /** Of each level, from the outermost. */
  readonly channels: readonly number[];
  /** Attention heads of each level; null where it has no transformers. */
  readonly heads: readonly (number | null)[];
  /** Of the transformer in the middle. */
  readonly middleHeads: number;
  /** ResNet blocks of each level on the way down; one more on the way up. */
  readonly depth: number;
  /** Width of the context's tokens. */
  readonly context: number;
  readonly groups: number;
  readonly epsilon: number;
  /** Attention's scores are computed in 32 bit whatever the graph's precision. */
  readonly upcast: boolean;
}

export interface AutoencoderConfig {
  readonly latentChannels: number;
  readonly channels: readonly number[];
  readonly depth: number;
  readonly groups: number;
  readonly scalingFactor: number;
}

export interface StableConfig {
  readonly unet: UnetConfig;
  readonly autoencoder: AutoencoderConfig;
  /** What the U-Net was trained to predict, by its scheduler's configuration. */
  readonly prediction: 'epsilon' | 'v_prediction';
}

/** Pixels of a row per latent number. */
export const latentFactor = ({ channels }: AutoencoderConfig): number => 2 ** (channels.length - 1);

/** Sides of tiles, in pixels, are multiples of this: every level of the U-Net halves the latent. */
export const tileMultiple = ({ unet, autoencoder }: StableConfig): number => latentFactor(autoencoder) * 2 ** (unet.channels.length - 1);

const count = z.int().positive();
const counts = z.array(count).min(2).max(8);

const unetSchema = z.looseObject({
  in_channels: count,
  out_channels: count,
  block_out_channels: counts,
  down_block_types: z.array(z.string()),
  up_block_types: z.array(z.string()),
  layers_per_block: count.max(8).default(2),
  cross_attention_dim: z.union([count, z.array(count)]).default(1280),
  // Numbers of heads, whatever the name says (diffusers, UNet2DConditionModel).
  attention_head_dim: z.union([count, z.array(count)]).default(8),
  num_attention_heads: z.union([count, z.array(count)]).nullish(),
  use_linear_projection: z.boolean().default(false),
  norm_num_groups: count.default(32),
  norm_eps: z.number().positive().default(1e-5),
  upcast_attention: z.boolean().nullish(),
});
type UnetFile = z.infer<typeof unetSchema>;

const autoencoderSchema = z.looseObject({
  latent_channels: count.default(4),
  block_out_channels: counts,
  layers_per_block: count.max(8).default(1),
  norm_num_groups: count.default(32),
  scaling_factor: z.number().positive().default(0.18215),
});

const schedulerSchema = z.looseObject({ prediction_type: z.enum(['epsilon', 'v_prediction']).default('epsilon') });

/** What Stable Diffusion 2 has and other networks of diffusers have not, or otherwise: nothing here is computed differently. */
const only = {
  unet: {
    act_fn: 'silu',
    addition_embed_type: null,
    center_input_sample: false,
    class_embed_type: null,
    conv_in_kernel: 3,
    conv_out_kernel: 3,
    downsample_padding: 1,
    dual_cross_attention: false,
    encoder_hid_dim: null,
    flip_sin_to_cos: true,
    freq_shift: 0,
    mid_block_scale_factor: 1,
    mid_block_type: 'UNetMidBlock2DCrossAttn',
    num_class_embeds: null,
    only_cross_attention: false,
    resnet_time_scale_shift: 'default',
    time_cond_proj_dim: null,
    time_embedding_type: 'positional',
    transformer_layers_per_block: 1,
  },
  vae: {
    act_fn: 'silu',
    in_channels: 3,
    mid_block_add_attention: true,
    out_channels: 3,
    shift_factor: null,
    use_post_quant_conv: true,
    use_quant_conv: true,
  },
  scheduler: { beta_schedule: 'scaled_linear', beta_start: 0.00085, beta_end: 0.012, num_train_timesteps: 1000 },
} as const;

/**
 * Reads the configurations of a folder in the layout of diffusers.
 * @throws Problem not-found, damaged-model-file; unsupported-model where it is not of Stable Diffusion 2's kind
 */
export async function readConfig(folder: string): Promise<StableConfig> {
  const unet = parsed(folder, 'unet', unetSchema, await readJson(folder, 'unet/config.json'));
  const vae = parsed(folder, 'vae', autoencoderSchema, await readJson(folder, 'vae/config.json'));
  refuseRelatives(folder, unet);
  refuseOthers(folder, 'unet', unet);
  refuseOthers(folder, 'vae', vae);
  // Copies of the weights alone leave it out.
  const scheduler = await readJson(folder, 'scheduler/scheduler_config.json').catch((error: unknown) => {
    if (error instanceof Problem && error.code === 'not-found') return {};
    throw error;
  });
  const schedule = parsed(folder, 'scheduler', schedulerSchema, scheduler);
  refuseOthers(folder, 'scheduler', schedule);
  if (unet.in_channels !== vae.latent_channels || unet.out_channels !== vae.latent_channels) {
    throw unsupported(folder, sentence('import.why.latents', { taken: unet.in_channels, given: vae.latent_channels }));
  }
  return {
    unet: unetConfig(folder, unet),
    autoencoder: {
      latentChannels: vae.latent_channels,
      channels: divided(folder, vae.block_out_channels, vae.norm_num_groups),
      depth: vae.layers_per_block,
      groups: vae.norm_num_groups,
      scalingFactor: vae.scaling_factor,
    },
    prediction: schedule.prediction_type,
  };
}

async function readJson(folder: string, name: string): Promise<unknown> {
  let text: string;
  try {
    text = await readFile(join(folder, name), 'utf8');
  } catch (error) {
    throw new Problem('not-found', sentence('import.noPart', { folder: basename(folder), name }), {
      advice: sentence('import.noPart.advice'),
      cause: error,
    });
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    throw damaged(join(folder, name), sentence('import.why.notJson'), error);
  }
}

function parsed<Schema extends z.ZodType>(folder: string, part: string, schema: Schema, content: unknown): z.infer<Schema> {
  const result = schema.safeParse(content);
  if (result.success) return result.data;
  const [{ path } = { path: [] }] = result.error.issues;
  const [name] = path;
  throw unsupported(
    folder,
    name === undefined ? sentence('import.why.otherContent', { part }) : sentence('import.why.otherSetting', { name: String(name), part }),
  );
}

/** The relatives that people have, by the names that they know. */
function refuseRelatives(folder: string, unet: UnetFile): void {
  const { cross_attention_dim: context, use_linear_projection: linear } = unet;
  const relative =
    context === 2048 || (unet.addition_embed_type ?? null) !== null
      ? 'Stable Diffusion XL'
      : context === 768 || !linear
        ? 'Stable Diffusion 1'
        : null;
  if (relative === null) return;
  throw new Problem('unsupported-model', sentence('import.relative', { folder: basename(folder), relative }), {
    advice: sentence('import.relative.advice'),
  });
}

function refuseOthers(folder: string, part: keyof typeof only, file: Readonly<Record<string, unknown>>): void {
  for (const [name, expected] of Object.entries<unknown>(only[part])) {
    const value = file[name] ?? expected;
    if (value !== expected)
      throw unsupported(folder, sentence('import.why.settingValue', { name, part, value: foreignName(JSON.stringify(value)) }));
  }
}

function unetConfig(folder: string, file: UnetFile): UnetConfig {
  const { block_out_channels: channels, down_block_types: down, up_block_types: up, cross_attention_dim: context } = file;
  const listed = file.num_attention_heads ?? file.attention_head_dim;
  const heads = typeof listed === 'number' ? channels.map(() => listed) : listed;
  const attends = down.map((type) => type === 'CrossAttnDownBlock2D');
  const isMirrored =
    down.length === channels.length &&
    up.length === channels.length &&
    heads.length === channels.length &&
    down.every((type, level) => type === (attends[level] === true ? 'CrossAttnDownBlock2D' : 'DownBlock2D')) &&
    up.toReversed().every((type, level) => type === (attends[level] === true ? 'CrossAttnUpBlock2D' : 'UpBlock2D'));
  if (!isMirrored || typeof context !== 'number') throw unsupported(folder, sentence('import.why.otherBlocks'));
  if (channels.some((width, level) => width % (heads[level] ?? 1) !== 0)) throw unsupported(folder, sentence('import.why.heads'));
  return {
    latentChannels: file.in_channels,
    channels: divided(folder, channels, file.norm_num_groups),
    heads: heads.map((number, level) => (attends[level] === true ? number : null)),
    middleHeads: heads.at(-1) ?? 1,
    depth: file.layers_per_block,
    context,
    groups: file.norm_num_groups,
    epsilon: file.norm_eps,
    upcast: file.upcast_attention ?? false,
  };
}

function divided(folder: string, channels: readonly number[], groups: number): readonly number[] {
  if (channels.every((width) => width % groups === 0)) return channels;
  throw unsupported(folder, sentence('import.why.groups', { groups }));
}

const unsupported = (folder: string, why: Sentence): Problem =>
  new Problem('unsupported-model', sentence('import.notStable', { folder: basename(folder), why }), {
    advice: sentence('import.notStable.advice'),
  });
