import { sentence, type Sentence } from '../../shared/sentence.ts';
import { bytesInMemory } from '../image/file-bytes.ts';
import { TiffReader, type TiffDirectory, type TiffTag } from './read.ts';
import { pointers, tiffTypes, type TiffLayout } from './types.ts';
import { numbersEntry, tiffDirectory, tiffDirectoryBytes, tiffHeader, type TiffEntry } from './write.ts';

/** Tags of Exif 2.32 §4.6.4 and TIFF 6.0 §8. */
const tags = { orientation: 0x0112, xResolution: 0x011a, yResolution: 0x011b, resolutionUnit: 0x0128, makerNote: 0x927c } as const;

const inch = 2;
const centimetre = 3;
const centimetresPerInch = 2.54;

/** Dots per inch across and down. */
export interface Density {
  readonly x: number;
  readonly y: number;
}

/** The directories of an EXIF block: a classic TIFF stream. Null where it is none. */
export function readExif(block: Uint8Array): TiffReader | null {
  const reader = TiffReader.open(bytesInMemory(block));
  return reader?.layout.big === false ? reader : null;
}

/** Null for a quotient that is none. */
export function rationalOf(reader: TiffReader, bytes: Buffer): number | null {
  const value = reader.unsigned(bytes, 0, 4) / reader.unsigned(bytes, 4, 4);
  return Number.isFinite(value) && value > 0 ? value : null;
}

/** Dots per inch that a directory states, or null. One that is stated for one axis alone counts for both. */
export function densityOf(directory: TiffDirectory): Density | null {
  const stated = (tag: number): number | null => {
    const found = directory.find(tag);
    return found?.type === tiffTypes.rational.code ? rationalOf(directory.reader, directory.reader.values(found)) : null;
  };
  const unit = directory.number(tags.resolutionUnit) ?? inch;
  const [x, y] = [stated(tags.xResolution), stated(tags.yResolution)];
  if ((x === null && y === null) || (unit !== inch && unit !== centimetre)) return null;
  const factor = unit === centimetre ? centimetresPerInch : 1;
  return { x: (x ?? y ?? 0) * factor, y: (y ?? x ?? 0) * factor };
}

/** Dots per inch that an EXIF block states, or null. */
export function exifDensity(block: Uint8Array): Density | null {
  const first = readExif(block)?.first();
  return first === undefined ? null : densityOf(first);
}

/** The orientation 1…8 that an EXIF block states, or null. */
export function exifOrientation(block: Uint8Array): number | null {
  const value = readExif(block)?.first().number(tags.orientation) ?? 0;
  return value >= 1 && value <= 8 ? value : null;
}

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
export const maximumValueBytes = 8 << 20;

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
