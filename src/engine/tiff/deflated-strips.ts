import type { FileHandle } from 'node:fs/promises';
import { promisify } from 'node:util';
import { deflate } from 'node:zlib';
import { writeFully } from '../image/file-bytes.ts';
import type { Samples } from '../image/pixels.ts';
import { stripRowBytes, type Strips, type StripShape } from './strips.ts';
import type { TiffLayout } from './types.ts';
import { even } from './write.ts';

const deflated = promisify<Uint8Array, Buffer>(deflate);
const stripBytes = 256 << 10;

interface Rows extends StripShape {
  /** Rows with the alpha sample, where there is one, after the colours of each pixel. */
  readRows(top: number, rows: number): Promise<Samples>;
}

/** Writes rows from `dataOffset` on, some at a time; answers where they end, and where each strip of them lies. */
export async function writeDeflated(
  file: FileHandle,
  picture: Rows,
  { littleEndian }: TiffLayout,
  dataOffset: number,
): Promise<{ readonly end: number; readonly strips: Strips }> {
  const rowsPerStrip = Math.max(1, Math.floor(stripBytes / stripRowBytes(picture)));
  const [offsets, counts]: [number[], number[]] = [[], []];
  let at = dataOffset;
  for (let top = 0; top < picture.height; top += rowsPerStrip) {
    const samples = await picture.readRows(top, Math.min(rowsPerStrip, picture.height - top));
    toDifferences(samples, picture.width, picture.channels + (picture.alpha ? 1 : 0));
    const bytes = Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength);
    if (picture.bits === 16 && !littleEndian) bytes.swap16();
    const packed = await deflated(bytes);
    await writeFully(file, packed, at);
    offsets.push(at);
    counts.push(packed.length);
    at = even(at + packed.length);
  }
  return { end: at, strips: { rowsPerStrip, offsets, counts, deflated: true } };
}

/** Each sample of a row becomes its difference from that of the pixel to its left, in place and modulo the range (TIFF 6.0 §14). */
function toDifferences(samples: Samples, width: number, samplesPerPixel: number): void {
  const length = width * samplesPerPixel;
  for (let row = 0; row < samples.length; row += length) {
    for (let index = row + length - 1; index >= row + samplesPerPixel; index -= 1) samples[index]! -= samples[index - samplesPerPixel]!;
  }
}
