import { gaussian, smoothed } from './gaussian.ts';
import { normalNoise } from './normal-noise.ts';
import type { PixelFormat, Rectangle, Samples } from './pixels.ts';
import { maximum } from './samples.ts';

/**
 * Film grain, the same in all channels, so that it has no colour. Full in the middle tones and none in black and white, as on film
 * (the gain is ours, 4·y·(1 − y) for a level of y in 0…1). It depends on the place in the result alone, so it knows no tiles, and a
 * part of a photo has the grain of the whole. `training/grain.py` computes the same.
 */

/** Standard deviation of full grain in the middle tones, of 255. */
const deepest = 6;
/** Side of the pattern, which repeats. */
const side = 512;
/** Sigma of the pattern's Gaussian, in pixels: finer grain is sand, coarser is spots. */
const fineness = 1.2;
const taps = gaussian(9, fineness);
const seed = 1;

let made: Float32Array | null = null;

/** `side` · `side` values, rows first, of mean about 0 and deviation 1. */
export function grainPattern(): Float32Array {
  made ??= makePattern();
  return made;
}

function makePattern(): Float32Array {
  // What a window at the edge sees is the other edge.
  const margin = (taps.length - 1) / 2;
  const wide = side + 2 * margin;
  const noise = new Float64Array(side * side);
  for (let y = 0; y < side; y += 1) for (let x = 0; x < side; x += 1) noise[y * side + x] = normalNoise(seed, x, y, 0);
  const wrapped = Float64Array.from({ length: wide * wide }, (_, at) => {
    const [x, y] = [((at % wide) - margin + side) % side, (Math.floor(at / wide) - margin + side) % side];
    return noise[y * side + x]!;
  });
  const pattern = smoothed(wrapped, wide, taps);
  const deviation = Math.sqrt(pattern.reduce((sum, value) => sum + value * value, 0) / pattern.length);
  return Float32Array.from(pattern, (value) => value / deviation);
}

/** Grain for every level of 256, of that full range. */
const gains = Float32Array.from({ length: 256 }, (_, level) => (deepest / 255) * 4 * (level / 255) * (1 - level / 255));

/** Adds grain to rows of the result, in place; `place` is where they lie in the whole, in its pixels. `amount` is 0…1. */
export function addGrain(
  rows: Samples,
  place: Rectangle,
  { channels, bits }: Pick<PixelFormat, 'channels' | 'bits'>,
  amount: number,
): void {
  const pattern = grainPattern();
  const full = maximum(bits);
  const toLevel = 255 / full;
  for (let y = 0, at = 0; y < place.height; y += 1) {
    const line = ((place.top + y) % side) * side;
    for (let x = 0; x < place.width; x += 1, at += channels) {
      const level = channels === 1 ? rows[at]! : 0.299 * rows[at]! + 0.587 * rows[at + 1]! + 0.114 * rows[at + 2]!;
      const added = amount * full * gains[Math.round(level * toLevel)]! * pattern[line + ((place.left + x) % side)]!;
      for (let channel = at; channel < at + channels; channel += 1) {
        const value = rows[channel]! + added;
        rows[channel] = value <= 0 ? 0 : value >= full ? full : value + 0.5;
      }
    }
  }
}

/** A receiver of a result's rows, top to bottom, that adds grain on the way; `place` is where they lie in the whole. */
export function withGrain(
  sink: (rows: Samples) => Promise<void>,
  place: Rectangle,
  format: Pick<PixelFormat, 'channels' | 'bits'>,
  amount: number,
): (rows: Samples) => Promise<void> {
  let { top } = place;
  return async (rows) => {
    const height = rows.length / (place.width * format.channels);
    addGrain(rows, { ...place, top, height }, format, amount);
    top += height;
    await sink(rows);
  };
}
