import { bicubicPart } from './bicubic.ts';
import type { Pixels, Rectangle } from './pixels.ts';
import { maximum } from './samples.ts';
import { cropped } from './window-pixels.ts';

/** A picture in floating point, full range 0…1 and beyond: rows of interleaved samples, computed when they are read. */
export interface FloatRows {
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3;
  readRows(top: number, rows: number): Promise<Float32Array>;
}

/** A picture's samples, divided by the largest. */
export const floatRowsOf = (pixels: Pixels): FloatRows => ({
  width: pixels.width,
  height: pixels.height,
  channels: pixels.channels,
  readRows: async (top, rows) => {
    const full = maximum(pixels.bits);
    const samples = await pixels.readRows(top, rows);
    const values = new Float32Array(samples.length);
    for (let at = 0; at < samples.length; at += 1) values[at] = samples[at]! / full;
    return values;
  },
});

/** The part of a picture enlarged `scale` times, in pixels of the enlarged one. */
export const enlargedPart = (source: Pixels, scale: number, { left, top, width, height }: Rectangle): FloatRows =>
  floatRowsOf({
    width,
    height,
    channels: source.channels,
    bits: source.bits,
    readRows: (first, rows) => bicubicPart(source, scale, { left, top: top + first, width, height: rows }),
  });

/** The source of {@link enlargedPart}, whose edges must lie on whole source pixels. */
export const sourcePart = (source: Pixels, scale: number, { left, top, width, height }: Rectangle): FloatRows =>
  floatRowsOf(cropped(source, { left: left / scale, top: top / scale, width: width / scale, height: height / scale }));
