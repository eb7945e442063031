import { bicubicFloats, bicubicTaps } from '../../image/bicubic.ts';
import type { FloatRows } from '../../image/float-rows.ts';

/**
 * Locks low frequencies to the photo: x + fidelity · U(photo − D(x)), where D is the mean of the `scale` × `scale` result pixels
 * that a pixel of the photo became and U the bicubic enlargement. It is one step of iterative back-projection (Irani and Peleg,
 * "Improving resolution by image registration", 1991): at 1 the result, made small again, is very nearly the photo, while everything
 * finer than a pixel of the photo stays the model's. A blur of a fixed width, such as the wavelet fix's, would lock less or more
 * than the photo knows, depending on the scale.
 * @param photo of the size of `made` divided by `scale`
 */
export function heldTo(photo: FloatRows, made: FloatRows, scale: number, fidelity: number): FloatRows {
  const { width, height, channels } = made;
  const columns = bicubicTaps(photo.width, scale, 0, width);
  return {
    width,
    height,
    channels,
    readRows: async (top, count) => {
      const rows = bicubicTaps(photo.height, scale, top, count);
      const [first, end] = [rows.first * scale, (rows.first + rows.count) * scale];
      // What is asked for is mostly within what it depends on, but not where the taps are few.
      const [from, to] = [Math.min(first, top), Math.max(end, top + count)];
      const values = await made.readRows(from, to - from);
      const length = width * channels;
      const missing = reduced(values.subarray((first - from) * length, (end - from) * length), width, channels, scale);
      const wanted = await photo.readRows(rows.first, rows.count);
      for (let at = 0; at < missing.length; at += 1) missing[at] = wanted[at]! - missing[at]!;
      const correction = bicubicFloats(missing, channels, columns, rows);
      const held = values.subarray((top - from) * length, (top - from + count) * length);
      for (let at = 0; at < held.length; at += 1) held[at] = held[at]! + fidelity * correction[at]!;
      return held;
    },
  };
}

/** Means of `scale` × `scale` pixels. */
function reduced(values: Float32Array, width: number, channels: number, scale: number): Float32Array {
  const result = new Float32Array(values.length / scale ** 2);
  const length = (width / scale) * channels;
  const share = 1 / scale ** 2;
  for (let y = 0, from = 0; from < values.length; y += 1) {
    const row = Math.floor(y / scale) * length;
    for (let to = row; to < row + length; to += channels) {
      for (let x = 0; x < scale; x += 1) {
        for (let channel = 0; channel < channels; channel += 1, from += 1) {
          result[to + channel] = result[to + channel]! + share * values[from]!;
        }
      }
    }
  }
  return result;
}
