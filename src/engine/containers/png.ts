import { crc32, deflateSync, inflateSync } from 'node:zlib';
import { sentence, type Sentence, type WordKey } from '../../shared/sentence.ts';
import type { Bytes } from '../image/file-bytes.ts';
import { exifDensity, exifOrientation, type Density } from '../tiff/exif.ts';
import {
  bare,
  exifStream,
  markText,
  namesOf,
  type Attachments,
  type Block,
  type Chunk,
  type Contents,
  type Holding,
  type OutputContainer,
} from './container.ts';
import type { Part } from './parts.ts';
import { iptcResource } from './photoshop.ts';

/** PNG: chunks (ISO/IEC 15948 §5.3). */
export const png: OutputContainer = {
  begins: (head) => head.startsWith('\x89PNG\r\n\x1a\n'),
  walk,
  read,
  codedColour(file) {
    const found = beforePicture(file).find(({ kind, bytes }) => kind === 'cICP' && bytes === 4);
    const cicp = found && file.read(found.offset, found.bytes);
    return cicp?.length === 4 ? { primaries: cicp.readUInt8(0), transfer: cicp.readUInt8(1) } : null;
  },
  coding: (file) => ({ hasProfile: beforePicture(file).some(({ holds }) => holds === 'icc') }),
  pixelsAtMost(file) {
    // Of IHDR: bits of a sample, and the colour type, which says how many samples a pixel has (ISO/IEC 15948 §11.2.2).
    const [bits = 8, type = 0] = file.read(signatureBytes + 16, 2);
    const samples = [1, 1, 3, 1, 2, 2, 4][type] ?? 1;
    return (file.length * longestRun * 8) / (bits * samples);
  },
  others: 'frames',
  lossless: true,
  room: {
    exif: Infinity,
    xmp: () => true,
    resources: false,
    iptc: 'apart',
    comments: true,
    pngText: true,
    coded: true,
    shot: false,
    density: true,
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

/** The last letter is a capital: editors must not copy the chunk (PNG specification, "chunk naming conventions"). */
const markKind = 'onST';
const signatureBytes = 8;
/** Signature and IHDR come first in every PNG file. */
const headBytes = signatureBytes + 25;
/** Bytes that one byte of Deflate can stand for: 258 for each two bits (RFC 1951 §3.2.5). */
const longestRun = 1032;
/** Length, type and checksum. */
const frameBytes = 12;

function* walk(file: Bytes): Generator<Block> {
  const seen = new Set<Holding>();
  let at = signatureBytes;
  for (let kind = ''; kind !== 'IEND';) {
    const head = file.read(at, 8 + keywordBytes);
    if (head.length < 8) return;
    const bytes = head.readUInt32BE(0);
    kind = head.toString('latin1', 4, 8);
    if (at + 8 + bytes > file.length) return;
    const holds = heldBy(kind, head.toString('latin1', 8, 8 + bytes));
    // There is one of each of these; of a second one people are told.
    const isAnother = unique.includes(holds) && seen.has(holds);
    seen.add(holds);
    yield { kind, offset: at + 8, bytes, holds: isAnother ? 'other' : holds };
    at += frameBytes + bytes;
  }
  if (at < file.length) yield { kind: 'trailer', offset: at, bytes: file.length - at, holds: 'trailer' };
}

/** What says how colours are meant comes first; a large picture has thousands of chunks. */
function beforePicture(file: Bytes): Block[] {
  const blocks: Block[] = [];
  for (const block of walk(file)) {
    if (block.kind === 'IDAT') break;
    blocks.push(block);
  }
  return blocks;
}

const unique: readonly Holding[] = ['exif', 'xmp', 'resources', 'icc', 'density'];
/** The longest keyword of a text chunk, and its end. */
const keywordBytes = 80;
const textChunks = ['tEXt', 'zTXt', 'iTXt'];
const xmpKeyword = 'XML:com.adobe.xmp';

/** What chunks hold, other than text. Frames of a film are counted apart. */
const holdings: Readonly<Record<string, Holding>> = {
  ...Object.fromEntries(
    ['IHDR', 'PLTE', 'tRNS', 'IDAT', 'IEND', 'sBIT', 'hIST', 'acTL', 'fcTL', 'fdAT'].map((kind) => [kind, 'picture'] as const),
  ),
  // What says how colours are meant, other than an ICC profile.
  ...Object.fromEntries(['gAMA', 'cHRM', 'sRGB', 'cICP', 'mDCV', 'cLLI'].map((kind) => [kind, 'pngColour'] as const)),
  iCCP: 'icc',
  eXIf: 'exif',
  pHYs: 'density',
  caBX: 'credentials',
  [markKind]: 'mark',
};
/** Blocks that ImageMagick and ExifTool keep in text chunks, by the last word of their keyword. */
const rawProfiles: Readonly<Record<string, Holding>> = { exif: 'exif', APP1: 'exif', xmp: 'xmp', iptc: 'resources', '8bim': 'resources' };

function heldBy(kind: string, start: string): Holding {
  if (!textChunks.includes(kind)) return holdings[kind] ?? 'other';
  const keyword = start.slice(0, start.indexOf('\0'));
  if (keyword === xmpKeyword) return 'xmp';
  const [, profile = ''] = /^Raw profile type (\w+)$/.exec(keyword) ?? [];
  return rawProfiles[profile] ?? 'pngText';
}

/** A chunk larger than this is left out: no honest text or profile is; nor is one that unfolds to more. */
const maximumChunkBytes = 64 << 20;

function read(file: Bytes): Contents {
  const blocks = [...walk(file)];
  const chunks = blocks.filter(({ holds, bytes }) => holds !== 'picture' && bytes <= maximumChunkBytes);
  const contents = (holds: Holding): Chunk[] =>
    chunks.filter((block) => block.holds === holds).map(({ kind, offset, bytes }) => ({ type: kind, bytes: file.read(offset, bytes) }));
  const { exif, xmp, iptc, broken } = unfolded(contents);
  const pngText = contents('pngText');
  const animation = blocks.find(({ kind }) => kind === 'acTL');
  return {
    ...bare,
    exif,
    xmp,
    // Bare records, or within Photoshop's resources.
    resources: iptc && (iptc.toString('latin1', 0, 4) === '8BIM' ? iptc : iptcResource(iptc)),
    pngText,
    pngColour: contents('pngColour'),
    icc: profileIn(contents('icc')[0]),
    density: physicalDensity(contents('density')[0]?.bytes) ?? (exif && exifDensity(exif)),
    broken,
    frames: animation && animation.bytes >= 4 ? file.read(animation.offset, 4).readUInt32BE(0) : null,
    orientation: exif && exifOrientation(exif),
    names: namesOf({ EXIF: exif, XMP: xmp, IPTC: iptc, text: pngText[0] }),
  };
}

/** Blocks that have chunks of their own, or are kept in text. */
function unfolded(contents: (holds: Holding) => Chunk[]): Pick<Contents, 'exif' | 'xmp' | 'broken'> & { iptc: Buffer | null } {
  const broken: Sentence[] = [];
  const first = (holds: Holding, part: WordKey): Buffer | null => {
    const [chunk] = contents(holds);
    const content = chunk ? contentOf(chunk) : null;
    if (chunk && content === null) broken.push(sentence('lost.malformed', { part: sentence(part) }));
    return content;
  };
  const block = first('exif', 'part.exif');
  // What is called APP1 may be a packet.
  const isPacket = block?.toString('latin1', 0, packetPrefix.length) === packetPrefix;
  const packet = block && isPacket ? block.subarray(packetPrefix.length) : null;
  return {
    exif: block && !isPacket ? exifStream(block) : null,
    xmp: first('xmp', 'part.xmp') ?? packet,
    iptc: first('resources', 'part.iptc'),
    broken,
  };
}

const packetPrefix = 'http://ns.adobe.com/xap/1.0/\0';

/** A block in a chunk of its own or in one of text, unfolded; null where it cannot be. */
function contentOf({ type, bytes }: Chunk): Buffer | null {
  if (!textChunks.includes(type)) return bytes;
  const keyword = bytes.toString('latin1', 0, bytes.indexOf(0));
  const content = bytes.subarray(keyword.length + 1);
  try {
    // After the keyword: how it is compressed (zTXt); whether and how, language and translated keyword (iTXt).
    const text = type === 'zTXt' ? inflate(content.subarray(1)) : type === 'iTXt' ? international(content) : content;
    if (keyword === xmpKeyword) return text;
    const [, length, hex] = /^\s*[^\n]*\n\s*(\d+)\n([0-9a-f\s]+)/i.exec(text.toString('latin1')) ?? [];
    return hex === undefined ? null : Buffer.from(hex.replace(/\s/g, ''), 'hex').subarray(0, Number(length));
  } catch {
    return null;
  }
}

/** A name, how it is compressed, the profile. */
function profileIn(chunk: Chunk | undefined): Buffer | null {
  try {
    return chunk ? inflate(chunk.bytes.subarray(chunk.bytes.indexOf(0) + 2)) : null;
  } catch {
    return null;
  }
}

const inflate = (bytes: Uint8Array): Buffer => inflateSync(bytes, { maxOutputLength: maximumChunkBytes });

function international(content: Buffer): Buffer {
  const language = content.indexOf(0, 2);
  const keyword = content.indexOf(0, language + 1);
  const text = content.subarray(keyword + 1);
  return content[0] === 1 ? inflate(text) : text;
}

const latin = (text: string): Buffer => Buffer.from(text, 'latin1');

/** What goes with the picture comes between its header and itself, instead of the encoder's own chatter. */
function parts(encoded: Bytes, { exif, xmp, iptc, icc, comments, pngText, pngColour, coded, density }: Attachments): Part[] {
  const saysItself = pngColour.some(({ type }) => type === 'cICP');
  // RGB, full range.
  const meaning = coded === null || saysItself ? [] : [chunk('cICP', Buffer.of(coded.primaries, coded.transfer, 0, 1))];
  const picture = pictureOffset(encoded);
  return [
    { from: 0, length: headBytes },
    ...meaning,
    ...(icc ? [profileChunk(icc)] : []),
    // The specification forbids sRGB beside a profile (§11.3.2.5).
    ...pngColour.filter(({ type }) => !icc || type !== 'sRGB').map(({ type, bytes }) => chunk(type, bytes)),
    ...(density === null ? [] : [chunk('pHYs', physical(density))]),
    ...(exif ? [chunk('eXIf', exif)] : []),
    // Keyword, not compressed, no language, no translated keyword.
    ...(xmp ? [chunk('iTXt', latin(`${xmpKeyword}\0\0\0\0\0`), xmp)] : []),
    ...(iptc ? [chunk('zTXt', latin('Raw profile type iptc\0\0'), deflateSync(rawProfile('iptc', iptc)))] : []),
    ...pngText.map(({ type, bytes }) => chunk(type, bytes)),
    ...comments.map((comment) => chunk('iTXt', latin('Comment\0\0\0\0\0'), Buffer.from(textOf(comment)))),
    chunk(markKind, markText),
    { from: picture, length: encoded.length - picture },
  ];
}

/** Where the palette's or picture's first chunk begins. */
function pictureOffset(encoded: Bytes): number {
  for (const { kind, offset } of walk(encoded)) if (['PLTE', 'tRNS', 'IDAT'].includes(kind)) return offset - 8;
  throw new Error('a PNG file without a picture');
}

/** A chunk as it stands in a file: length, type, content, checksum. */
export function chunk(type: string, ...content: readonly Uint8Array[]): Buffer {
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

/** Pixels per metre, across and down. */
function physical({ x, y }: Density): Buffer {
  const bytes = Buffer.alloc(9);
  bytes.writeUInt32BE(Math.round((x * 1000) / millimetresPerInch), 0);
  bytes.writeUInt32BE(Math.round((y * 1000) / millimetresPerInch), 4);
  bytes.writeUInt8(1, 8);
  return bytes;
}

/** Null where the chunk says nothing but the shape of pixels. */
function physicalDensity(bytes: Buffer | undefined): Density | null {
  if (bytes?.length !== 9 || bytes[8] !== 1) return null;
  const [x, y] = [bytes.readUInt32BE(0), bytes.readUInt32BE(4)];
  return x > 0 && y > 0 ? { x: (x * millimetresPerInch) / 1000, y: (y * millimetresPerInch) / 1000 } : null;
}

/** ImageMagick's way to keep a block that PNG has no chunk for: name, length and hexadecimal lines. Other programs read it too. */
function rawProfile(name: string, bytes: Uint8Array): Buffer {
  const lines =
    Buffer.from(bytes)
      .toString('hex')
      .match(/.{1,72}/g) ?? [];
  return latin(`\n${name}\n${bytes.length.toString().padStart(8)}\n${lines.join('\n')}\n`);
}

function textOf(comment: Uint8Array): string {
  const text = Buffer.from(comment).toString('utf8');
  return (text.includes('\ufffd') ? Buffer.from(comment).toString('latin1') : text).replace(/\0/g, '');
}
