import type { Bytes } from '../image/file-bytes.ts';
import { fieldBytes, tiffType, tiffTypes, type TiffLayout } from './types.ts';

export interface TiffTag {
  readonly tag: number;
  /** Code of the type, see `tiffTypes`. */
  readonly type: number;
  /** Number of values. */
  readonly count: number;
  /** Where the values lie (inside the entry where they fit), and how long they are together. */
  readonly valuesAt: number;
  readonly bytes: number;
  /** Where the entry itself lies. */
  readonly entryAt: number;
}

/** No honest directory has more entries. */
const mostEntries = 65_535;

/**
 * Directories of a TIFF file, classic or Big, or of an EXIF block, which is one in small. Malformed ones are read as far as they make
 * sense, tags whose values lie outside are left out: a photo must not fail because of a camera's bad tag.
 */
export class TiffReader {
  readonly layout: TiffLayout;
  readonly #bytes: Bytes;

  private constructor(bytes: Bytes, layout: TiffLayout) {
    this.#bytes = bytes;
    this.layout = layout;
  }

  /** Null where `bytes` do not begin as a TIFF file does. */
  static open(bytes: Bytes): TiffReader | null {
    const head = bytes.read(0, 8);
    const order = head.toString('latin1', 0, 2);
    if (head.length < 8 || (order !== 'II' && order !== 'MM')) return null;
    const littleEndian = order === 'II';
    const version = littleEndian ? head.readUInt16LE(2) : head.readUInt16BE(2);
    return version === 42 || version === 43 ? new TiffReader(bytes, { big: version === 43, littleEndian }) : null;
  }

  /** All of what was opened. */
  bytes(): Buffer {
    return this.#bytes.read(0, this.#bytes.length);
  }

  /** The first directory, or an empty one. */
  first(): TiffDirectory {
    return this.directory(this.#position(this.layout.big ? 8 : 4));
  }

  directory(at: number): TiffDirectory {
    const field = fieldBytes(this.layout);
    const counted = at >= 8 ? this.#bytes.read(at, field.count) : Buffer.alloc(0);
    const count = counted.length < field.count ? 0 : Math.min(mostEntries, this.unsigned(counted, 0, field.count));
    const entries = this.#bytes.read(at + field.count, count * field.entry);
    const tags: TiffTag[] = [];
    let unreadable = 0;
    for (let from = 0; from + field.entry <= entries.length; from += field.entry) {
      const type = this.unsigned(entries, from + 2, 2);
      const values = this.unsigned(entries, from + 4, field.values);
      const bytes = (tiffType(type)?.bytes ?? 0) * values;
      const entryAt = at + field.count + from;
      const inEntry = 4 + field.values;
      const valuesAt = bytes <= field.values ? entryAt + inEntry : this.unsigned(entries, from + inEntry, field.values);
      if (bytes === 0 || valuesAt + bytes > this.#bytes.length) {
        if (bytes > 0) unreadable++;
        continue;
      }
      tags.push({ tag: this.unsigned(entries, from, 2), type, count: values, valuesAt, bytes, entryAt });
    }
    const nextAt = at + field.count + count * field.entry;
    return new TiffDirectory(this, { at, tags, unreadable, nextAt, next: count > 0 ? this.#position(nextAt) : 0 });
  }

  values({ valuesAt, bytes }: TiffTag): Buffer {
    return this.#bytes.read(valuesAt, bytes);
  }

  /** A number of 1, 2, 4 or 8 bytes. */
  unsigned(bytes: Buffer, at: number, size: number): number {
    const { littleEndian } = this.layout;
    if (size === 8) return Number(littleEndian ? bytes.readBigUInt64LE(at) : bytes.readBigUInt64BE(at));
    return littleEndian ? bytes.readUIntLE(at, size) : bytes.readUIntBE(at, size);
  }

  /** The file position that is written at `at`; 0 beyond the end. */
  #position(at: number): number {
    const size = fieldBytes(this.layout).values;
    const bytes = this.#bytes.read(at, size);
    return bytes.length < size ? 0 : this.unsigned(bytes, 0, size);
  }
}

/** Types of which numbers are read. */
const unsigned: ReadonlySet<number> = new Set(
  [tiffTypes.byte, tiffTypes.short, tiffTypes.long, tiffTypes.ifd, tiffTypes.long8, tiffTypes.ifd8].map(({ code }) => code),
);

export class TiffDirectory {
  readonly reader: TiffReader;
  /** Position of the directory itself. */
  readonly at: number;
  readonly tags: readonly TiffTag[];
  /** How many tags were left out because their values lie outside. */
  readonly unreadable: number;
  /** Position of the next directory, 0 for none, and where that is written. */
  readonly next: number;
  readonly nextAt: number;

  constructor(
    reader: TiffReader,
    { at, tags, unreadable, next, nextAt }: Pick<TiffDirectory, 'at' | 'tags' | 'unreadable' | 'next' | 'nextAt'>,
  ) {
    this.reader = reader;
    this.at = at;
    this.tags = tags;
    this.unreadable = unreadable;
    this.next = next;
    this.nextAt = nextAt;
  }

  find(tag: number): TiffTag | undefined {
    return this.tags.find((each) => each.tag === tag);
  }

  /** The values of a tag as they stand, or null where it is not there. */
  values(tag: number): Buffer | null {
    const found = this.find(tag);
    return found === undefined ? null : this.reader.values(found);
  }

  /** All values of a tag of whole numbers without sign; none where it is not there or is of another type. */
  numbers(tag: number): number[] {
    const found = this.find(tag);
    return found === undefined ? [] : this.#numbers(found, found.count);
  }

  /** The first of {@link numbers}, or null. */
  number(tag: number): number | null {
    const found = this.find(tag);
    return found === undefined ? null : (this.#numbers(found, 1)[0] ?? null);
  }

  /** The directory that the value of `tag` points to. */
  pointed(tag: number): TiffDirectory | null {
    const to = this.number(tag);
    return to === null || to === 0 || to === this.at ? null : this.reader.directory(to);
  }

  #numbers(tag: TiffTag, count: number): number[] {
    if (!unsigned.has(tag.type)) return [];
    const size = tag.bytes / tag.count;
    const bytes = this.reader.values({ ...tag, bytes: count * size });
    return Array.from({ length: bytes.length / size }, (_, index) => this.reader.unsigned(bytes, index * size, size));
  }
}
