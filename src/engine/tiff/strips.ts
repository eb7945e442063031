import { bytesPerRow, type PixelFormat } from '../image/pixels.ts';
import type { TiffLayout, TiffTypeName } from './types.ts';
import { numbersEntry, type TiffEntry } from './write.ts';

const stripBytes = 64 << 10;

/** The shape of a TIFF: `channels` colours, and the alpha sample after them where `alpha`. */
export interface StripShape extends PixelFormat {
  readonly alpha: boolean;
}

/** Bytes of one row with its alpha samples. */
export const stripRowBytes = (shape: StripShape): number => bytesPerRow(shape) + (shape.alpha ? (shape.width * shape.bits) / 8 : 0);

/** Where the rows of a picture lie in a file, so many rows after the others. */
export interface Strips {
  readonly rowsPerStrip: number;
  /** In bytes, from the beginning of the file. */
  readonly offsets: readonly number[];
  readonly counts: readonly number[];
  /** As Deflate of the differences between neighbours (TIFF 6.0 §14, and its supplement of 2002); otherwise as they are. */
  readonly deflated: boolean;
}

/** Rows as they are, one after the other. */
function plainStrips(shape: StripShape, dataOffset: number): Strips {
  const rowBytes = stripRowBytes(shape);
  const rowsPerStrip = Math.max(1, Math.floor(stripBytes / rowBytes));
  const length = Math.ceil(shape.height / rowsPerStrip);
  return {
    rowsPerStrip,
    offsets: Array.from({ length }, (_, index) => dataOffset + index * rowsPerStrip * rowBytes),
    counts: Array.from({ length }, (_, index) => Math.min(rowsPerStrip, shape.height - index * rowsPerStrip) * rowBytes),
    deflated: false,
  };
}

/** The tags that every photo of contiguous strips needs (TIFF 6.0 §4–6, unassociated alpha §18). */
export function stripEntries(
  shape: StripShape,
  file: TiffLayout & { dataOffset: number },
  { rowsPerStrip, offsets, counts, deflated }: Strips = plainStrips(shape, file.dataOffset),
): TiffEntry[] {
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
    entry(259, 'short', [deflated ? 8 : 1]),
    entry(262, 'short', [shape.channels === 3 ? 2 : 1]),
    entry(273, position, offsets),
    entry(277, 'short', [samples]),
    entry(278, 'long', [rowsPerStrip]),
    entry(279, position, counts),
    entry(284, 'short', [1]),
    ...(deflated ? [entry(317, 'short', [2])] : []),
    ...(shape.alpha ? [entry(338, 'short', [2])] : []),
    entry(
      339,
      'short',
      Array.from({ length: samples }, () => 1),
    ),
  ];
}
