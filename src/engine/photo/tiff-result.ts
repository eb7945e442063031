import { open } from 'node:fs/promises';
import { writeFully } from '../image/file-bytes.ts';
import { asBytes } from '../image/samples.ts';
import { stripEntries, stripRowBytes } from '../image/strip-layout.ts';
import {
  bytesEntry,
  numbersEntry,
  tiffDirectory,
  tiffDirectoryBytes,
  tiffHeader,
  type TiffEntry,
  type TiffLayout,
} from '../image/tiff-directory.ts';
import type { Attachments } from './attachments.ts';
import type { Composition } from './compose.ts';
import { mark } from './mark.ts';
import { TiffStream, type TiffDirectory } from './tiff-tags.ts';

/** Classic TIFF addresses 4 GiB; beyond this the file is a BigTIFF, which fewer programs read. */
const classicBytes = 3.9e9;
const chunkBytes = 4 << 20;

/** Descriptive directories that the first one points to: EXIF, GPS, and interoperability within EXIF. */
const pointers = [0x8769, 0x8825, 0xa005];

/**
 * Writes the picture as a TIFF with these attachments to the file at `to`, which must not exist. Uncompressed: no encoder
 * pass is needed, memory is a few rows, every program reads it; deflate would save a fifth of a photo at ten times the time.
 *
 * The EXIF block is put at the very start of the file, in its own byte order, so that all positions within it — those of
 * maker notes too — stay true; only its first directory is written anew, after the pixels.
 * @returns what could not be kept
 */
export async function writeTiffResult(picture: Composition, attachments: Attachments, to: string): Promise<string[]> {
  const exif = attachments.exif && TiffStream.open(attachments.exif);
  const pixelBytes = stripRowBytes(picture) * picture.height;
  const big = pixelBytes > classicBytes;
  const layout: TiffLayout = { big, littleEndian: big || (exif?.littleEndian ?? true) };
  const file = await open(to, 'wx');
  try {
    const start = exif !== null && !big ? exif.bytes : new Uint8Array(big ? 16 : 8);
    await writeFully(file, start, 0);
    const dataOffset = even(start.length);
    const end = await writePixels(file, picture, layout, dataOffset);
    let directoryAt = even(end);
    const entries = new Map<number, TiffEntry>();
    if (exif !== null) {
      const described = big ? bigEntries(exif, directoryAt) : { entries: classicEntries(exif), bytes: new Uint8Array() };
      await writeFully(file, described.bytes, directoryAt);
      directoryAt += described.bytes.length;
      for (const entry of described.entries) if (!isOddUnit(entry, layout)) entries.set(entry.tag, entry);
    }
    for (const entry of [...stripEntries(picture, { ...layout, dataOffset }), ...attachedEntries(attachments, layout, entries)])
      entries.set(entry.tag, entry);
    await writeFully(file, tiffDirectory([...entries.values()], layout, directoryAt), directoryAt);
    await writeFully(file, tiffHeader(layout, directoryAt), 0);
  } finally {
    await file.close();
  }
  return exif !== null && big ? ['Maker note: its internal positions could not be kept in a file beyond 4 GB.'] : [];
}

async function writePixels(
  file: Parameters<typeof writeFully>[0],
  picture: Composition,
  { littleEndian }: TiffLayout,
  dataOffset: number,
): Promise<number> {
  const rowBytes = stripRowBytes(picture);
  const rows = Math.max(1, Math.floor(chunkBytes / rowBytes));
  for (let top = 0; top < picture.height; top += rows) {
    const samples = await picture.readRows(top, Math.min(rows, picture.height - top));
    const bytes = Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength);
    if (picture.bits === 16 && !littleEndian) bytes.swap16();
    await writeFully(file, asBytes(samples), dataOffset + top * rowBytes);
  }
  return dataOffset + rowBytes * picture.height;
}

/** The tags of the block's first directory, with pointers as they are: the block keeps its place at the start of the file. */
function classicEntries(exif: TiffStream): TiffEntry[] {
  return exif.first().tags.map((tag) => ({ tag: tag.tag, type: tag.type, count: tag.count, bytes: exif.values(tag) }));
}

/** The block's directories written anew for a little-endian BigTIFF, from file position `offset` on. */
function bigEntries(exif: TiffStream, offset: number): { entries: TiffEntry[]; bytes: Uint8Array } {
  const layout: TiffLayout = { big: true, littleEndian: true };
  const written: Uint8Array[] = [];
  let at = offset;
  const convert = (directory: TiffDirectory): TiffEntry[] =>
    directory.tags.map((tag) => {
      const to = exif.number(tag);
      if (!pointers.includes(tag.tag) || to === null) {
        return { tag: tag.tag, type: tag.type, count: tag.count, bytes: littleEndianValues(exif, tag.type, exif.values(tag)) };
      }
      const inner = convert(exif.directory(to));
      const bytes = tiffDirectory(inner, layout, at);
      written.push(bytes);
      const entry = numbersEntry(tag.tag, 'ifd8', [at]);
      at += tiffDirectoryBytes(inner, layout);
      return entry;
    });
  return { entries: convert(exif.first()), bytes: Buffer.concat(written) };
}

function littleEndianValues({ littleEndian }: TiffStream, type: number, values: Buffer): Uint8Array {
  const copy = Buffer.from(values);
  if (littleEndian) return copy;
  if ([3, 8].includes(type)) return copy.swap16();
  if ([4, 5, 9, 10, 11, 13].includes(type)) return copy.swap32();
  return type === 12 ? copy.swap64() : copy;
}

function attachedEntries(attachments: Attachments, { littleEndian }: TiffLayout, described: ReadonlyMap<number, TiffEntry>): TiffEntry[] {
  const { xmp, iptc, resources, icc, dpi } = attachments;
  const entry = (tag: number, type: 'short' | 'rational', values: number[]): TiffEntry => numbersEntry(tag, type, values, littleEndian);
  // The resolution of the EXIF block, which has been set already, is more exact.
  const resolution = dpi !== null && !described.has(282) ? [Math.round(dpi * 1000), 1000] : null;
  return [
    entry(274, 'short', [1]),
    ...(resolution ? [entry(282, 'rational', resolution), entry(283, 'rational', resolution), entry(296, 'short', [2])] : []),
    ...(xmp ? [bytesEntry(700, 'byte', xmp)] : []),
    ...(iptc ? [bytesEntry(33_723, 'undefined', iptc)] : []),
    ...(resources ? [bytesEntry(34_377, 'byte', resources)] : []),
    ...(icc ? [bytesEntry(34_675, 'undefined', icc)] : []),
    bytesEntry(mark.tiffTag, 'ascii', mark.text),
  ];
}

/** Readers refuse a TIFF for an impossible resolution unit; in EXIF they pass over it. */
function isOddUnit({ tag, bytes }: TiffEntry, { littleEndian }: TiffLayout): boolean {
  const [low = 0, high = 0] = littleEndian ? bytes : bytes.toReversed();
  const unit = low | (high << 8);
  return tag === 296 && (unit < 1 || unit > 3);
}

const even = (length: number): number => length + (length % 2);
