import type { FileHandle } from 'node:fs/promises';
import { promisify } from 'node:util';
import { deflate } from 'node:zlib';
import { writeFully } from '../image/file-bytes.ts';
import type { Samples } from '../image/pixels.ts';
import { stripRowBytes, type Strips, type StripShape } from './strips.ts';
import type { TiffLayout } from './types.ts';
import { even } from './write.ts';

const packedOf = promisify<Uint8Array, Buffer>(deflate);
/** Of rows that are read and written at once. */
const chunkBytes = 4 << 20;
/** Of a strip, before it is deflated. */
const stripBytes = 256 << 10;

interface Rows extends StripShape {
  /** Rows with the alpha sample, where there is one, after the colours of each pixel. */
  readRows(top: number, rows: number): Promise<Samples>;
}

interface Written {
  /** Where the rows end. */
  readonly end: number;
  /** Where each strip lies; undefined where they are as they are, one after the other. */
  readonly strips: Strips | undefined;
}

/** Writes the rows of a picture from `dataOffset` on, some at a time: as they are, or deflated. */
export async function writeStrips(
  file: FileHandle,
  picture: Rows,
  layout: TiffLayout,
  { dataOffset, deflated }: { readonly dataOffset: number; readonly deflated: boolean },
): Promise<Written> {
  if (deflated) return writeDeflated(file, picture, layout, dataOffset);
  const rowBytes = stripRowBytes(picture);
  const rows = Math.max(1, Math.floor(chunkBytes / rowBytes));
  for (let top = 0; top < picture.height; top += rows) {
    const samples = await picture.readRows(top, Math.min(rows, picture.height - top));
    await writeFully(file, bytesOf(samples, picture, layout), dataOffset + top * rowBytes);
  }
  return { end: dataOffset + rowBytes * picture.height, strips: undefined };
}

async function writeDeflated(file: FileHandle, picture: Rows, layout: TiffLayout, dataOffset: number): Promise<Written> {
  const rowsPerStrip = Math.max(1, Math.floor(stripBytes / stripRowBytes(picture)));
  const [offsets, counts]: [number[], number[]] = [[], []];
  let at = dataOffset;
  for (let top = 0; top < picture.height; top += rowsPerStrip) {
    const samples = await picture.readRows(top, Math.min(rowsPerStrip, picture.height - top));
    toDifferences(samples, picture.width, picture.channels + (picture.alpha ? 1 : 0));
    const packed = await packedOf(bytesOf(samples, picture, layout));
    await writeFully(file, packed, at);
    offsets.push(at);
    counts.push(packed.length);
    at = even(at + packed.length);
  }
  return { end: at, strips: { rowsPerStrip, offsets, counts, deflated: true } };
}

/** The samples in the byte order of the file; they are changed where it is not that of this computer. */
function bytesOf(samples: Samples, { bits }: Rows, { littleEndian }: TiffLayout): Buffer {
  const bytes = Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength);
  return bits === 16 && !littleEndian ? bytes.swap16() : bytes;
}

/** Each sample of a row becomes its difference from that of the pixel to its left, in place and modulo the range (TIFF 6.0 §14). */
function toDifferences(samples: Samples, width: number, samplesPerPixel: number): void {
  const length = width * samplesPerPixel;
  for (let row = 0; row < samples.length; row += length) {
    for (let index = row + length - 1; index >= row + samplesPerPixel; index -= 1) samples[index]! -= samples[index - samplesPerPixel]!;
  }
}
