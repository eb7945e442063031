import { inWindows, type Bytes } from '../image/file-bytes.ts';
import type { Rectangle } from '../image/pixels.ts';

/** The first picture of a GIF file (GIF89a specification §18–22). */
interface GifFrame {
  /** Its place on the canvas. */
  readonly place: Rectangle;
  /** Position of its compressed pixels: the size of the first codes, then sub-blocks. */
  readonly dataAt: number;
}

const extension = 0x21;
const imageDescriptor = 0x2c;

/** Null where the file ends before it has one. */
export function firstFrame(file: Bytes): GifFrame | null {
  const flags = file.read(10, 1)[0];
  if (flags === undefined) return null;
  for (let at = 13 + tableBytes(flags); ;) {
    const head = file.read(at, 10);
    if (head[0] === extension) {
      at = afterBlocks(file, at + 2);
      continue;
    }
    if (head[0] !== imageDescriptor || head.length < 10) return null;
    const place = { left: head.readUInt16LE(1), top: head.readUInt16LE(3), width: head.readUInt16LE(5), height: head.readUInt16LE(7) };
    return { place, dataAt: at + 10 + tableBytes(head.readUInt8(9)) };
  }
}

/** 0 beyond the end, which ends everything in a GIF file. */
export function byteAt(file: Bytes, at: number): number {
  const bytes = file.read(at, 1);
  return bytes.length === 0 ? 0 : bytes.readUInt8(0);
}

/** A colour table, where the flags say that there is one. */
export const tableBytes = (flags: number): number => ((flags & 0x80) === 0 ? 0 : 3 * (2 << (flags & 7)));

/** The position after sub-blocks that begin at `start`: each has its length before it, and one of length 0 ends them. */
export function afterBlocks(file: Bytes, start: number): number {
  let at = start;
  for (let length = byteAt(file, at); length > 0; length = byteAt(file, at)) at += 1 + length;
  return at + 1;
}

/** What share of its pixels the first picture's data unpack to, 0…1. Counts them, and unpacks nothing. */
export function heldShare(file: Bytes): number {
  const frame = firstFrame(file);
  if (frame === null) return 0;
  const pixels = frame.place.width * frame.place.height;
  return pixels === 0 ? 0 : Math.min(1, countPixels(frame.dataAt, inWindows(file), pixels) / pixels);
}

const mostCodes = 4096;

/** LZW with codes that grow to 12 bits (GIF89a appendix F): how many pixels the codes stand for, up to `enough`. */
function countPixels(dataAt: number, file: Bytes, enough: number): number {
  const firstBits = byteAt(file, dataAt);
  if (firstBits < 1 || firstBits > 11) return 0;
  const clear = 1 << firstBits;
  // How many pixels each code stands for.
  const lengths = new Uint32Array(mostCodes).fill(1, 0, clear);
  let [bits, next, previous, pixels] = [firstBits + 1, clear + 2, 0, 0];
  for (const code of codesIn(dataAt + 1, file, () => bits)) {
    if (code === clear + 1 || code > next) return pixels;
    if (code === clear) {
      [bits, next, previous] = [firstBits + 1, clear + 2, 0];
      continue;
    }
    if (previous > 0 && next < mostCodes) lengths[next++] = previous + 1;
    previous = lengths[code]!;
    pixels += previous;
    if (pixels >= enough) return pixels;
    if (next === 1 << bits && bits < 12) bits += 1;
  }
  return pixels;
}

/** The codes of a chain of sub-blocks, each of as many bits as it has at its turn. */
function* codesIn(start: number, file: Bytes, bits: () => number): Generator<number> {
  let [held, count] = [0, 0];
  for (let at = start; ;) {
    const length = byteAt(file, at);
    const block = file.read(at + 1, length);
    for (const byte of block) {
      held |= byte << count;
      count += 8;
      while (count >= bits()) {
        const size = bits();
        yield held & ((1 << size) - 1);
        held >>>= size;
        count -= size;
      }
    }
    if (length === 0 || block.length < length) return;
    at += 1 + length;
  }
}
