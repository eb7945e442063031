import { open, type FileHandle } from 'node:fs/promises';
import { Problem } from '../../shared/problem.ts';

/** A directory entry of a TIFF file, classic or Big, in the file's own byte order. */
interface FileTag {
  readonly tag: number;
  readonly type: number;
  readonly count: number;
  readonly bytes: Buffer;
}

interface FileDirectory {
  readonly littleEndian: boolean;
  readonly tags: readonly FileTag[];
  number(tag: number): number | null;
  /** The directory that the value of `tag` points to. */
  pointed(tag: number): Promise<FileDirectory | null>;
}

const typeBytes: Readonly<Record<number, number>> = {
  1: 1,
  2: 1,
  3: 2,
  4: 4,
  5: 8,
  6: 1,
  7: 1,
  8: 2,
  9: 4,
  10: 8,
  11: 4,
  12: 8,
  13: 4,
  16: 8,
  18: 8,
};
/** Values longer than this (strip tables, embedded files) are not metadata that EXIF could carry. */
const maximumValueBytes = 8 << 20;
const maximumEntries = 4096;

/**
 * Raw photos of several makers are TIFF files whose first directory is a small preview: enlarging that would be wrong.
 * @throws Problem unsupported-image
 */
export async function refuseRawPhoto(path: string): Promise<void> {
  await withFirstDirectory(path, (first) => {
    const compression = first.number(259) ?? 1;
    const isDng = first.tags.some(({ tag }) => tag === 50_706);
    const isPreview = ((first.number(254) ?? 0) & 1) === 1 && first.tags.some(({ tag }) => tag === 330);
    if (isDng || isPreview || compression === 34_713 || compression === 32_767) {
      throw new Problem('unsupported-image', 'The file is a raw photo.');
    }
    return Promise.resolve();
  });
}

/** Tags of a TIFF file that describe its picture's coding, not the photo: they make no sense in a result. */
const codingTags = new Set([
  254, 255, 256, 257, 258, 259, 262, 263, 264, 265, 266, 273, 277, 278, 279, 280, 281, 284, 288, 289, 290, 291, 292, 293, 297, 301, 317,
  318, 319, 320, 321, 322, 323, 324, 325, 330, 332, 333, 334, 336, 337, 338, 339, 340, 341, 342, 347, 529, 530, 531, 532, 512, 513, 514,
  515, 517, 518, 519, 520, 521, 559, 700, 33_723, 34_377, 34_675, 37_724,
]);
const exifPointer = 34_665;
const gpsPointer = 34_853;
const interoperabilityPointer = 40_965;

/** The descriptive tags, EXIF, GPS and interoperability directories of a TIFF file as one EXIF block, or null where there are none. */
export async function exifOfTiff(path: string): Promise<Uint8Array | null> {
  return withFirstDirectory(path, async (first) => {
    const own = first.tags.filter(({ tag }) => !codingTags.has(tag) && tag !== exifPointer && tag !== gpsPointer);
    const exif = await first.pointed(exifPointer);
    const gps = await first.pointed(gpsPointer);
    const interoperability = (await exif?.pointed(interoperabilityPointer)) ?? null;
    if (own.length === 0 && exif === null && gps === null) return null;
    return serialise(first.littleEndian, own, exif, gps, interoperability);
  });
}

function serialise(
  littleEndian: boolean,
  own: readonly FileTag[],
  exif: FileDirectory | null,
  gps: FileDirectory | null,
  interoperability: FileDirectory | null,
): Uint8Array {
  const long = (value: number): Buffer => {
    const bytes = Buffer.alloc(4);
    if (littleEndian) bytes.writeUInt32LE(value);
    else bytes.writeUInt32BE(value);
    return bytes;
  };
  const short = (value: number): Buffer => (littleEndian ? Buffer.of(value & 255, value >> 8) : Buffer.of(value >> 8, value & 255));
  const pointer = (tag: number, to: number): FileTag => ({ tag, type: 4, count: 1, bytes: long(to) });
  const size = (tags: readonly FileTag[]): number =>
    6 + tags.length * 12 + tags.reduce((sum, { bytes }) => sum + (bytes.length > 4 ? bytes.length + (bytes.length % 2) : 0), 0);
  const directory = (tags: readonly FileTag[], at: number): Buffer => {
    let valuesAt = at + 6 + tags.length * 12;
    const values: Buffer[] = [];
    const entries = tags
      .toSorted((a, b) => a.tag - b.tag)
      .map(({ tag, type, count, bytes }) => {
        const inline = bytes.length <= 4;
        const field = inline ? Buffer.concat([bytes, Buffer.alloc(4 - bytes.length)]) : long(valuesAt);
        if (!inline) {
          const padded = Buffer.concat([bytes, Buffer.alloc(bytes.length % 2)]);
          values.push(padded);
          valuesAt += padded.length;
        }
        return Buffer.concat([short(tag), short(type), long(count), field]);
      });
    return Buffer.concat([short(tags.length), ...entries, long(0), ...values]);
  };

  const withPointers = (to: { exif: number; gps: number }): FileTag[] => [
    ...own,
    ...(exif ? [pointer(exifPointer, to.exif)] : []),
    ...(gps ? [pointer(gpsPointer, to.gps)] : []),
  ];
  const exifTags = (to: number): FileTag[] => [
    ...(exif?.tags.filter(({ tag }) => tag !== interoperabilityPointer) ?? []),
    ...(interoperability ? [pointer(interoperabilityPointer, to)] : []),
  ];
  const exifAt = 8 + size(withPointers({ exif: 0, gps: 0 }));
  const gpsAt = exifAt + (exif ? size(exifTags(0)) : 0);
  const interoperabilityAt = gpsAt + (gps ? size(gps.tags) : 0);
  return Buffer.concat([
    Buffer.from(littleEndian ? 'II' : 'MM'),
    short(42),
    long(8),
    directory(withPointers({ exif: exifAt, gps: gpsAt }), 8),
    ...(exif ? [directory(exifTags(interoperabilityAt), exifAt)] : []),
    ...(gps ? [directory(gps.tags, gpsAt)] : []),
    ...(interoperability ? [directory(interoperability.tags, interoperabilityAt)] : []),
  ]);
}

