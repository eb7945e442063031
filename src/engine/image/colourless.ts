import type { Pixels, Samples } from './pixels.ts';
import { maximum } from './samples.ts';

/**
 * Of 255: how far a pixel of a photo without colour may be from grey, as lossy formats leave it; and how far all may be on the mean,
 * which is what tells a tone, such as sepia, from rounding.
 */
const largest = 4;
const largestMean = 0.5;

const chunkRows = 64;
/** Rows looked at first, all over the photo: nearly every photo in colour shows it there. */
const probes = 16;

/** Whether a photo in three channels has no colour anywhere. Of one that has, a few rows are read. */
export async function isColourless(pixels: Pixels): Promise<boolean> {
  if (pixels.channels !== 3) return false;
  const { height, bits } = pixels;
  const unit = maximum(bits) / 255;
  for (let probe = 0; probe < probes; probe += 1) {
    const row = await pixels.readRows(Math.floor(((probe + 0.5) * height) / probes), 1);
    if (deviation(row, largest * unit) === null) return false;
  }
  const [sums, count] = [[0, 0], pixels.width * height];
  for (let top = 0; top < height; top += chunkRows) {
    const found = deviation(await pixels.readRows(top, Math.min(chunkRows, height - top)), largest * unit);
    if (found === null) return false;
    sums[0]! += found[0];
    sums[1]! += found[1];
  }
  return sums.every((sum) => Math.abs(sum / count) <= largestMean * unit);
}

/** Sums of red − green and blue − green; null where a pixel's channels are further apart than `limit`. */
function deviation(samples: Samples, limit: number): [number, number] | null {
  let [red, blue] = [0, 0];
  for (let at = 0; at < samples.length; at += 3) {
    const r = samples[at]! - samples[at + 1]!;
    const b = samples[at + 2]! - samples[at + 1]!;
    if (r > limit || r < -limit || b > limit || b < -limit || r - b > limit || b - r > limit) return null;
    red += r;
    blue += b;
  }
  return [red, blue];
}

/** Makes the three channels of each pixel what they are on the mean, in place. */
export function withoutColour(samples: Samples): Samples {
  for (let at = 0; at < samples.length; at += 3) {
    const grey = Math.round((samples[at]! + samples[at + 1]! + samples[at + 2]!) / 3);
    samples[at] = grey;
    samples[at + 1] = grey;
    samples[at + 2] = grey;
  }
  return samples;
}
