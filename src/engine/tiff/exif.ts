import { bytesInMemory } from '../image/file-bytes.ts';
import { TiffReader, type TiffDirectory, type TiffTag } from './read.ts';
import { pointers, tiffTypes, type TiffLayout } from './types.ts';
import { numbersEntry, tiffDirectory, tiffDirectoryBytes, tiffHeader, type TiffEntry } from './write.ts';
import { sentence, type Sentence } from '../../shared/sentence.ts';

/** Tags of Exif 2.32 §4.6.4–4.6.5 that describe the pixels and so change with them. */
const tags = {
  imageWidth: 0x0100,
  imageLength: 0x0101,
  orientation: 0x0112,
  xResolution: 0x011a,
  yResolution: 0x011b,
  resolutionUnit: 0x0128,
  thumbnailOffset: 0x0201,
  thumbnailLength: 0x0202,
  makerNote: 0x927c,
  pixelWidth: 0xa002,
  pixelHeight: 0xa003,
} as const;

const inch = 2;

/** The directories of an EXIF block: a classic TIFF stream. Null where it is none. */
export function readExif(block: Uint8Array): TiffReader | null {
  const reader = TiffReader.open(bytesInMemory(block));
  return reader?.layout.big === false ? reader : null;
}

export interface PatchedExif {
  readonly exif: Uint8Array;
  readonly hadThumbnail: boolean;
}

/**
 * An EXIF block (a TIFF stream) for the enlarged picture: upright, with the new size (and `dpi` where given), without the
 * embedded thumbnail. Everything else keeps its bytes and its place, because maker notes point into the block by
 * position; only a thumbnail at the very end is cut off, one in between is zeroed. Null where it is not a TIFF stream.
 */
export function patchExif(block: Uint8Array, result: { width: number; height: number; dpi: number | null }): PatchedExif | null {
  const patch = Patch.of(block);
  if (patch === null) return null;
  const { first } = patch;
  patch.set(first, tags.imageWidth, result.width);
  patch.set(first, tags.imageLength, result.height);
  patch.set(first, tags.orientation, 1);
  if (result.dpi !== null) patch.setResolution(result.dpi);
  const exif = first.pointed(pointers.exif);
  if (exif !== null) {
    patch.set(exif, tags.pixelWidth, result.width);
    patch.set(exif, tags.pixelHeight, result.height);
  }
  return patch.withoutThumbnail();
}

/** A copy of a block that is changed in place. */
class Patch {
  readonly first: TiffDirectory;
  readonly #bytes: Buffer;
  readonly #littleEndian: boolean;

  private constructor(bytes: Buffer, reader: TiffReader) {
    this.#bytes = bytes;
    this.#littleEndian = reader.layout.littleEndian;
    this.first = reader.first();
  }

  static of(block: Uint8Array): Patch | null {
    const bytes = Buffer.from(Uint8Array.from(block).buffer);
    const reader = readExif(bytes);
    return reader && new Patch(bytes, reader);
  }

  /** Sets the only value of a tag in place; a short becomes a long, which takes no more room. */
  set(directory: TiffDirectory, tag: number, value: number): void {
    const found = directory.find(tag);
    if (found?.count !== 1) return;
    const { long, short } = tiffTypes;
    if (found.type === short.code && value <= 0xffff) {
      this.#put(found.valuesAt, 2, value);
    } else if (found.type === short.code || found.type === long.code) {
      this.#put(found.entryAt + 2, 2, long.code);
      this.#put(found.valuesAt, 4, value);
    }
  }

  setResolution(dpi: number): void {
    for (const tag of [tags.xResolution, tags.yResolution]) {
      const found = this.first.find(tag);
      if (found?.type !== tiffTypes.rational.code || found.count !== 1) continue;
      this.#put(found.valuesAt, 4, Math.round(dpi * 1000));
      this.#put(found.valuesAt + 4, 4, 1000);
    }
    this.set(this.first, tags.resolutionUnit, inch);
  }

