import { maximum, newSamples } from './samples.ts';
import type { Pixels, Samples } from './pixels.ts';

/** For one result coordinate: the first source coordinate and the weights from there on. */
interface Taps {
  readonly first: number;
  readonly weights: Float32Array;
}

/**
 * A plane of one channel at another size, computed by rows when they are read. Enlarging is cubic (Catmull-Rom: Keys,
 * "Cubic convolution interpolation", 1981, a = -0.5) but never leaves the range of the two samples around, so that edges
 * of transparency get no rings; reducing averages with a triangle as wide as the reduction.
 */
export function resampled(source: Pixels, size: { width: number; height: number }): Pixels {
  const columns = tapsOf(source.width, size.width);
  const rows = tapsOf(source.height, size.height);
  const clampColumns = size.width >= source.width;
  const clampRows = size.height >= source.height;
  const full = maximum(source.bits);
  return {
    ...size,
    channels: 1,
    bits: source.bits,
    async readRows(top, count) {
      const needed = rows.slice(top, top + count);
      const first = Math.min(...needed.map((taps) => taps.first));
      const last = Math.max(...needed.map((taps) => taps.first + taps.weights.length));
      const wide = widened(await source.readRows(first, last - first), source.width, columns, clampColumns);
      const output = newSamples(source.bits, count * size.width);
      needed.forEach((taps, y) => {
        combineRows(
          wide,
          (taps.first - first) * size.width,
          taps.weights,
          clampRows,
          full,
          output.subarray(y * size.width, (y + 1) * size.width),
        );
      });
      return output;
    },
  };
}

function tapsOf(from: number, to: number): Taps[] {
  const ratio = from / to;
  const reach = ratio > 1 ? ratio : 2;
  const kernel = ratio > 1 ? (x: number): number => Math.max(0, 1 - Math.abs(x) / ratio) : cubic;
  return Array.from({ length: to }, (_, index) => {
    const centre = (index + 0.5) * ratio - 0.5;
    const low = Math.floor(centre - reach) + 1;
    const high = Math.ceil(centre + reach);
    const first = Math.max(0, low);
    const weights = new Float32Array(Math.min(from, high) - first || 1);
    // Beyond the edge the edge sample repeats.
    for (let at = low; at < high; at++) {
      const slot = Math.min(from - 1, Math.max(0, at)) - first;
      weights[slot] = weights[slot]! + kernel(at - centre);
    }
    const sum = weights.reduce((total, weight) => total + weight, 0);
    return { first, weights: weights.map((weight) => weight / sum) };
  });
}

/** Keys' cubic kernel, a = −0.5. */
export function cubic(x: number): number {
  const t = Math.abs(x);
  if (t < 1) return 1.5 * t ** 3 - 2.5 * t ** 2 + 1;
  return t < 2 ? -0.5 * t ** 3 + 2.5 * t ** 2 - 4 * t + 2 : 0;
}

function widened(input: Samples, width: number, columns: readonly Taps[], clamp: boolean): Float32Array {
  const rows = input.length / width;
  const output = new Float32Array(rows * columns.length);
  columns.forEach(({ first, weights }, x) => {
    for (let y = 0; y < rows; y++) {
      let sum = 0;
      let low = Infinity;
      let high = -Infinity;
      for (let i = 0; i < weights.length; i++) {
        const value = input[y * width + first + i]!;
        const weight = weights[i]!;
        sum += value * weight;
        if (weight > 0) {
          if (value < low) low = value;
          if (value > high) high = value;
        }
      }
      output[y * columns.length + x] = clamp ? Math.min(high, Math.max(low, sum)) : sum;
    }
  });
  return output;
}

function combineRows(wide: Float32Array, start: number, weights: Float32Array, clamp: boolean, full: number, output: Samples): void {
  const width = output.length;
  for (let x = 0; x < width; x++) {
    let sum = 0;
    let low = Infinity;
    let high = -Infinity;
    for (let i = 0; i < weights.length; i++) {
      const value = wide[start + i * width + x]!;
      const weight = weights[i]!;
      sum += value * weight;
      if (weight > 0) {
        if (value < low) low = value;
        if (value > high) high = value;
      }
    }
    const value = clamp ? Math.min(high, Math.max(low, sum)) : sum;
    output[x] = Math.min(full, Math.max(0, Math.round(value)));
  }
}
