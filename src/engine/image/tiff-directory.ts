/**
 * Writing of TIFF directories (TIFF 6.0 §2; BigTIFF: the 1-page design by AWare Systems). Entries are sorted by tag;
 * values that do not fit into the entry follow the directory.
 */
export interface TiffLayout {
  /** 64-bit positions (BigTIFF). */
  readonly big: boolean;
  readonly littleEndian: boolean;
}

export type TiffType = keyof typeof typeCodes;

/** `long8` and `ifd8` exist in BigTIFF only. */
const typeCodes = { byte: 1, ascii: 2, short: 3, long: 4, rational: 5, undefined: 7, ifd: 13, long8: 16, ifd8: 18 } as const;
const typeBytes = { byte: 1, ascii: 1, short: 2, long: 4, rational: 8, undefined: 1, ifd: 4, long8: 8, ifd8: 8 } as const;

export interface TiffEntry {
  readonly tag: number;
  readonly type: TiffType | number;
  /** Number of values, as the directory counts them. */
  readonly count: number;
  /** The values, in the byte order of the file. */
  readonly bytes: Uint8Array;
}

/** An entry of numbers; a rational takes a pair of numbers per value. */
export function numbersEntry(tag: number, type: TiffType, values: readonly number[], littleEndian = true): TiffEntry {
  const size = type === 'rational' ? 4 : typeBytes[type];
  const bytes = new Uint8Array(values.length * size);
  const view = new DataView(bytes.buffer);
  values.forEach((value, index) => {
    const offset = index * size;
    if (size === 1) view.setUint8(offset, value);
    else if (size === 2) view.setUint16(offset, value, littleEndian);
    else if (size === 4) view.setUint32(offset, value, littleEndian);
    else view.setBigUint64(offset, BigInt(value), littleEndian);
  });
  return { tag, type, count: type === 'rational' ? values.length / 2 : values.length, bytes };
}

/** An entry of bytes as they are (`byte`, `undefined`, or `ascii` with its terminating zero). */
export const bytesEntry = (tag: number, type: 'byte' | 'undefined' | 'ascii', bytes: Uint8Array): TiffEntry => ({
  tag,
  type,
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
export function tiffDirectoryBytes(entries: readonly TiffEntry[], { big }: Pick<TiffLayout, 'big'>): number {
  const inline = big ? 8 : 4;
  const outside = entries.reduce((sum, entry) => sum + (entry.bytes.length > inline ? even(entry.bytes.length) : 0), 0);
  return fixedBytes(entries.length, big) + outside;
}

/** One directory, to be put at file position `offset` (even), with no directory after it. */
export function tiffDirectory(entries: readonly TiffEntry[], layout: TiffLayout, offset: number): Uint8Array {
  const { big, littleEndian } = layout;
  const sorted = entries.toSorted((a, b) => a.tag - b.tag);
  const bytes = new Uint8Array(tiffDirectoryBytes(sorted, layout));
  const view = new DataView(bytes.buffer);
  if (big) view.setBigUint64(0, BigInt(sorted.length), littleEndian);
  else view.setUint16(0, sorted.length, littleEndian);
  let entryAt = big ? 8 : 2;
  let valuesAt = fixedBytes(sorted.length, big);
  for (const entry of sorted) {
    view.setUint16(entryAt, entry.tag, littleEndian);
    view.setUint16(entryAt + 2, typeof entry.type === 'number' ? entry.type : typeCodes[entry.type], littleEndian);
    if (big) view.setBigUint64(entryAt + 4, BigInt(entry.count), littleEndian);
    else view.setUint32(entryAt + 4, entry.count, littleEndian);
    const valueField = entryAt + (big ? 12 : 8);
    if (entry.bytes.length <= (big ? 8 : 4)) {
      bytes.set(entry.bytes, valueField);
    } else {
      bytes.set(entry.bytes, valuesAt);
      if (big) view.setBigUint64(valueField, BigInt(offset + valuesAt), littleEndian);
      else view.setUint32(valueField, offset + valuesAt, littleEndian);
      valuesAt += even(entry.bytes.length);
    }
    entryAt += big ? 20 : 12;
  }
  return bytes;
}

const even = (length: number): number => length + (length % 2);
const fixedBytes = (entries: number, big: boolean): number => (big ? 8 + entries * 20 + 8 : 2 + entries * 12 + 4);
