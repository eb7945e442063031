import type { Samples } from '../image/pixels.ts';
import { newSamples } from '../image/samples.ts';
import { columnsOf } from '../image/window-pixels.ts';

export interface TilePixels {
  readonly samples: Samples;
  readonly width: number;
  readonly height: number;
}

/** The tile with itself mirrored, again and again, beyond its right and lower edges, so that each side has at least `side` pixels. */
export function mirroredTo({ samples, width, height }: TilePixels, side: number): TilePixels {
  const channels = samples.length / (width * height);
  const [wide, high] = [Math.max(side, width), Math.max(side, height)];
  const output = newSamples(samples instanceof Uint16Array ? 16 : 8, wide * high * channels);
  for (let y = 0, to = 0; y < high; y += 1) {
    for (let x = 0; x < wide; x += 1) {
      const from = (mirrored(y, height) * width + mirrored(x, width)) * channels;
      for (let c = 0; c < channels; c += 1) output[to++] = samples[from + c]!;
    }
  }
  return { samples: output, width: wide, height: high };
}

/** Which of `length` pixels a mirror at both ends shows at `at`: neither end is shown twice. */
function mirrored(at: number, length: number): number {
  const period = Math.max(1, 2 * (length - 1));
  const place = at % period;
  return place < length ? place : period - place;
}

/** The upper left part of that size. */
export function cornerOf({ samples, width, height }: TilePixels, corner: { readonly width: number; readonly height: number }): Samples {
  const channels = samples.length / (width * height);
  const rows = samples.subarray(0, corner.height * width * channels);
  return columnsOf<Samples>(rows, width * channels, 0, corner.width * channels);
}
