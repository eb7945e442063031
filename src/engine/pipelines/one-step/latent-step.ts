import type { Diffusion } from '../../../shared/diffusion.ts';
import { alphaBar } from '../../../shared/noise-schedule.ts';
import type { Dials } from '../../../shared/options.ts';
import { normalNoise } from '../../image/normal-noise.ts';

type Step = Diffusion['step'];
type Latent = Diffusion['latent'];

/** Every step is a sum, ẑ_H = low · z_L + answer · (what the U-Net gave). */
interface StepWeights {
  readonly low: number;
  readonly answer: number;
}

/** The formulas of `diffusion.ts`, in double precision. */
export function stepWeights(step: Step): StepWeights {
  switch (step.kind) {
    case 'eps_x0': {
      const abar = step.alphaBar ?? alphaBar(step.timestep);
      return { low: 1 / Math.sqrt(abar), answer: -Math.sqrt(1 - abar) / Math.sqrt(abar) };
    }
    case 'v_x0': {
      const abar = step.alphaBar ?? alphaBar(step.timestep);
      return { low: Math.sqrt(abar), answer: -Math.sqrt(1 - abar) };
    }
    case 'residual':
      return { low: 1, answer: -1 };
    case 'flow_x0':
      return { low: 1, answer: -step.sigma };
    case 'direct':
    case 'resshift':
      return { low: 0, answer: 1 };
  }
}

/**
 * The latent that is decoded, for what the U-Net gave and the dials: how much of the step is wanted, and how much of what the pixel
 * U-Net does not account for (null: as much). `pixel` computes what the pixel U-Net gives, where that is needed.
 */
export async function cleanLatent(
  step: Step,
  low: Float32Array | null,
  answer: Float32Array,
  pixel: () => Promise<Float32Array>,
  { strength, semantic }: Dials,
): Promise<Float32Array> {
  const whole = strength ?? 1;
  if (semantic === null || semantic === whole) return stepped(step, low, answer, whole);
  return stepped(step, low, dialled(answer, await pixel(), whole, semantic), 1);
}

/** ẑ = z_L + strength · (ẑ_H − z_L): what is decoded. Without z_L, the answer itself. 0 is the autoencoder's round trip. */
export function stepped(step: Step, low: Float32Array | null, answer: Float32Array, strength: number): Float32Array {
  if (low === null) return answer;
  const weights = stepWeights(step);
  const [kept, added] = [1 + strength * (weights.low - 1), strength * weights.answer];
  const z = new Float32Array(low.length);
  for (let at = 0; at < z.length; at += 1) z[at] = kept * low[at]! + added * answer[at]!;
  return z;
}

/**
 * PiSA-SR's two dials as one answer for {@link stepped} at strength 1: strength ε_pixel + semantic (ε − ε_pixel), where ε is that
 * of the whole U-Net.
 */
export function dialled(whole: Float32Array, pixel: Float32Array, strength: number, semantic: number): Float32Array {
  const answer = new Float32Array(whole.length);
  for (let at = 0; at < answer.length; at += 1) answer[at] = semantic * whole[at]! + (strength - semantic) * pixel[at]!;
  return answer;
}

/** z = scalingFactor · (latent − shift). */
export function scaled(latent: Float32Array, { channels, scalingFactor, shift }: Latent): Float32Array {
  const z = new Float32Array(latent.length);
  const plane = z.length / channels;
  for (let channel = 0; channel < channels; channel += 1) {
    const mean = shift?.[channel] ?? 0;
    for (let at = channel * plane; at < (channel + 1) * plane; at += 1) z[at] = scalingFactor * (latent[at]! - mean);
  }
  return z;
}

/** The inverse of {@link scaled}. */
export function unscaled(z: Float32Array, { channels, scalingFactor, shift }: Latent): Float32Array {
  const latent = new Float32Array(z.length);
  const plane = z.length / channels;
  for (let channel = 0; channel < channels; channel += 1) {
    const mean = shift?.[channel] ?? 0;
    for (let at = channel * plane; at < (channel + 1) * plane; at += 1) latent[at] = z[at]! / scalingFactor + mean;
  }
  return latent;
}

/** Where a tile's latent lies in the photo's, and how large it is, in latent numbers. */
export interface LatentPlace {
  readonly left: number;
  readonly top: number;
  readonly side: number;
}

/** What the U-Net is given for z_L: itself, but with noise for ResShift, (z_L + κ √η n) / √(κ² η + 1). */
export function unetLatent(step: Step, low: Float32Array, { left, top, side }: LatentPlace): Float32Array {
  if (step.kind !== 'resshift') return low;
  const { kappa, eta, seed } = step;
  const [sigma, size] = [kappa * Math.sqrt(eta), Math.sqrt(kappa ** 2 * eta + 1)];
  return low.map((value, index) => {
    const [x, y, channel] = [index % side, Math.floor(index / side) % side, Math.floor(index / side ** 2)];
    return (value + sigma * normalNoise(seed, left + x, top + y, channel)) / size;
  });
}