async function withFirstDirectory<T>(path: string, use: (first: FileDirectory) => Promise<T>): Promise<T> {
  const file = await open(path, 'r');
  try {
    const head = Buffer.alloc(16);
    await file.read(head, 0, 16, 0);
    const littleEndian = head.toString('latin1', 0, 2) === 'II';
    const big = (littleEndian ? head.readUInt16LE(2) : head.readUInt16BE(2)) === 43;
    const reader = { file, littleEndian, big, size: (await file.stat()).size };
    const at = big ? long8(head, 8, littleEndian) : littleEndian ? head.readUInt32LE(4) : head.readUInt32BE(4);
    return await use(await readDirectory(reader, at));
  } finally {
    await file.close();
  }
}

interface Reader {
  readonly file: FileHandle;
  readonly littleEndian: boolean;
  readonly big: boolean;
  readonly size: number;
}

const long8 = (bytes: Buffer, at: number, littleEndian: boolean): number =>
  Number(littleEndian ? bytes.readBigUInt64LE(at) : bytes.readBigUInt64BE(at));

async function readDirectory(reader: Reader, at: number): Promise<FileDirectory> {
  const { littleEndian, big } = reader;
  const short = (bytes: Buffer, offset: number): number => (littleEndian ? bytes.readUInt16LE(offset) : bytes.readUInt16BE(offset));
  const long = (bytes: Buffer, offset: number): number => (littleEndian ? bytes.readUInt32LE(offset) : bytes.readUInt32BE(offset));
  const position = (bytes: Buffer, offset: number): number => (big ? long8(bytes, offset, littleEndian) : long(bytes, offset));
  const read = async (from: number, length: number): Promise<Buffer> => {
    if (from < 0 || from >= reader.size) return Buffer.alloc(0);
    const bytes = Buffer.alloc(Math.min(length, reader.size - from));
    await reader.file.read(bytes, 0, bytes.length, from);
    return bytes;
  };

  const countBytes = big ? 8 : 2;
  const entryBytes = big ? 20 : 12;
  const counted = await read(at, countBytes);
  const count = counted.length < countBytes ? 0 : Math.min(maximumEntries, big ? long8(counted, 0, littleEndian) : short(counted, 0));
  const entries = await read(at + countBytes, count * entryBytes);
  const tags: FileTag[] = [];
  for (let entry = 0; entry + entryBytes <= entries.length; entry += entryBytes) {
    const type = short(entries, entry + 2);
    const values = big ? long8(entries, entry + 4, littleEndian) : long(entries, entry + 4);
    const length = (typeBytes[type] ?? 0) * values;
    if (length === 0 || length > maximumValueBytes) continue;
    const field = entry + (big ? 12 : 8);
    const inline = length <= (big ? 8 : 4);
    const bytes = inline ? entries.subarray(field, field + length) : await read(position(entries, field), length);
    if (bytes.length === length) tags.push({ tag: short(entries, entry), type, count: values, bytes });
  }
  const find = (tag: number): FileTag | undefined => tags.find((each) => each.tag === tag);
  const number = (tag: number): number | null => {
    const found = find(tag);
    if (found === undefined) return null;
    if (found.type === 3) return short(found.bytes, 0);
    if (found.type === 4 || found.type === 13) return long(found.bytes, 0);
    return found.type === 16 || found.type === 18 ? long8(found.bytes, 0, littleEndian) : null;
  };
  return {
    littleEndian,
    tags,
    number,
    async pointed(tag) {
      const to = number(tag);
      return to === null || to === 0 || to === at ? null : readDirectory(reader, to);
    },
  };
}

/** Whether the first directory has this tag. */
export const hasTiffTag = (path: string, tag: number): Promise<boolean> =>
  withFirstDirectory(path, (first) => Promise.resolve(first.tags.some((each) => each.tag === tag)));
