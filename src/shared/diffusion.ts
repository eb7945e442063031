import * as z from 'zod';
import type { DialName } from './options.ts';

/** The part of a manifest that says how one step of diffusion enlarges a photo. */

const abar = z.number().gt(0).lt(1);
const timestep = z.int().min(0).max(999);

/**
 * How the clean latent ẑ_H follows from z_L and what the U-Net gives: both latents scaled, one formula per kind of model.
 * `alphaBar` is that of Stable Diffusion's schedule at `timestep` where it is left out.
 */
const stepSchema = z.discriminatedUnion('kind', [
  /** ẑ_H = (z_L − √(1−ᾱ) ε) / √ᾱ: DFOSD, OSEDiff, S3Diff, HYPIR. */
  z.object({ kind: z.literal('eps_x0'), timestep, alphaBar: abar.optional() }),
  /** ẑ_H = √ᾱ z_L − √(1−ᾱ) v. */
  z.object({ kind: z.literal('v_x0'), timestep, alphaBar: abar.optional() }),
  /** ẑ_H = z_L − ε: PiSA-SR. */
  z.object({ kind: z.literal('residual') }),
  /** ẑ_H = z_L − σ v: TSD-SR with σ = 1. */
  z.object({ kind: z.literal('flow_x0'), sigma: z.number().positive() }),
  /** ẑ_H is what the U-Net gives: AdcSR, whose U-Net takes the photo itself. */
  z.object({ kind: z.literal('direct') }),
  /** ẑ_H is what the U-Net makes of (z_L + κ √η n) / √(κ² η + 1), n normal noise that depends on `seed` and place: SinSR. */
  z.object({
    kind: z.literal('resshift'),
    kappa: z.number().positive(),
    eta: z.number().positive(),
    seed: z.int().min(0).max(0xffff_ffff),
  }),
]);

export const diffusionSchema = z.object({
  step: stepSchema,
  /** z = scalingFactor · (latent − shift), one shift per channel; `factor` pixels of the enlarged photo per latent number of a row. */
  latent: z.object({
    channels: z.int().positive(),
    factor: z.int().positive(),
    scalingFactor: z.number().positive(),
    shift: z.array(z.number()).optional(),
  }),
  /** How the photo is enlarged before: Pillow's bicubic, a = −0.5. */
  upscale: z.literal('bicubic'),
  /** Side of a tile, and how much neighbours share, both in pixels of the enlarged photo. */
  tile: z.int().positive().max(4096),
  overlap: z.int().min(0),
  /** What counts where tiles overlap: all alike (`mean`, the paper), or less towards a tile's edge (`ramp`). */
  blend: z.enum(['mean', 'ramp']),
  /** How the result gets the colours of the enlarged photo: by the statistics of the whole, by low frequencies, or not. */
  colourFix: z.enum(['adain', 'wavelet', 'none']),
});

export type Diffusion = z.infer<typeof diffusionSchema>;

interface Stages {
  readonly scale: number;
  readonly diffusion: Diffusion;
  readonly graphs: readonly { readonly encoder: unknown; readonly pixelUnet?: unknown }[];
  readonly options: Partial<Record<DialName, unknown>>;
  readonly selfTest: { readonly width: number; readonly height: number };
}

/**
 * The dials of a model with an encoder, and what it does by itself: the whole step, not held to the photo. With a pixel U-Net, how
 * much is invented is a dial of its own.
 */
export const stepDials = (hasPixelUnet: boolean): Partial<Record<DialName, { default: number }>> => ({
  strength: { default: 1 },
  ...(hasPixelUnet ? { semantic: { default: 1 } } : {}),
  fidelity: { default: 0 },
});

/** What does not fit together in the manifest of a one-step model. */
export function stageFaults({ scale, diffusion, graphs, options, selfTest }: Stages): { path: string[]; message: string }[] {
  const { tile, overlap, latent, step } = diffusion;
  const withoutLatent = graphs.some(({ encoder }) => encoder === null);
  const rules: [fits: boolean, path: string[], message: string][] = [
    [
      tile % latent.factor === 0 && tile % scale === 0,
      ['diffusion', 'tile'],
      'expected a multiple of the latent’s factor and of the scale',
    ],
    [overlap < tile / 2 && overlap % scale === 0, ['diffusion', 'overlap'], 'expected a multiple of the scale, less than half a tile'],
    [latent.shift === undefined || latent.shift.length === latent.channels, ['diffusion', 'latent', 'shift'], 'expected one per channel'],
    [selfTest.width === tile && selfTest.height === tile, ['selfTest'], 'expected a tile'],
    [!withoutLatent || step.kind === 'direct', ['graphs'], 'only the step “direct” does without an encoder'],
    [!withoutLatent || options.strength === undefined, ['options', 'strength'], 'needs an encoder'],
    [
      options.semantic === undefined || (step.kind === 'residual' && graphs.every(({ pixelUnet }) => pixelUnet !== undefined)),
      ['options', 'semantic'],
      'needs the step “residual” and a pixelUnet in every precision',
    ],
  ];
  return rules.filter(([fits]) => !fits).map(([, path, message]) => ({ path, message }));
}
