import type { InterleavedRows, Rectangle, Samples } from './pixels.ts';
import { maximum, newSamples } from './samples.ts';

/** Of each pixel the samples of these numbers, in this order. */
export function picked(rows: InterleavedRows, samples: readonly number[]): InterleavedRows {
  const { channels, bits } = rows;
  return {
    ...rows,
    channels: samples.length,
    readRows: async (top, count) => {
      const input = await rows.readRows(top, count);
      const output = newSamples(bits, (input.length / channels) * samples.length);
      for (let from = 0, to = 0; from < input.length; from += channels) for (const sample of samples) output[to++] = input[from + sample]!;
      return output;
    },
  };
}

/** A picture that fills only `frame` of its canvas: with an opacity after its `colours`, which is none outside. */
export function withinCanvas(rows: InterleavedRows, frame: Rectangle, colours: number): InterleavedRows {
  const { width, channels, bits } = rows;
  const inFrame = (x: number, y: number): boolean =>
    x >= frame.left && x < frame.left + frame.width && y >= frame.top && y < frame.top + frame.height;
  return {
    ...rows,
    channels: colours + 1,
    readRows: async (top, count) => {
      const input = await rows.readRows(top, count);
      const output = newSamples(bits, count * width * (colours + 1));
      for (let pixel = 0, to = 0; pixel < count * width; pixel += 1) {
        const from = pixel * channels;
        for (let c = 0; c < colours; c += 1) output[to++] = input[from + c]!;
        const opacity = channels > colours ? input[from + colours]! : maximum(bits);
        output[to++] = inFrame(pixel % width, top + Math.floor(pixel / width)) ? opacity : 0;
      }
      return output;
    },
  };
}

const chunkRows = 16;

/**
 * How much of a picture, from its end up, are rows of the colour of its last pixel: 0…1. Decoders fill so what they do not have.
 * @param fills the values that all its samples may have for that; null: any
 */
export async function uniformEnd(rows: InterleavedRows, fills: readonly number[] | null): Promise<number> {
  const { width, height, channels } = rows;
  const last = (await rows.readRows(height - 1, 1)).slice(-channels);
  if (fills !== null && !(fills.includes(last[0]!) && last.every((value) => value === last[0]))) return 0;
  for (let bottom = height; bottom > 0;) {
    const top = Math.max(0, bottom - chunkRows);
    const samples = await rows.readRows(top, bottom - top);
    const other = lastOther(samples, last);
    if (other >= 0) return (height - top - 1 - Math.floor(other / (width * channels))) / height;
    bottom = top;
  }
  return 1;
}

/** The last sample that is not as the pixel `pattern` has it; −1 where all are. */
function lastOther(samples: Samples, pattern: Samples): number {
  for (let at = samples.length - 1; at >= 0; at -= 1) if (samples[at] !== pattern[at % pattern.length]) return at;
  return -1;
}
