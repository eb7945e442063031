import { crc32, deflateSync, inflateSync } from 'node:zlib';
import type { Bytes } from '../image/file-bytes.ts';
import { exifOrientation } from '../tiff/exif.ts';
import { exifStream, headerContents, markText, type Attachments, type Block, type Chunk, type OutputContainer } from './container.ts';
import type { Part } from './parts.ts';
import { iptcResource } from './photoshop.ts';

/** PNG: chunks (ISO/IEC 15948 §5.3). */
export const png: OutputContainer = {
  begins: (head) => head.startsWith('\x89PNG\r\n\x1a\n'),
  walk,
  read(file, header) {
    const chunks = chunksBesidePicture(file);
    // Anywhere in the file: sharp sees only those before the picture.
    const exif = chunks.find(({ type }) => type === 'eXIf')?.bytes;
    const xmp = findXmp(chunks);
    const iptc = findIptc(chunks);
    const text = chunks.filter(isText);
    const fromHeader = headerContents(header);
    const names = { EXIF: exif, XMP: xmp, IPTC: iptc, text: text[0] };
    return {
      ...fromHeader,
      exif: fromHeader.exif ?? (exif ? exifStream(exif) : null),
      xmp: fromHeader.xmp ?? xmp,
      resources: iptc === null ? fromHeader.resources : iptcResource(iptc),
      pngText: text,
      pngColour: header.icc === undefined ? chunks.filter(({ type }) => colourChunks.includes(type)) : [],
      dpi: chunks.some(({ type }) => type === 'pHYs') ? (header.density ?? null) : null,
      orientation: exif ? exifOrientation(exif) : null,
      names: Object.entries(names).flatMap(([name, found]) => (found ? [name] : [])),
    };
  },
  codedColour(file) {
    const cicp = chunksBesidePicture(file).find(({ type }) => type === 'cICP')?.bytes;
    return cicp?.length === 4 ? { primaries: cicp.readUInt8(0), transfer: cicp.readUInt8(1) } : null;
  },
  coding: (file) => ({ hasProfile: chunksBesidePicture(file).some(({ type }) => type === 'iCCP') }),
  others: 'pictures',
  lossless: true,
  /** The last letter is a capital: editors must not copy the chunk (PNG specification, "chunk naming conventions"). */
  mark: 'onST',
  room: {
    exif: Infinity,
    xmp: Infinity,
    extendedXmp: false,
    resources: false,
    iptc: 'apart',
    comments: true,
    pngText: true,
    coded: true,
    dpi: true,
  },
  colourOnly: false,
  failOn: 'warning',
  mostBytesPerPixel: ({ samples, bits }) => samples * (bits / 8),
  likelyBytesPerPixel: 1.5,
  encoderBytesPerPixel: 0,
  write: {
    // Level 3 is within 1 % of level 6 in size for photos and a third faster at best.
    encode: (image) => image.png({ compressionLevel: 3, palette: false }),
    parts,
  },
};

const signatureBytes = 8;
/** Signature and IHDR come first in every PNG file. */
const headBytes = signatureBytes + 25;
/** Length, type and checksum. */
const frameBytes = 12;

function* walk(file: Bytes): Generator<Block> {
  for (let at = signatureBytes; ;) {
    const head = file.read(at, 8);
    if (head.length < 8) return;
    const bytes = head.readUInt32BE(0);
    const kind = head.toString('latin1', 4, 8);
    if (at + 8 + bytes > file.length) return;
    yield { kind, offset: at + 8, bytes };
    if (kind === 'IEND') return;
    at += frameBytes + bytes;
  }
}

/** A chunk larger than this is left out: no honest text or profile is. */
const maximumChunkBytes = 16 << 20;

/** All chunks but IDAT and fdAT, in order, as they stand (compressed ones stay compressed). */
function chunksBesidePicture(file: Bytes): Chunk[] {
  const chunks: Chunk[] = [];
  for (const { kind, offset, bytes } of walk(file)) {
    if (kind !== 'IDAT' && kind !== 'fdAT' && bytes <= maximumChunkBytes) chunks.push({ type: kind, bytes: file.read(offset, bytes) });
  }
  return chunks;
}

/** What says how colours are meant, other than an ICC profile. */
const colourChunks = ['gAMA', 'cHRM', 'sRGB', 'cICP', 'mDCV', 'cLLI'];
const textChunks = ['tEXt', 'zTXt', 'iTXt'];
const xmpKeyword = 'XML:com.adobe.xmp\0';

const isText = (chunk: Chunk): boolean => textChunks.includes(chunk.type) && !isXmp(chunk) && !isRawProfile(chunk, 'iptc');
const isXmp = ({ type, bytes }: Chunk): boolean => type === 'iTXt' && bytes.toString('latin1', 0, xmpKeyword.length) === xmpKeyword;

