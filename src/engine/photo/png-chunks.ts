import { closeSync, openSync, readSync } from 'node:fs';
import { crc32, deflateSync, inflateSync } from 'node:zlib';

/** A chunk of a PNG file (ISO/IEC 15948 §5.3), without the picture's own chunks. */
export interface PngChunk {
  readonly type: string;
  readonly bytes: Buffer;
}

/** A chunk larger than this is left out: no honest text or profile is. */
const maximumChunkBytes = 16 << 20;
const signatureBytes = 8;
/** Signature and IHDR come first in every PNG file. */
export const pngHeadBytes = signatureBytes + 25;

/** A chunk as it stands in a file: length, type, content, checksum. */
export function pngChunk(type: string, ...content: readonly Uint8Array[]): Buffer {
  const bytes = Buffer.concat([Buffer.from(type, 'latin1'), ...content]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length - 4);
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc32(bytes));
  return Buffer.concat([length, bytes, sum]);
}

/** An encoded PNG, which has no profile, with that of `chunk` (see {@link profileChunk}): its values stay as they are. */
export const withProfile = (png: Uint8Array, chunk: Uint8Array): Buffer =>
  Buffer.concat([png.subarray(0, pngHeadBytes), chunk, png.subarray(pngHeadBytes)]);

export const profileChunk = (icc: Uint8Array): Buffer => pngChunk('iCCP', Buffer.from('icc\0\0', 'latin1'), deflateSync(icc));

/**
 * All chunks but IDAT and fdAT, in order, as they stand (compressed ones stay compressed). Stops where the file is cut
 * off. Reads synchronously: encoders write a chunk per 8 KiB, and a wait for each would take seconds on a large file.
 */
export function readPngChunks(path: string): PngChunk[] {
  const file = openSync(path, 'r');
  try {
    const chunks: PngChunk[] = [];
    const head = Buffer.alloc(8);
    for (let at = signatureBytes; ;) {
      if (readSync(file, head, 0, 8, at) < 8) return chunks;
      const length = head.readUInt32BE(0);
      const type = head.toString('latin1', 4, 8);
      if (type !== 'IDAT' && type !== 'fdAT' && length <= maximumChunkBytes) {
        const bytes = Buffer.alloc(length);
        if (readSync(file, bytes, 0, length, at + 8) < length) return chunks;
        chunks.push({ type, bytes });
      }
      if (type === 'IEND') return chunks;
      at += 12 + length;
    }
  } finally {
    closeSync(file);
  }
}

const xmpKeyword = 'XML:com.adobe.xmp\0';

export const isText = (chunk: PngChunk): boolean =>
  ['tEXt', 'zTXt', 'iTXt'].includes(chunk.type) && !isXmp(chunk) && !isRawProfile(chunk, 'iptc');
export const isXmp = (chunk: PngChunk): boolean =>
  chunk.type === 'iTXt' && chunk.bytes.toString('latin1', 0, xmpKeyword.length) === xmpKeyword;
/** An EXIF block anywhere in the file: sharp sees only those before the picture. */
export const findExif = (chunks: readonly PngChunk[]): Buffer | undefined => chunks.find(({ type }) => type === 'eXIf')?.bytes;

/** An uncompressed XMP packet anywhere in the file, as for {@link findExif}. */
export function findXmp(chunks: readonly PngChunk[]): Buffer | null {
  const bytes = chunks.find(isXmp)?.bytes;
  const uncompressed = Buffer.from('\0\0\0\0');
  const head = xmpKeyword.length;
  return bytes?.subarray(head, head + 4).equals(uncompressed) ? bytes.subarray(head + 4) : null;
}

const rawKeyword = (name: string): string => `Raw profile type ${name}\0`;
function isRawProfile({ type, bytes }: PngChunk, name: string): boolean {
  return (type === 'zTXt' || type === 'tEXt') && bytes.toString('latin1', 0, rawKeyword(name).length) === rawKeyword(name);
}

/** The IPTC records that ImageMagick's convention keeps in a text chunk: a name, a length and hexadecimal lines. */
export function findIptc(chunks: readonly PngChunk[]): Buffer | null {
  const found = chunks.find((chunk) => isRawProfile(chunk, 'iptc'));
  if (found === undefined) return null;
  const content = found.bytes.subarray(rawKeyword('iptc').length);
  try {
    // One byte says how the text is compressed; a limit, because a small chunk can unfold to gigabytes.
    const text = found.type === 'zTXt' ? inflateSync(content.subarray(1), { maxOutputLength: maximumChunkBytes }) : content;
    const [, length, hex] = /^\s*\w+\s+(\d+)\s+([0-9a-f\s]+)/.exec(text.toString('latin1')) ?? [];
    return hex === undefined ? null : Buffer.from(hex.replace(/\s/g, ''), 'hex').subarray(0, Number(length));
  } catch {
    return null;
  }
}

/** What says how colours are meant, other than an ICC profile. */
export const isColour = (chunk: PngChunk): boolean => ['gAMA', 'cHRM', 'sRGB', 'cICP', 'mDCV', 'cLLI'].includes(chunk.type);
