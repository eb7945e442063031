import { asFloats, type Tensor } from '../graph/tensor.ts';

/** Weights [count, channels, height, width] in 8 bits: `levels · steps` of its output channel. */
export interface RoundedWeights {
  readonly levels: Int8Array;
  readonly steps: Float32Array;
  /** Of each output channel and input channel, what is missing in all taps together. */
  readonly missing: Float32Array;
}

/** How alike the numbers of neighbouring pixels are taken to be. */
const likeness = 0.9;

/**
 * Rounds so that what one tap of a kernel loses the taps around it make good: neighbouring pixels are alike, so what counts is what a
 * kernel does to all of them together (GPTQ, Frantar et al. 2023, with likeness^distance for the correlations of its inputs).
 */
export function roundedWeights(tensor: Tensor): RoundedWeights {
  const [count = 1, channels = 1, height = 1, width = 1] = tensor.dims;
  const weights = asFloats(tensor);
  const taps = height * width;
  const { order, shares } = passedOn(height, width);
  const levels = new Int8Array(weights.length);
  const steps = new Float32Array(count);
  const missing = new Float32Array(count * channels);
  const rest = new Float64Array(taps);
  for (let row = 0; row < count; row += 1) {
    const own = weights.subarray(row * channels * taps, (row + 1) * channels * taps);
    const step = Math.max(1e-8, peak(own) / 127);
    steps[row] = step;
    for (let channel = 0; channel < channels; channel += 1) {
      const at = channel * taps;
      for (let place = 0; place < taps; place += 1) rest[place] = own[at + order[place]!]! / step;
      let lost = 0;
      for (let place = 0; place < taps; place += 1) {
        const level = Math.max(-127, Math.min(127, Math.round(rest[place]!)));
        levels[row * channels * taps + at + order[place]!] = level;
        lost += own[at + order[place]!]! - level * step;
        const error = rest[place]! - level;
        for (let later = place + 1; later < taps; later += 1) rest[later]! += error * shares[place * taps + later]!;
      }
      missing[row * channels + channel] = lost;
    }
  }
  return { levels, steps, missing };
}

const peak = (values: Float32Array): number => values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);

/** Taps in the order in which they are rounded, the middle last, and what of a tap's error each later one takes. */
function passedOn(height: number, width: number): { order: number[]; shares: Float64Array } {
  const places = Array.from({ length: height * width }, (_, tap) => ({ tap, y: Math.floor(tap / width), x: tap % width }));
  const far = ({ x, y }: { x: number; y: number }): number => Math.hypot(x - (width - 1) / 2, y - (height - 1) / 2);
  places.sort((a, b) => far(b) - far(a));
  const alike = places.map((a) => places.map((b) => likeness ** Math.hypot(a.x - b.x, a.y - b.y) + (a === b ? 1e-3 : 0)));
  const shares = new Float64Array(places.length ** 2);
  // The best the later taps can do is least squares, given those that are rounded: one elimination of the inverse after the other.
  const inverse = inverted(alike);
  for (const [place, row] of inverse.entries()) {
    const pivot = row[place]!;
    for (let later = place + 1; later < places.length; later += 1) shares[place * places.length + later] = -row[later]! / pivot;
    for (let below = place + 1; below < places.length; below += 1) {
      const factor = inverse[below]![place]! / pivot;
      for (let column = place; column < places.length; column += 1) inverse[below]![column]! -= factor * row[column]!;
    }
  }
  return { order: places.map(({ tap }) => tap), shares };
}

/** Gauss-Jordan; the matrix is positive definite. */
function inverted(matrix: readonly (readonly number[])[]): number[][] {
  const size = matrix.length;
  const rows = matrix.map((row, index) => [...row, ...Array.from({ length: size }, (_, column) => (column === index ? 1 : 0))]);
  for (const [index, row] of rows.entries()) {
    const pivot = row[index]!;
    for (let column = 0; column < 2 * size; column += 1) row[column]! /= pivot;
    for (const [below, other] of rows.entries()) {
      if (below === index) continue;
      const factor = other[index]!;
      for (let column = 0; column < 2 * size; column += 1) other[column]! -= factor * row[column]!;
    }
  }
  return rows.map((row) => row.slice(size));
}
