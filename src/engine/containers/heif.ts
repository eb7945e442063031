import type { Bytes } from '../image/file-bytes.ts';

/** HEIF, the container of HEIC and AVIF: boxes of the ISO base media file format (ISO/IEC 14496-12 §4.2, 23008-12). */
export interface Box {
  readonly type: string;
  /** Positions in the file or buffer: of the box, of its content, and just after it. */
  readonly start: number;
  readonly content: number;
  readonly end: number;
}

/** The brands that a file names; its major brand may be a general one such as `mif1`. */
export function brandsOf(head: string): string[] {
  if (!head.startsWith('ftyp', 4)) return [];
  const length = (head.charCodeAt(2) << 8) | head.charCodeAt(3);
  return [head.slice(8, 12), ...(head.slice(16, length).match(/[^]{4}/g) ?? [])];
}

/** The boxes of a file, not those inside them. */
export function* topBoxes(file: Bytes): Generator<Box> {
  for (let start = 0; start + 8 <= file.length;) {
    const box = boxAt(file.read(start, 16), 0, file.length - start);
    if (box === null) return;
    yield { type: box.type, start, content: start + box.content, end: start + box.end };
    start += box.end;
  }
}

/** The boxes that lie one after the other in `bytes` between `start` and `end`. */
export function boxesIn(bytes: Buffer, start: number, end: number): Box[] {
  const boxes: Box[] = [];
  for (let at = start; at + 8 <= end;) {
    const box = boxAt(bytes, at, end - at);
    if (box === null) break;
    boxes.push(box);
    at = box.end;
  }
  return boxes;
}

function boxAt(bytes: Buffer, at: number, available: number): Box | null {
  if (at + 8 > bytes.length) return null;
  const short = bytes.readUInt32BE(at);
  if (short === 1 && at + 16 > bytes.length) return null;
  const length = short === 0 ? available : short === 1 ? Number(bytes.readBigUInt64BE(at + 8)) : short;
  const headLength = short === 1 ? 16 : 8;
  if (length < headLength || length > available) return null;
  return { type: bytes.toString('latin1', at + 4, at + 8), start: at, content: at + headLength, end: at + length };
}

/** A box of this type around `content`. */
export function makeBox(type: string, ...content: readonly Uint8Array[]): Buffer {
  const length = 8 + content.reduce((sum, bytes) => sum + bytes.length, 0);
  const head = Buffer.alloc(8);
  head.writeUInt32BE(length);
  head.write(type, 4, 'latin1');
  return Buffer.concat([head, ...content]);
}

/** Where the bytes of an item lie in the file. */
export interface Extent {
  readonly offset: number;
  readonly length: number;
}

export interface Location {
  readonly item: number;
  /** 0: positions in the file; 1: in the `idat` box. */
  readonly construction: number;
  readonly extents: readonly Extent[];
}

/** Where items lie (ISO/IEC 14496-12 §8.11.3). */
export function readLocations(bytes: Buffer, box: Box): Location[] {
  let at = box.content;
  const take = (size: number): number => {
    const value = size === 0 ? 0 : size === 8 ? Number(bytes.readBigUInt64BE(at)) : bytes.readUIntBE(at, size);
    at += size;
    return value;
  };
  const version = take(1);
  take(3);
  const sizes = take(2);
  const offsetSize = sizes >> 12;
  const lengthSize = (sizes >> 8) & 15;
  const baseSize = (sizes >> 4) & 15;
  const indexSize = version === 0 ? 0 : sizes & 15;
  const count = take(version < 2 ? 2 : 4);
  return Array.from({ length: count }, () => {
    const item = take(version < 2 ? 2 : 4);
    const construction = version === 0 ? 0 : take(2) & 15;
    take(2);
    const base = take(baseSize);
    const extents = Array.from({ length: take(2) }, () => {
      take(indexSize);
      return { offset: base + take(offsetSize), length: take(lengthSize) };
    });
    return { item, construction, extents };
  });
}
