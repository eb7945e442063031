/** Rows of interleaved 8-bit samples. */
export interface Rows {
  readonly samples: Uint8Array;
  readonly width: number;
  readonly channels: number;
  /** The last channel is alpha: colours count by it. */
  readonly alpha: boolean;
}

/**
 * Half as many rows and columns, rounded up: each pixel is the mean of the two by two that it covers, of those that exist at
 * an odd edge. Transparent pixels give their neighbours no colour.
 */
export function halved({ samples, width, channels, alpha }: Rows): Uint8Array {
  const height = samples.length / (width * channels);
  const [toWidth, toHeight] = [Math.ceil(width / 2), Math.ceil(height / 2)];
  const output = new Uint8Array(toWidth * toHeight * channels);
  const average = alpha ? weightedMean : mean;
  for (let y = 0, to = 0; y < toHeight; y++) {
    const upper = 2 * y * width * channels;
    const lower = Math.min(2 * y + 1, height - 1) * width * channels;
    for (let x = 0; x < toWidth; x++, to += channels) {
      const left = 2 * x * channels;
      const right = Math.min(2 * x + 1, width - 1) * channels;
      average(samples, upper + left, upper + right, lower + left, lower + right, output, to, channels);
    }
  }
  return output;
}

/** Writes the mean of the four pixels at `a` … `d` to `output` at `to`. */
type Average = (samples: Uint8Array, a: number, b: number, c: number, d: number, output: Uint8Array, to: number, channels: number) => void;

const mean: Average = (samples, a, b, c, d, output, to, channels) => {
  for (let i = 0; i < channels; i++) output[to + i] = (samples[a + i]! + samples[b + i]! + samples[c + i]! + samples[d + i]! + 2) >> 2;
};

const weightedMean: Average = (samples, a, b, c, d, output, to, channels) => {
  const last = channels - 1;
  const [wa, wb, wc, wd] = [samples[a + last]!, samples[b + last]!, samples[c + last]!, samples[d + last]!];
  const weight = wa + wb + wc + wd;
  if (weight === 0) {
    mean(samples, a, b, c, d, output, to, channels);
    return;
  }
  for (let i = 0; i < last; i++) {
    const sum = samples[a + i]! * wa + samples[b + i]! * wb + samples[c + i]! * wc + samples[d + i]! * wd;
    output[to + i] = Math.round(sum / weight);
  }
  output[to + last] = (weight + 2) >> 2;
};
