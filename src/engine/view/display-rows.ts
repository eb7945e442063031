import type { Photo } from '../photo/open.ts';
import type { Samples } from '../image/pixels.ts';

/** A photo as it is shown: 8 bits per sample, interleaved, alpha (not premultiplied) after the colours where there is one. */
export interface DisplayRows {
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  readonly alpha: boolean;
  readRows(top: number, rows: number): Promise<Uint8Array>;
}

/** 8-bit photos are shown as they are, 16-bit ones rounded to the nearest of 256 values. */
export function displayRows({ pixels, alpha }: Pick<Photo, 'pixels' | 'alpha'>): DisplayRows {
  const { width, height, channels } = pixels;
  const shape = { width, height, alpha: alpha !== null, channels: channels + (alpha === null ? 0 : 1) };
  return {
    ...shape,
    async readRows(top, rows) {
      const colours = rounded(await pixels.readRows(top, rows));
      return alpha === null ? colours : joined(colours, channels, rounded(await alpha.readRows(top, rows)));
    },
  };
}

/** 257 · 255 = 65535: full range to full range. */
function rounded(samples: Samples): Uint8Array {
  if (samples instanceof Uint8Array) return samples;
  const output = new Uint8Array(samples.length);
  for (let i = 0; i < samples.length; i++) output[i] = Math.round(samples[i]! / 257);
  return output;
}

function joined(colours: Uint8Array, channels: number, alphas: Uint8Array): Uint8Array {
  const output = new Uint8Array(colours.length + alphas.length);
  for (let i = 0, from = 0, to = 0; i < alphas.length; i++) {
    for (let c = 0; c < channels; c++) output[to++] = colours[from++]!;
    output[to++] = alphas[i]!;
  }
  return output;
}
