import { bleed } from './bleed.ts';
import { openPixelStore, type PixelStore } from './pixel-store.ts';
import type { InterleavedRows } from './pixels.ts';
import { maximum, newSamples } from './samples.ts';

const chunkRows = 64;

export interface SplitPixels {
  readonly colour: PixelStore;
  /** Null where every pixel is opaque. */
  readonly alpha: PixelStore | null;
}

/**
 * Parts rows of 2 or 4 channels into colour and alpha; colour bleeds outwards under full transparency. Does not close
 * `rows`. `path` is the beginning of the names of scratch files, used for photos too large for memory.
 */
export async function splitAlpha(rows: InterleavedRows, path: string): Promise<SplitPixels> {
  const { width, height, bits } = rows;
  const channels = rows.channels === 4 ? 3 : 1;
  const full = maximum(bits);
  const colour = await openPixelStore({ width, height, channels, bits }, `${path}-colour`);
  const alpha = await openPixelStore({ width, height, channels: 1, bits }, `${path}-alpha`);
  let lowest = full;
  for (let top = 0; top < height; top += chunkRows) {
    const count = Math.min(chunkRows, height - top);
    const input = await rows.readRows(top, count);
    const colours = newSamples(bits, count * width * channels);
    const alphas = newSamples(bits, count * width);
    for (let i = 0, from = 0, to = 0; i < alphas.length; i++) {
      for (let c = 0; c < channels; c++) colours[to++] = input[from++]!;
      const value = input[from++]!;
      alphas[i] = value;
      if (value < lowest) lowest = value;
    }
    await colour.writeRows(top, colours);
    await alpha.writeRows(top, alphas);
  }
  if (lowest === full) {
    await alpha.close();
    return { colour, alpha: null };
  }
  if (lowest === 0) {
    const distances = await openPixelStore({ width, height, channels: 1, bits: 16 }, `${path}-distance`);
    await bleed(colour, alpha, distances);
    await distances.close();
  }
  return { colour, alpha };
}
