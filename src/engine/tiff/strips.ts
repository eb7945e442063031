import { bytesPerRow, type PixelFormat } from '../image/pixels.ts';
import type { TiffLayout, TiffTypeName } from './types.ts';
import { numbersEntry, type TiffEntry } from './write.ts';

const stripBytes = 64 << 10;

/** The shape of an uncompressed TIFF: `channels` colours, and the alpha sample after them where `alpha`. */
export interface StripShape extends PixelFormat {
  readonly alpha: boolean;
}

/** Bytes of one row with its alpha samples. */
export const stripRowBytes = (shape: StripShape): number => bytesPerRow(shape) + (shape.alpha ? (shape.width * shape.bits) / 8 : 0);

/** The tags that every uncompressed photo of contiguous strips needs (TIFF 6.0 §4–6, unassociated alpha §18). */
export function stripEntries(shape: StripShape, file: TiffLayout & { dataOffset: number }): TiffEntry[] {
  const rowBytes = stripRowBytes(shape);
  const rowsPerStrip = Math.max(1, Math.floor(stripBytes / rowBytes));
  const strips = Math.ceil(shape.height / rowsPerStrip);
  const offsets = Array.from({ length: strips }, (_, index) => file.dataOffset + index * rowsPerStrip * rowBytes);
  const counts = Array.from({ length: strips }, (_, index) => Math.min(rowsPerStrip, shape.height - index * rowsPerStrip) * rowBytes);
  const samples = shape.channels + (shape.alpha ? 1 : 0);
  const entry = (tag: number, type: TiffTypeName, values: readonly number[]): TiffEntry =>
    numbersEntry(tag, type, values, file.littleEndian);
  const position = file.big ? 'long8' : 'long';
  return [
    entry(256, 'long', [shape.width]),
    entry(257, 'long', [shape.height]),
    entry(
      258,
      'short',
      Array.from({ length: samples }, () => shape.bits),
    ),
    entry(259, 'short', [1]),
    entry(262, 'short', [shape.channels === 3 ? 2 : 1]),
    entry(273, position, offsets),
    entry(277, 'short', [samples]),
    entry(278, 'long', [rowsPerStrip]),
    entry(279, position, counts),
    entry(284, 'short', [1]),
    ...(shape.alpha ? [entry(338, 'short', [2])] : []),
    entry(
      339,
      'short',
      Array.from({ length: samples }, () => 1),
    ),
  ];
}
