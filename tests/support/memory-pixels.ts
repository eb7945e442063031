import type { PixelFormat, Pixels, Rectangle, Samples } from '../../src/engine/image/pixels.ts';

/** A photo in memory. */
export function memoryPixels(format: PixelFormat, samples: Samples): Pixels {
  const row = format.width * format.channels;
  return { ...format, readRows: (top, rows) => Promise.resolve(samples.slice(top * row, (top + rows) * row)) };
}

/** Reproducible noise in full range (a linear congruential generator), so that no two neighbours are alike. */
export function noise(format: PixelFormat, seed = 1): Samples {
  const length = format.width * format.height * format.channels;
  const samples = format.bits === 16 ? new Uint16Array(length) : new Uint8Array(length);
  let state = seed;
  for (let index = 0; index < length; index += 1) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    samples[index] = state >>> (format.bits === 16 ? 16 : 24);
  }
  return samples;
}

/** Every pixel repeated scale × scale times: what the identity graphs compute. */
export function nearest(format: PixelFormat, samples: Samples, scale: number): Samples {
  const { width, height, channels } = format;
  const result =
    samples instanceof Uint16Array ? new Uint16Array(samples.length * scale ** 2) : new Uint8Array(samples.length * scale ** 2);
  for (let y = 0, to = 0; y < height * scale; y += 1) {
    for (let x = 0; x < width * scale; x += 1) {
      const from = (Math.floor(y / scale) * width + Math.floor(x / scale)) * channels;
      for (let channel = 0; channel < channels; channel += 1, to += 1) result[to] = samples[from + channel] ?? 0;
    }
  }
  return result;
}

/** Whether two images have the same samples; said with a yes or no, since a list of millions of differences helps nobody. */
export const same = (a: Samples, b: Samples): boolean =>
  a.constructor === b.constructor && a.length === b.length && Buffer.compare(bytesOf(a), bytesOf(b)) === 0;

const bytesOf = (samples: Samples): Uint8Array => new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength);

/** The part of an image. */
export function crop(format: PixelFormat, samples: Samples, { left, top, width, height }: Rectangle): Samples {
  const { channels } = format;
  const result = samples instanceof Uint16Array ? new Uint16Array(width * height * channels) : new Uint8Array(width * height * channels);
  for (let y = 0; y < height; y += 1) {
    const from = ((top + y) * format.width + left) * channels;
    result.set(samples.subarray(from, from + width * channels), y * width * channels);
  }
  return result;
}

/** A sink and what it got. */
export function collector(bits: 8 | 16): { sink: (rows: Samples) => Promise<void>; calls: () => number; all: () => Samples } {
  const parts: Samples[] = [];
  return {
    sink: (rows) => {
      parts.push(rows);
      return Promise.resolve();
    },
    calls: () => parts.length,
    all: () => {
      const length = parts.reduce((sum, part) => sum + part.length, 0);
      const result = bits === 16 ? new Uint16Array(length) : new Uint8Array(length);
      let at = 0;
      for (const part of parts) {
        result.set(part, at);
        at += part.length;
      }
      return result;
    },
  };
}
