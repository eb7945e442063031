/**
 * The one representation of pixels in the engine.
 *
 * - Layout: rows top to bottom, upright (EXIF orientation already applied), samples interleaved, no padding.
 * - Channels: 3 (RGB) or 1 (grey). Alpha travels apart, as a `Pixels` of 1 channel of the same size.
 * - Range: the full range of the sample type; `bits` 8 → Uint8Array 0…255, `bits` 16 → Uint16Array 0…65535 (native endian).
 * - Transfer curve and primaries: those of the source's own RGB or grey profile (nothing is linearised). CMYK and Lab
 *   sources have been converted to sRGB through their profile on decoding.
 * - Under transparent alpha the colour is bled outwards from opaque neighbours, so that enlarging makes no halo.
 */
export interface PixelFormat {
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3;
  readonly bits: 8 | 16;
}

export type Samples = Uint8Array | Uint16Array;

/** A rectangle in pixels; right and bottom edges are exclusive at left+width, top+height. */
export interface Rectangle {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** A photo's pixels, read by rows so that no more than a tile row has to be in memory. */
export interface Pixels extends PixelFormat {
  /** Rows `top` … `top + rows - 1` as `rows · width · channels` samples. The buffer is the caller's to keep. */
  readRows(top: number, rows: number): Promise<Samples>;
}

/** Rows as a decoder gives them: any number of interleaved channels, and something to let go of. */
export interface InterleavedRows extends Omit<Pixels, 'channels'> {
  readonly channels: number;
  close(): Promise<void>;
}

export const samplesPerRow = (format: PixelFormat): number => format.width * format.channels;
export const bytesPerRow = (format: PixelFormat): number => samplesPerRow(format) * (format.bits / 8);
