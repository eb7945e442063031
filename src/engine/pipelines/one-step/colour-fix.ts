import type { FloatRows } from '../../image/float-rows.ts';
import type { ChannelStatistics } from '../../image/statistics.ts';

/**
 * Colour fixes: a result gets the colours of the enlarged photo it was made from (`wavelet_color_fix.py` of StableSR and those after
 * it, by pkuliyi2015).
 */

const epsilon = 1e-5;

/** AdaIN: per channel (x − mean) / σ in the source's mean and σ, where σ² is the variance + 10⁻⁵. */
export function adain(made: FloatRows, own: ChannelStatistics, wanted: ChannelStatistics): FloatRows {
  const { channels } = made;
  const [gains, offsets] = [new Float64Array(channels), new Float64Array(channels)];
  for (let channel = 0; channel < channels; channel += 1) {
    const gain = Math.sqrt((wanted.variance(channel) + epsilon) / (own.variance(channel) + epsilon));
    gains[channel] = gain;
    offsets[channel] = wanted.mean(channel) - own.mean(channel) * gain;
  }
  return {
    ...sizeOf(made),
    readRows: async (top, rows) => {
      const values = await made.readRows(top, rows);
      for (let at = 0; at < values.length;) {
        for (let channel = 0; channel < channels; channel += 1, at += 1) {
          values[at] = values[at]! * gains[channel]! + offsets[channel]!;
        }
      }
      return values;
    },
  };
}

/** Distances of the taps of the five blurs, one after the other. */
const distances = [1, 2, 4, 8, 16];
const reach = 31;

/** The made picture's high frequencies over the source's low ones: x + low₅(source − x), since the blur is linear. */
export function waveletFixed(made: FloatRows, source: FloatRows): FloatRows {
  const { width, height, channels } = made;
  return {
    ...sizeOf(made),
    readRows: async (top, rows) => {
      const first = Math.max(0, top - reach);
      const end = Math.min(height, top + rows + reach);
      const values = await made.readRows(first, end - first);
      const wanted = await source.readRows(first, end - first);
      for (let at = 0; at < wanted.length; at += 1) wanted[at] = wanted[at]! - values[at]!;
      let window: Window = { first, values: wanted };
      for (const distance of distances) window = blurred(window, distance, width, height, channels);
      const row = width * channels;
      const fixed = values.subarray((top - first) * row, (top - first + rows) * row);
      const shift = (top - window.first) * row;
      for (let at = 0; at < fixed.length; at += 1) fixed[at] = fixed[at]! + window.values[shift + at]!;
      return fixed;
    },
  };
}

/** Rows of a picture from `first` on. */
interface Window {
  readonly first: number;
  readonly values: Float32Array;
}

/**
 * [1 2 1]/4 both ways with its taps `distance` apart; beyond the picture its edge repeats. Rows whose taps lie beyond the window,
 * but not beyond the picture, are not among the answer.
 */
function blurred({ first, values }: Window, distance: number, width: number, height: number, channels: number): Window {
  const row = width * channels;
  const end = first + values.length / row;
  const wide = new Float32Array(values.length);
  for (let begin = 0; begin < values.length; begin += row) {
    for (let x = 0, at = begin; x < width; x += 1) {
      const before = begin + Math.max(0, x - distance) * channels;
      const after = begin + Math.min(width - 1, x + distance) * channels;
      for (let channel = 0; channel < channels; channel += 1, at += 1) {
        wide[at] = (values[before + channel]! + 2 * values[at]! + values[after + channel]!) / 4;
      }
    }
  }
  const from = first === 0 ? 0 : first + distance;
  const to = end === height ? height : end - distance;
  const result = new Float32Array((to - from) * row);
  for (let y = from; y < to; y += 1) {
    const above = (Math.max(0, y - distance) - first) * row;
    const here = (y - first) * row;
    const below = (Math.min(height - 1, y + distance) - first) * row;
    const at = (y - from) * row;
    for (let x = 0; x < row; x += 1) {
      result[at + x] = (wide[above + x]! + 2 * wide[here + x]! + wide[below + x]!) / 4;
    }
  }
  return { first: from, values: result };
}

const sizeOf = ({ width, height, channels }: FloatRows): Omit<FloatRows, 'readRows'> => ({ width, height, channels });
