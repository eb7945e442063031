import type { Pixels, Rectangle, Samples } from './pixels.ts';
import { newSamples } from './samples.ts';

/**
 * A picture of which only a part is known, in the coordinates of the whole: zero everywhere else. A tiled run over a region
 * that lies inside the part by at least its overlap does not see the difference, and finds the true edges of the picture.
 */
export class WindowPixels implements Pixels {
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3;
  readonly bits: 8 | 16;
  readonly #part: Pixels;
  readonly #left: number;
  readonly #top: number;

  /** `part` has the size of `place`, which lies within `width`×`height`. */
  constructor(part: Pixels, place: Rectangle, width: number, height: number) {
    if (part.width !== place.width || part.height !== place.height) throw new Error('the part does not have the size of its place');
    this.width = width;
    this.height = height;
    this.channels = part.channels;
    this.bits = part.bits;
    this.#part = part;
    this.#left = place.left;
    this.#top = place.top;
  }

  async readRows(top: number, rows: number): Promise<Samples> {
    const samples = newSamples(this.bits, rows * this.width * this.channels);
    const from = Math.max(top, this.#top);
    const to = Math.min(top + rows, this.#top + this.#part.height);
    if (from >= to) return samples;
    const known = await this.#part.readRows(from - this.#top, to - from);
    const rowLength = this.#part.width * this.channels;
    for (let y = from; y < to; y += 1) {
      const row = known.subarray((y - from) * rowLength, (y - from + 1) * rowLength);
      samples.set(row, ((y - top) * this.width + this.#left) * this.channels);
    }
    return samples;
  }
}

/** The part of a picture inside `place`, as a picture of its own. */
export const cropped = (whole: Pixels, { left, top, width, height }: Rectangle): Pixels => ({
  width,
  height,
  channels: whole.channels,
  bits: whole.bits,
  readRows: async (first, rows) => {
    const { channels } = whole;
    return columnsOf(await whole.readRows(top + first, rows), whole.width * channels, left * channels, width * channels);
  },
});

/** Of rows of `length` samples the `count` samples from `first` on; the rows themselves where that is all of them. */
export function columnsOf<Values extends Samples>(rows: Values, length: number, first: number, count: number): Values;
export function columnsOf(rows: Samples, length: number, first: number, count: number): Samples {
  if (count === length) return rows;
  const height = rows.length / length;
  const samples = newSamples(rows instanceof Uint16Array ? 16 : 8, height * count);
  for (let y = 0; y < height; y += 1) samples.set(rows.subarray(y * length + first, y * length + first + count), y * count);
  return samples;
}

/** `region` and `margin` pixels around it, as far as the picture goes. */
export function grown(region: Rectangle, margin: number, { width, height }: { width: number; height: number }): Rectangle {
  const left = Math.max(0, region.left - margin);
  const top = Math.max(0, region.top - margin);
  const right = Math.min(width, region.left + region.width + margin);
  const bottom = Math.min(height, region.top + region.height + margin);
  return { left, top, width: right - left, height: bottom - top };
}

/** The rectangle in a picture enlarged by a whole factor. */
export const enlarged = ({ left, top, width, height }: Rectangle, scale: number): Rectangle => ({
  left: left * scale,
  top: top * scale,
  width: width * scale,
  height: height * scale,
});
