/** Brightness 0…255 of R, G and B (0…1): their weighted sum times `factor` plus `offset`. */
interface Luma {
  readonly weights: readonly [number, number, number];
  readonly factor: number;
  readonly offset: number;
}

/** Rec. 601 studio range, 16…235: what PSNR-Y and SSIM-Y are measured on. */
export const studioLuma: Luma = { weights: [65.481, 128.553, 24.966], factor: 1, offset: 16 };
/**
 * Rec. 601 full range, 0…255, as NIQE's published numbers have it. The factor comes last so that sums in the very middle between two levels
 * round as they do there.
 */
export const fullLuma: Luma = { weights: [0.299, 0.587, 0.114], factor: 255, offset: 0 };

/** Brightness of interleaved 8-bit samples, not rounded. Grey counts as R = G = B. */
export function lumaOf(samples: Uint8Array, channels: number, luma: Luma): Float64Array {
  const tableOf = (weight: number): Float64Array => Float64Array.from({ length: 256 }, (_, level) => (level / 255) * weight);
  const [red, green, blue] = [tableOf(luma.weights[0]), tableOf(luma.weights[1]), tableOf(luma.weights[2])];
  const output = new Float64Array(samples.length / channels);
  const [second, third] = channels === 1 ? [0, 0] : [1, 2];
  for (let i = 0, at = 0; i < output.length; i++, at += channels) {
    const sum = red[samples[at]!]! + green[samples[at + second]!]! + blue[samples[at + third]!]!;
    output[i] = sum * luma.factor + luma.offset;
  }
  return output;
}

/** Rounds in place; halves to the even neighbour, as NumPy and PyTorch do. */
export function roundAll(values: Float64Array): Float64Array {
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    const low = Math.floor(value);
    const part = value - low;
    values[i] = part > 0.5 || (part === 0.5 && low % 2 !== 0) ? low + 1 : low;
  }
  return values;
}
