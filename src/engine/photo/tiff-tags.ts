/**
 * Reading and patching of TIFF directories in memory: EXIF blocks (Exif 2.32 §4) and the tags of TIFF files.
 * Malformed directories are read as far as they make sense: a photo must not fail because of a camera's bad tag.
 */
export interface TiffTag {
  readonly tag: number;
  readonly type: number;
  readonly count: number;
  /** Where the values lie (inside the entry where they fit). */
  readonly valueOffset: number;
  /** Where the 12-byte entry itself lies. */
  readonly entryOffset: number;
}

export interface TiffDirectory {
  readonly tags: readonly TiffTag[];
  /** Position of the 4-byte offset of the next directory. */
  readonly nextOffset: number;
  readonly next: number;
}

const typeBytes: Readonly<Record<number, number>> = { 1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4 };

/** A classic TIFF stream (42) in either byte order. */
export class TiffStream {
  readonly bytes: Buffer;
  readonly littleEndian: boolean;

  private constructor(bytes: Buffer, littleEndian: boolean) {
    this.bytes = bytes;
    this.littleEndian = littleEndian;
  }

  /** Null where `bytes` does not begin as a TIFF stream. Works on `bytes` itself, not on a copy. */
  static open(bytes: Uint8Array): TiffStream | null {
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    const order = buffer.toString('latin1', 0, 2);
    if (buffer.length < 8 || (order !== 'II' && order !== 'MM')) return null;
    const stream = new TiffStream(buffer, order === 'II');
    return stream.short(2) === 42 ? stream : null;
  }

  short(at: number): number {
    if (at + 2 > this.bytes.length) return 0;
    return this.littleEndian ? this.bytes.readUInt16LE(at) : this.bytes.readUInt16BE(at);
  }

  long(at: number): number {
    if (at + 4 > this.bytes.length) return 0;
    return this.littleEndian ? this.bytes.readUInt32LE(at) : this.bytes.readUInt32BE(at);
  }

  writeShort(at: number, value: number): void {
    if (this.littleEndian) this.bytes.writeUInt16LE(value, at);
    else this.bytes.writeUInt16BE(value, at);
  }

  writeLong(at: number, value: number): void {
    if (this.littleEndian) this.bytes.writeUInt32LE(value, at);
    else this.bytes.writeUInt32BE(value, at);
  }

  /** The first directory, or an empty one. */
  first(): TiffDirectory {
    return this.directory(this.long(4));
  }

  directory(at: number): TiffDirectory {
    const count = at >= 8 ? this.short(at) : 0;
    const tags: TiffTag[] = [];
    for (let index = 0; index < count; index++) {
      const entryOffset = at + 2 + index * 12;
      if (entryOffset + 12 > this.bytes.length) break;
      const type = this.short(entryOffset + 2);
      const values = this.long(entryOffset + 4);
      const length = (typeBytes[type] ?? 0) * values;
      const valueOffset = length <= 4 ? entryOffset + 8 : this.long(entryOffset + 8);
      if (length === 0 || valueOffset + length > this.bytes.length) continue;
      tags.push({ tag: this.short(entryOffset), type, count: values, valueOffset, entryOffset });
    }
    const nextOffset = at + 2 + count * 12;
    return { tags, nextOffset, next: count > 0 ? this.long(nextOffset) : 0 };
  }

  find(directory: TiffDirectory, tag: number): TiffTag | undefined {
    return directory.tags.find((each) => each.tag === tag);
  }

  /** The first value of a byte, short or long tag. */
  number(tag: TiffTag): number | null {
    if (tag.type === 3) return this.short(tag.valueOffset);
    if (tag.type === 4 || tag.type === 13) return this.long(tag.valueOffset);
    return tag.type === 1 ? (this.bytes[tag.valueOffset] ?? null) : null;
  }

  /** Sets the only value of a tag in place; a short becomes a long, which takes no more room. */
  setNumber(tag: TiffTag, value: number): void {
    if (tag.count !== 1 || (tag.type !== 3 && tag.type !== 4)) return;
    if (tag.type === 3 && value <= 0xffff) {
      this.writeShort(tag.valueOffset, value);
    } else {
      this.writeShort(tag.entryOffset + 2, 4);
      this.writeLong(tag.valueOffset, value);
    }
  }

  values(tag: TiffTag): Buffer {
    return this.bytes.subarray(tag.valueOffset, tag.valueOffset + tag.count * (typeBytes[tag.type] ?? 0));
  }
}