  /** The second directory of an EXIF block is the thumbnail's. */
  withoutThumbnail(): PatchedExif {
    const { next, nextAt, reader } = this.first;
    if (next === 0) return { exif: this.#bytes, hadThumbnail: false };
    const second = reader.directory(next);
    const offset = second.number(tags.thumbnailOffset) ?? 0;
    const length = second.number(tags.thumbnailLength) ?? 0;
    this.#put(nextAt, 4, 0);
    const end = offset + length;
    if (offset === 0 || length === 0 || end > this.#bytes.length) return { exif: this.#bytes, hadThumbnail: false };
    // Some bytes of padding may follow the thumbnail.
    if (this.#bytes.length - end < 4 && offset > this.#highestReference()) {
      return { exif: this.#bytes.subarray(0, offset), hadThumbnail: true };
    }
    this.#bytes.fill(0, offset, end);
    return { exif: this.#bytes, hadThumbnail: true };
  }

  /** The last byte that the directories other than the thumbnail's use. */
  #highestReference(): number {
    const used = [this.first, this.first.pointed(pointers.exif), this.first.pointed(pointers.gps)];
    const ends = used.flatMap((directory) => directory?.tags ?? []).map(({ valuesAt, bytes }) => valuesAt + bytes);
    return Math.max(0, ...ends);
  }

  #put(at: number, size: 2 | 4, value: number): void {
    if (this.#littleEndian) this.#bytes.writeUIntLE(value, at, size);
    else this.#bytes.writeUIntBE(value, at, size);
  }
}

/** The orientation 1…8 that an EXIF block states, or null. */
export function exifOrientation(block: Uint8Array): number | null {
  const value = readExif(block)?.first().number(tags.orientation) ?? 0;
  return value >= 1 && value <= 8 ? value : null;
}

/** Whether an EXIF block states dots per inch. */
export const hasResolution = (block: Uint8Array): boolean => readExif(block)?.first().find(tags.xResolution) !== undefined;

/** Names of what an EXIF block holds that people care about: for the report. */
export function exifContents(block: Uint8Array): Sentence[] {
  const first = readExif(block)?.first();
  const gps = first?.pointed(pointers.gps)?.tags ?? [];
  return [
    ...(gps.some(({ tag }) => tag !== 0) ? [sentence('part.gps')] : []),
    ...(first?.pointed(pointers.exif)?.find(tags.makerNote) ? [sentence('part.makerNote')] : []),
  ];
}

/** Values longer than this (strip tables, embedded files) are not metadata that EXIF could carry. */
const maximumValueBytes = 8 << 20;

/**
 * The tags of a TIFF file's first directory for which `isKept`, and the EXIF, GPS and interoperability directories, as one EXIF block
 * in the byte order of the file. Null where there is nothing.
 */
export function gatherExif(first: TiffDirectory, isKept: (tag: number) => boolean): Uint8Array | null {
  const layout: TiffLayout = { big: false, littleEndian: first.reader.layout.littleEndian };
  const own = entriesOf(first, ({ tag }) => isKept(tag) && tag !== pointers.exif && tag !== pointers.gps);
  const exif = first.pointed(pointers.exif);
  const gps = first.pointed(pointers.gps);
  const interoperability = exif?.pointed(pointers.interoperability) ?? null;
  if (own.length === 0 && exif === null && gps === null) return null;

  const pointer = (tag: number, to: number): TiffEntry => numbersEntry(tag, 'long', [to], layout.littleEndian);
  const ofFirst = (exifAt: number, gpsAt: number): TiffEntry[] => [
    ...own,
    ...(exif ? [pointer(pointers.exif, exifAt)] : []),
    ...(gps ? [pointer(pointers.gps, gpsAt)] : []),
  ];
  const ofExif = (interoperabilityAt: number): TiffEntry[] | null =>
    exif && [
      ...entriesOf(exif, ({ tag }) => tag !== pointers.interoperability),
      ...(interoperability ? [pointer(pointers.interoperability, interoperabilityAt)] : []),
    ];
  const ofGps = gps && entriesOf(gps);
  const size = (entries: readonly TiffEntry[] | null): number => (entries === null ? 0 : tiffDirectoryBytes(entries, layout));
  const firstAt = 8;
  const exifAt = firstAt + size(ofFirst(0, 0));
  const gpsAt = exifAt + size(ofExif(0));
  const interoperabilityAt = gpsAt + size(ofGps);
  const placed: [readonly TiffEntry[] | null, number][] = [
    [ofFirst(exifAt, gpsAt), firstAt],
    [ofExif(interoperabilityAt), exifAt],
    [ofGps, gpsAt],
    [interoperability && entriesOf(interoperability), interoperabilityAt],
  ];
  return Buffer.concat([
    tiffHeader(layout, firstAt),
    ...placed.map(([entries, at]) => (entries === null ? Buffer.alloc(0) : tiffDirectory(entries, layout, at))),
  ]);
}

/** What a directory holds, as it stands, to be written again. */
const entriesOf = ({ tags, reader }: TiffDirectory, isWanted: (tag: TiffTag) => boolean = () => true): TiffEntry[] =>
  tags
    .filter((tag) => tag.bytes <= maximumValueBytes && isWanted(tag))
    .map((tag) => ({ tag: tag.tag, type: tag.type, count: tag.count, bytes: reader.values(tag) }));
