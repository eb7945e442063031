import type { FileHandle } from 'node:fs/promises';
import { writeFully } from '../image/file-bytes.ts';
import { fieldBytes, tiffTypes, type TiffLayout, type TiffTypeName } from './types.ts';

/** An entry of a directory that is to be written. */
export interface TiffEntry {
  readonly tag: number;
  /** Code of the type, see `tiffTypes`. */
  readonly type: number;
  /** Number of values, as the directory counts them. */
  readonly count: number;
  /** The values, in the byte order of the file. */
  readonly bytes: Uint8Array;
}

/** An entry of numbers; a rational takes a pair of numbers per value. */
export function numbersEntry(tag: number, type: TiffTypeName, values: readonly number[], littleEndian = true): TiffEntry {
  const { code, bytes: valueBytes, unit: size } = tiffTypes[type];
  const bytes = new Uint8Array(values.length * size);
  const view = new DataView(bytes.buffer);
  values.forEach((value, index) => {
    const offset = index * size;
    if (size === 1) view.setUint8(offset, value);
    else if (size === 2) view.setUint16(offset, value, littleEndian);
    else if (size === 4) view.setUint32(offset, value, littleEndian);
    else view.setBigUint64(offset, BigInt(value), littleEndian);
  });
  return { tag, type: code, count: bytes.length / valueBytes, bytes };
}

/** An entry of bytes as they are (`byte`, `undefined`, or `ascii` with its terminating zero). */
export const bytesEntry = (tag: number, type: 'byte' | 'undefined' | 'ascii', bytes: Uint8Array): TiffEntry => ({
  tag,
  type: tiffTypes[type].code,
  count: bytes.length,
  bytes,
});

/** Bytes of the 8-byte (classic) or 16-byte (BigTIFF) header that points at a directory at `directoryOffset`. */
export function tiffHeader({ big, littleEndian }: TiffLayout, directoryOffset: number): Uint8Array {
  const bytes = new Uint8Array(big ? 16 : 8);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, littleEndian ? 0x4949 : 0x4d4d);
  view.setUint16(2, big ? 43 : 42, littleEndian);
  if (big) {
    view.setUint16(4, 8, littleEndian);
    view.setBigUint64(8, BigInt(directoryOffset), littleEndian);
  } else {
    view.setUint32(4, directoryOffset, littleEndian);
  }
  return bytes;
}

/** Size in bytes of {@link tiffDirectory} for these entries. */
export function tiffDirectoryBytes(entries: readonly TiffEntry[], layout: Pick<TiffLayout, 'big'>): number {
  const { values } = fieldBytes(layout);
  const outside = entries.reduce((sum, { bytes }) => sum + (bytes.length > values ? even(bytes.length) : 0), 0);
  return fixedBytes(entries.length, layout) + outside;
}

/**
 * One directory, to be put at file position `offset` (even), with no directory after it. Entries are sorted by tag; values that do not
 * fit into their entry follow the directory.
 */
export function tiffDirectory(entries: readonly TiffEntry[], layout: TiffLayout, offset: number): Uint8Array {
  const { littleEndian } = layout;
  const field = fieldBytes(layout);
  const sorted = entries.toSorted((a, b) => a.tag - b.tag);
  const bytes = new Uint8Array(tiffDirectoryBytes(sorted, layout));
  const view = new DataView(bytes.buffer);
  const put = (at: number, size: number, value: number): void => {
    if (size === 8) view.setBigUint64(at, BigInt(value), littleEndian);
    else if (size === 4) view.setUint32(at, value, littleEndian);
    else view.setUint16(at, value, littleEndian);
  };
  put(0, field.count, sorted.length);
  let valuesAt = fixedBytes(sorted.length, layout);
  sorted.forEach((entry, index) => {
    const at = field.count + index * field.entry;
    put(at, 2, entry.tag);
    put(at + 2, 2, entry.type);
    put(at + 4, field.values, entry.count);
    if (entry.bytes.length <= field.values) {
      bytes.set(entry.bytes, at + 4 + field.values);
    } else {
      bytes.set(entry.bytes, valuesAt);
      put(at + 4 + field.values, field.values, offset + valuesAt);
      valuesAt += even(entry.bytes.length);
    }
  });
  return bytes;
}

/** Ends a file whose samples end at position `end`: the directory after them, and the header that points to it. */
export async function writeDirectory(file: FileHandle, entries: readonly TiffEntry[], layout: TiffLayout, end: number): Promise<void> {
  const at = even(end);
  await writeFully(file, tiffDirectory(entries, layout, at), at);
  await writeFully(file, tiffHeader(layout, at), 0);
}

/** The next even number: where TIFF lets a directory or value begin. */
export const even = (length: number): number => length + (length % 2);

/** Count, entries, and the position of the next directory. */
const fixedBytes = (entries: number, layout: Pick<TiffLayout, 'big'>): number => {
  const { count, entry, values } = fieldBytes(layout);
  return count + entries * entry + values;
};

/** Takes entries out of the classic directory at `at` of these bytes, in place; returns how many there were. */
export function removeEntries(bytes: Buffer, at: number, unwanted: readonly number[], isLittleEndian: boolean): number {
  const count = isLittleEndian ? bytes.readUInt16LE(at) : bytes.readUInt16BE(at);
  const start = at + 2;
  const end = start + 12 * count;
  if (end > bytes.length) return 0;
  const entries = Array.from({ length: count }, (_, i) => Buffer.from(bytes.subarray(start + 12 * i, start + 12 * (i + 1))));
  const wanted = entries.filter((entry) => !unwanted.includes(isLittleEndian ? entry.readUInt16LE(0) : entry.readUInt16BE(0)));
  const after = Buffer.from(bytes.subarray(end, Math.min(bytes.length, end + 4)));
  Buffer.concat([...wanted, after, Buffer.alloc(12 * (count - wanted.length))]).copy(bytes, start);
  if (isLittleEndian) bytes.writeUInt16LE(wanted.length, at);
  else bytes.writeUInt16BE(wanted.length, at);
  return count - wanted.length;
}