/** An uncompressed XMP packet. */
function findXmp(chunks: readonly Chunk[]): Buffer | null {
  const bytes = chunks.find(isXmp)?.bytes;
  const uncompressed = Buffer.from('\0\0\0\0');
  const head = xmpKeyword.length;
  return bytes?.subarray(head, head + 4).equals(uncompressed) ? bytes.subarray(head + 4) : null;
}

const rawKeyword = (name: string): string => `Raw profile type ${name}\0`;
function isRawProfile({ type, bytes }: Chunk, name: string): boolean {
  return (type === 'zTXt' || type === 'tEXt') && bytes.toString('latin1', 0, rawKeyword(name).length) === rawKeyword(name);
}

/** The IPTC records that ImageMagick's convention keeps in a text chunk: a name, a length and hexadecimal lines. */
function findIptc(chunks: readonly Chunk[]): Buffer | null {
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

const latin = (text: string): Buffer => Buffer.from(text, 'latin1');

/** What goes with the picture comes between its header and itself, instead of the encoder's own chatter. */
function parts(encoded: Bytes, { exif, xmp, iptc, icc, comments, pngText, pngColour, coded, dpi }: Attachments): Part[] {
  const saysItself = pngColour.some(({ type }) => type === 'cICP');
  // RGB, full range.
  const meaning = coded === null || saysItself ? [] : [chunk('cICP', Buffer.of(coded.primaries, coded.transfer, 0, 1))];
  const picture = pictureOffset(encoded);
  return [
    { from: 0, length: headBytes },
    ...meaning,
    ...(icc ? [profileChunk(icc)] : pngColour.map(({ type, bytes }) => chunk(type, bytes))),
    ...(dpi === null ? [] : [chunk('pHYs', physical(dpi))]),
    ...(exif ? [chunk('eXIf', exif)] : []),
    // Keyword, not compressed, no language, no translated keyword.
    ...(xmp ? [chunk('iTXt', latin('XML:com.adobe.xmp\0\0\0\0\0'), xmp)] : []),
    ...(iptc ? [chunk('zTXt', latin('Raw profile type iptc\0\0'), deflateSync(rawProfile('iptc', iptc)))] : []),
    ...pngText.map(({ type, bytes }) => chunk(type, bytes)),
    ...comments.map((comment) => chunk('iTXt', latin('Comment\0\0\0\0\0'), Buffer.from(textOf(comment)))),
    chunk(png.mark, markText),
    { from: picture, length: encoded.length - picture },
  ];
}

/** Where the palette's or picture's first chunk begins. */
function pictureOffset(encoded: Bytes): number {
  for (const { kind, offset } of walk(encoded)) if (['PLTE', 'tRNS', 'IDAT'].includes(kind)) return offset - 8;
  throw new Error('a PNG file without a picture');
}

/** A chunk as it stands in a file: length, type, content, checksum. */
function chunk(type: string, ...content: readonly Uint8Array[]): Buffer {
  const bytes = Buffer.concat([latin(type), ...content]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length - 4);
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc32(bytes));
  return Buffer.concat([length, bytes, sum]);
}

/** A profile as a chunk, for {@link withProfile}. */
export const profileChunk = (icc: Uint8Array): Buffer => chunk('iCCP', latin('icc\0\0'), deflateSync(icc));

/** An encoded PNG, which has no profile, with that of `profile`: its values stay as they are. */
export const withProfile = (encoded: Uint8Array, profile: Uint8Array): Buffer =>
  Buffer.concat([encoded.subarray(0, headBytes), profile, encoded.subarray(headBytes)]);

const millimetresPerInch = 25.4;

function physical(dpi: number): Buffer {
  const perMetre = Math.round((dpi * 1000) / millimetresPerInch);
  const bytes = Buffer.alloc(9);
  bytes.writeUInt32BE(perMetre, 0);
  bytes.writeUInt32BE(perMetre, 4);
  bytes.writeUInt8(1, 8);
  return bytes;
}

/** ImageMagick's way to keep a block that PNG has no chunk for: name, length and hexadecimal lines. Other programs read it too. */
function rawProfile(name: string, bytes: Uint8Array): Buffer {
  const lines =
    Buffer.from(bytes)
      .toString('hex')
      .match(/.{1,72}/g) ?? [];
  return latin(`\n${name}\n${String(bytes.length).padStart(8)}\n${lines.join('\n')}\n`);
}

function textOf(comment: Uint8Array): string {
  const text = Buffer.from(comment).toString('utf8');
  return (text.includes('\ufffd') ? Buffer.from(comment).toString('latin1') : text).replace(/\0/g, '');
}
