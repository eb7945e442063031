import type { Pixels, Rectangle, Samples } from './pixels.ts';
import { cubic } from './resample.ts';
import { maximum, newSamples } from './samples.ts';

/** For result pixels side by side: four weights each, and the source pixel that the first of them is for. */
export interface Taps {
  readonly firsts: Int32Array;
  readonly weights: Float64Array;
  /** Source pixels from the first to the last that counts. */
  readonly first: number;
  readonly count: number;
}

const tapsPerPixel = 4;
/** Pillow's weights for 8-bit samples are whole multiples of 2⁻²². */
const fixedPoint = 2 ** 22;

/**
 * What Pillow's `resize` with BICUBIC (a = −0.5) weighs for the result pixels `from`…`from + count − 1` of an axis of `length`
 * pixels enlarged `scale` times: beyond the edge nothing counts, and the rest is divided by its sum (Pillow, Resample.c).
 */
export function bicubicTaps(length: number, scale: number, from: number, count: number, bits?: 8 | 16): Taps {
  const firsts = new Int32Array(count);
  const weights = new Float64Array(count * tapsPerPixel);
  for (let index = 0; index < count; index += 1) {
    const centre = (from + index + 0.5) / scale;
    const first = Math.max(0, Math.floor(centre - 1.5));
    const end = Math.min(length, Math.floor(centre + 2.5));
    let sum = 0;
    for (let at = first; at < end; at += 1) sum += cubic(at + 0.5 - centre);
    // Near an edge some of the four weigh nothing, so that none lies beyond it.
    const start = Math.max(0, Math.min(first, length - tapsPerPixel));
    for (let at = first; at < end; at += 1) {
      const weight = cubic(at + 0.5 - centre) / sum;
      weights[index * tapsPerPixel + at - start] = bits === 8 ? fixed(weight) : weight;
    }
    firsts[index] = start;
  }
  const first = firsts[0]!;
  return { firsts, weights, first, count: Math.min(length, firsts[count - 1]! + tapsPerPixel) - first };
}

const fixed = (weight: number): number => (Math.sign(weight) * Math.floor(Math.abs(weight) * fixedPoint + 0.5)) / fixedPoint;

/**
 * A part, in pixels of the enlarged picture, of what Pillow makes of `source`: to the bit for 8-bit samples, which are clipped
 * and rounded between the two directions too; 16-bit ones are clipped there.
 */
export async function bicubicPart(source: Pixels, scale: number, part: Rectangle): Promise<Samples> {
  const { channels, bits } = source;
  const columns = bicubicTaps(source.width, scale, part.left, part.width, bits);
  const rows = bicubicTaps(source.height, scale, part.top, part.height, bits);
  const input = await source.readRows(rows.first, rows.count);
  const length = rows.count * part.width * channels;
  const clipped = { least: 0, most: maximum(bits), added: 0 };
  // Storing into an integer array drops the fraction.
  const rounded = { ...clipped, added: 0.5 };
  const wide =
    bits === 8
      ? widened(input, channels, rows.count, columns, new Uint8Array(length), rounded)
      : widened(input, channels, rows.count, columns, new Float32Array(length), clipped);
  return heightened(wide, rows, newSamples(bits, part.height * part.width * channels), rounded);
}

/** The source rows that `rows` needs, enlarged both ways; not rounded, not clipped. */
export function bicubicFloats(input: Float32Array, channels: number, columns: Taps, rows: Taps): Float32Array {
  const rowLength = columns.firsts.length * channels;
  const wide = widened(input, channels, rows.count, columns, new Float32Array(rows.count * rowLength), asItIs);
  return heightened(wide, rows, new Float32Array(rows.firsts.length * rowLength), asItIs);
}

type Values = Float32Array | Samples;

/** What becomes of a sum before it is stored. */
interface Storing {
  readonly least: number;
  readonly most: number;
  readonly added: number;
}

const asItIs: Storing = { least: -Infinity, most: Infinity, added: 0 };

/** Zeros after the samples of an axis that has fewer pixels than a pixel has taps: those beyond weigh nothing, but are read. */
function withTaps(input: Values, pixels: number, step: number): Values {
  if (pixels >= tapsPerPixel) return input;
  const length = input.length + (tapsPerPixel - pixels) * step;
  const longer = input instanceof Float32Array ? new Float32Array(length) : newSamples(input instanceof Uint8Array ? 8 : 16, length);
  longer.set(input);
  return longer;
}

/** Every one of `count` rows, made wider. */
function widened<Output extends Values>(
  input: Values,
  channels: number,
  count: number,
  { firsts, weights }: Taps,
  output: Output,
  { least, most, added }: Storing,
): Output {
  const sourceLength = input.length / count;
  const samples = withTaps(input, sourceLength / channels, channels);
  for (let y = 0, to = 0; y < count; y += 1) {
    for (let x = 0, tap = 0; x < firsts.length; x += 1, tap += tapsPerPixel) {
      const from = y * sourceLength + firsts[x]! * channels;
      const a = weights[tap]!;
      const b = weights[tap + 1]!;
      const c = weights[tap + 2]!;
      const d = weights[tap + 3]!;
      for (let at = from; at < from + channels; at += 1, to += 1) {
        const sum = samples[at]! * a + samples[at + channels]! * b + samples[at + 2 * channels]! * c + samples[at + 3 * channels]! * d;
        output[to] = Math.min(most, Math.max(least, sum + added));
      }
    }
  }
  return output;
}

/** Rows made from `input`, whose first row is `taps.first`. */
function heightened<Output extends Values>(
  input: Values,
  { firsts, weights, first, count }: Taps,
  output: Output,
  { least, most, added }: Storing,
): Output {
  const length = input.length / count;
  const samples = withTaps(input, count, length);
  for (let y = 0, to = 0; y < firsts.length; y += 1) {
    const from = (firsts[y]! - first) * length;
    const tap = y * tapsPerPixel;
    const a = weights[tap]!;
    const b = weights[tap + 1]!;
    const c = weights[tap + 2]!;
    const d = weights[tap + 3]!;
    for (let at = from; at < from + length; at += 1, to += 1) {
      const sum = samples[at]! * a + samples[at + length]! * b + samples[at + 2 * length]! * c + samples[at + 3 * length]! * d;
      output[to] = Math.min(most, Math.max(least, sum + added));
    }
  }
  return output;
}
