import type { Picture } from './picture.ts';

/** Weights of one result coordinate, of 2^22, for the source coordinates from `first` on. */
interface Taps {
  readonly first: number;
  readonly weights: Float64Array;
}

/** Pillow's fixed point for 8-bit samples: 32 bits less 8 of the sample and 2 of head-room. */
const one = 2 ** 22;

/**
 * A picture at a smaller size, by rows, sample for sample as Pillow's `resize(…, Resampling.BICUBIC)` makes it: Keys' kernel
 * with a = -0.5, widened by the reduction, first along the rows, then along the columns, rounded to 8 bits after each.
 */
export function reduced(picture: Picture, size: { readonly width: number; readonly height: number }): Picture {
  const { channels } = picture;
  const columns = tapsOf(picture.width, size.width);
  const rows = tapsOf(picture.height, size.height);
  return {
    ...size,
    channels,
    async readRows(top, count) {
      const wanted = rows.slice(top, top + count);
      const first = Math.min(...wanted.map((taps) => taps.first));
      const last = Math.max(...wanted.map((taps) => taps.first + taps.weights.length));
      const narrow = narrowed(await picture.readRows(first, last - first), picture.width, channels, columns);
      const rowSamples = size.width * channels;
      const output = new Uint8Array(count * rowSamples);
      wanted.forEach((taps, y) => {
        for (let x = 0; x < rowSamples; x++) {
          let sum = one / 2;
          taps.weights.forEach((weight, tap) => {
            sum += weight * narrow[(taps.first - first + tap) * rowSamples + x]!;
          });
          output[y * rowSamples + x] = clipped(sum);
        }
      });
      return output;
    },
  };
}

function narrowed(samples: Uint8Array, width: number, channels: number, columns: readonly Taps[]): Uint8Array {
  const rows = samples.length / (width * channels);
  const output = new Uint8Array(rows * columns.length * channels);
  columns.forEach(({ first, weights }, x) => {
    for (let y = 0; y < rows; y++) {
      for (let channel = 0; channel < channels; channel++) {
        let sum = one / 2;
        let from = (y * width + first) * channels + channel;
        for (let tap = 0; tap < weights.length; tap++, from += channels) sum += weights[tap]! * samples[from]!;
        output[(y * columns.length + x) * channels + channel] = clipped(sum);
      }
    }
  });
  return output;
}

const clipped = (sum: number): number => Math.min(255, Math.max(0, Math.floor(sum / one)));

/** Pillow, `precompute_coeffs` and `normalize_coeffs_8bpc` in Resample.c: beyond the edges nothing counts. */
function tapsOf(from: number, to: number): Taps[] {
  const ratio = from / to;
  const widening = Math.max(1, ratio);
  return Array.from({ length: to }, (_, index) => {
    const centre = (index + 0.5) * ratio;
    const first = Math.max(0, Math.floor(centre - 2 * widening + 0.5));
    const end = Math.min(from, Math.floor(centre + 2 * widening + 0.5));
    const weights = Float64Array.from({ length: end - first }, (_, tap) => cubic((first + tap - centre + 0.5) / widening));
    const sum = weights.reduce((total, weight) => total + weight, 0);
    return { first, weights: weights.map((weight) => Math.sign(weight) * Math.floor(Math.abs(weight / sum) * one + 0.5)) };
  });
}

function cubic(x: number): number {
  const t = Math.abs(x);
  if (t < 1) return 1.5 * t ** 3 - 2.5 * t ** 2 + 1;
  return t < 2 ? -0.5 * t ** 3 + 2.5 * t ** 2 - 4 * t + 2 : 0;
}
