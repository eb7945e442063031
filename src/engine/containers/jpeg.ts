import { Problem } from '../../shared/problem.ts';
import { sentence, type Sentence } from '../../shared/sentence.ts';
import type { Bytes } from '../image/file-bytes.ts';
import { exifDensity, exifOrientation, type Density } from '../tiff/exif.ts';
import { bare, markText, namesOf, type Attachments, type Block, type Contents, type Holding, type OutputContainer } from './container.ts';
import { makeBox } from './heif.ts';
import { behindPicture } from './jpeg-beyond.ts';
import { estimateQuality } from './jpeg-quality.ts';
import type { Part } from './parts.ts';
import { iptcRecords } from './photoshop.ts';
import { extensionPrefix, joinXmp, splitXmp } from './xmp.ts';

const xmpPrefix = 'http://ns.adobe.com/xap/1.0/\0';
const photoshopPrefix = 'Photoshop 3.0\0';
/**
 * The mark as a box of JUMBF (ISO 19566-5 §B.2), which readers that do not know its type pass over. It is numbered apart from boxes of
 * others, none of which a result has.
 */
const markType = Buffer.from('6f6e6573746570d0a1b2c3d4e5f60718', 'hex');
const markPayload = Buffer.concat([
  Buffer.from('JP\0\x01\0\0\0\x01', 'latin1'),
  makeBox('jumb', makeBox('jumd', markType, Buffer.of(0)), makeBox('uuid', markType, markText)),
]);

/** More than cameras and programs write, and far less than would keep a reader busy. */
const maximumExif = 16 << 20;

/** JPEG: segments up to the first scan (ITU-T T.81 annex B), and what lies behind the picture. */
export const jpeg: OutputContainer = {
  begins: (head) => head.startsWith('\xff\xd8\xff'),
  refuse,
  coding: (file) => ({ hasProfile: [...walk(file)].some(({ holds }) => holds === 'icc') }),
  // A block of 64 pixels takes one bit at least, unless several share bits, as in arithmetic coding (ITU-T T.81 annexes F and D).
  pixelsAtMost: (file) => ([...walk(file)].some(({ marker }) => isFrame(marker) && marker < 0xc8) ? file.length * 8 * 64 : Infinity),
  walk,
  beyond: (file) => behindPicture(file, [...walk(file)]),
  read,
  others: 'pictures',
  lossless: false,
  // EXIF goes on in further segments, as its readers know it; most other programs read the first alone.
  room: {
    exif: maximumExif,
    xmp: (packet) => splitPacket(packet) !== null,
    resources: true,
    iptc: 'resources',
    comments: true,
    pngText: false,
    coded: false,
    shot: true,
    density: true,
  },
  colourOnly: false,
  failOn: 'warning',
  mostBytesPerPixel: () => 1,
  likelyBytesPerPixel: 0.25,
  encoderBytesPerPixel: 0,
  write: {
    // Optimised coding would hold all coefficients in memory: performance before a few per cent of size.
    encode: (image, { quality, chroma }) => image.jpeg({ quality: quality ?? 100, chromaSubsampling: chroma, optimiseCoding: false }),
    parts,
  },
};

interface Segment extends Block {
  readonly marker: number;
}

const markers = {
  app0: 0xe0,
  app1: 0xe1,
  app2: 0xe2,
  app11: 0xeb,
  app12: 0xec,
  app13: 0xed,
  app14: 0xee,
  app15: 0xef,
  comment: 0xfe,
  scan: 0xda,
  end: 0xd9,
} as const;
/** No real header is longer; a file that claims so is not worth reading on. */
const maximumHeaderBytes = 256 << 20;
/** What the longest identifier takes. */
const identifierBytes = 96;

/** The last block is the first scan with its marker and all that follows. */
function* walk(file: Bytes): Generator<Segment> {
  const seen = new Set<Holding>();
  for (let at = 2; at < maximumHeaderBytes;) {
    const head = file.read(at, 4 + identifierBytes);
    if (head.length < 4) return;
    const marker = head.readUInt8(1);
    if (head.readUInt8(0) !== 0xff || marker === 0xff) {
      // Fill bytes, or junk between segments, which decoders skip too.
      at += 1;
      continue;
    }
    if (marker === markers.end) return;
    if (marker === markers.scan) {
      yield { kind: 'SOS', marker, offset: at, bytes: file.length - at, holds: 'picture' };
      return;
    }
    const length = head.readUInt16BE(2);
    if (length < 2 || at + 2 + length > file.length) return;
    yield { marker, offset: at + 4, bytes: length - 2, ...identified(marker, head.toString('latin1', 4, 2 + length), seen) };
    at += 2 + length;
  }
}

/** Frames that are decoded: baseline, sequential and progressive ones of Huffman and arithmetic coding (ITU-T T.81 table B.1). */
const readFrames: readonly number[] = [0xc0, 0xc1, 0xc2, 0xc9, 0xca];
const isFrame = (marker: number): boolean => marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);

/** JPEG that the decoder does not know: other depths, lossless and hierarchical coding. */
function refuse(file: Bytes): void {
  for (const { marker, offset, bytes } of walk(file)) {
    if (!isFrame(marker) || bytes < 1) continue;
    const bits = file.read(offset, 1)[0] ?? 8;
    if (bits !== 8) throw new Problem('unsupported-image', sentence('photo.bits', { bits, format: 'JPEG' }));
    if (!readFrames.includes(marker)) throw new Problem('unsupported-image', sentence('photo.jpegCoding'));
    return;
  }
}

const isApplication = (marker: number): boolean => marker >= markers.app0 && marker <= markers.app15;

/** How contents of application segments begin, and what they hold. Others are said by their marker and first word. */
const identifiers: readonly (readonly [marker: number, start: string, holds: Holding])[] = [
  [markers.app0, 'JFIF\0', 'density'],
  [markers.app0, 'JFXX\0', 'thumbnail'],
  [markers.app1, 'Exif\0', 'exif'],
  [markers.app1, 'http://ns.adobe.com/xap/1.0/\0', 'xmp'],
  // The remainder of a long packet, which `read` joins to it.
  [markers.app1, extensionPrefix, 'xmp'],
  [markers.app2, 'ICC_PROFILE\0', 'icc'],
  // An index of what lies behind the picture, and the word that a gain map does.
  [markers.app2, 'MPF\0', 'picture'],
  [markers.app2, 'urn:iso:std:iso:ts:21496:-1\0', 'gainMap'],
  [markers.app12, 'Ducky', 'picture'],
  [markers.app13, photoshopPrefix, 'resources'],
  // How colours are coded.
  [markers.app14, 'Adobe', 'picture'],
  [markers.app11, markPayload.toString('latin1'), 'mark'],
  // Of earlier versions.
  [markers.app15, markText.toString('latin1'), 'mark'],
];

/** What a segment holds whose content begins like this; `seen` is what came before. */
function identified(marker: number, start: string, seen: Set<Holding>): Pick<Block, 'kind' | 'holds'> {
  if (marker === markers.comment) return { kind: 'COM', holds: 'comments' };
  if (!isApplication(marker)) return { kind: marker === quantisers ? 'DQT' : marker.toString(16), holds: 'picture' };
  const kind = `APP${marker - markers.app0}`;
  const holds = heldBy(marker, start, seen);
  const isAnother = beginsBlock(holds, start) && seen.has(holds);
  seen.add(beginsBlock(holds, start) || holds === 'credentials' ? holds : 'picture');
  if (holds !== 'other' && !isAnother) return { kind, holds };
  const word = /^[\x21-\x7e][\x20-\x7e]*/.exec(start)?.[0].slice(0, 24);
  return { kind: word === undefined ? kind : `${kind} (${word.trim()})`, holds: 'other' };
}

function heldBy(marker: number, start: string, seen: ReadonlySet<Holding>): Holding {
  const listed = identifiers.find(([of, prefix]) => of === marker && start.startsWith(prefix));
  if (listed) return listed[2];
  // The first of several says what they are.
  if (marker === markers.app11 && start.startsWith('JP') && (start.includes('c2pa') || seen.has('credentials'))) return 'credentials';
  return marker === markers.app12 && /^[\x20-\x7e\0\r\n\t]+$/.test(start) ? 'shot' : 'other';
}

/** Whether this is not the continuation of a block. Of a second one people are told. */
function beginsBlock(holds: Holding, start: string): boolean {
  if (holds === 'exif') return /^Exif\0.(II\*|MM\0)/s.test(start);
  return holds === 'xmp' && !start.startsWith(extensionPrefix);
}

const quantisers = 0xdb;

function read(file: Bytes): Contents {
  const segments = [...walk(file)];
  const payloads = (holds: Holding, prefix = ''): Buffer[] =>
    segments
      .filter((segment) => segment.holds === holds)
      .map(({ offset, bytes }) => file.read(offset, bytes))
      .filter((payload) => payload.toString('latin1', 0, prefix.length) === prefix)
      .map((payload) => payload.subarray(prefix.length));
  const exif = joined(payloads('exif').map((payload) => payload.subarray(6)));
  const { xmp, broken } = packetOf(payloads('xmp', xmpPrefix)[0] ?? null, payloads('xmp', extensionPrefix));
  const comments = payloads('comments');
  const tables = segments.filter(({ marker }) => marker === quantisers).map(({ offset, bytes }) => file.read(offset, bytes));
  const holds = (what: Holding): boolean => segments.some((segment) => segment.holds === what);
  const resources = joined(payloads('resources', photoshopPrefix));
  return {
    ...bare,
    exif,
    xmp,
    resources,
    comments,
    shot: payloads('shot'),
    density: (exif && exifDensity(exif)) ?? jfifDensity(payloads('density')[0]),
    icc: profileOf(payloads('icc', 'ICC_PROFILE\0')),
    broken,
    orientation: exif && exifOrientation(exif),
    quality: estimateQuality(tables),
    names: namesOf({
      EXIF: exif,
      XMP: xmp,
      IPTC: resources && iptcRecords(resources),
      comment: comments[0],
      'gain map': holds('gainMap') || null,
    }),
  };
}

const joined = (pieces: readonly Buffer[]): Buffer | null => (pieces.length === 0 ? null : Buffer.concat(pieces));

/** A packet with its remainder; where that is not whole, the packet alone. */
function packetOf(packet: Buffer | null, remainder: readonly Buffer[]): { xmp: Uint8Array | null; broken: Sentence[] } {
  if (remainder.length === 0) return { xmp: packet, broken: [] };
  const whole = packet && joinXmp(packet, remainder);
  return { xmp: whole ?? packet, broken: whole ? [] : [sentence('lost.malformed', { part: sentence('part.extendedXmp') })] };
}

/** JFIF 1.02: dots per inch or per centimetre, or the shape of pixels alone. */
function jfifDensity(payload: Buffer | undefined): Density | null {
  if (payload === undefined || payload.length < 12) return null;
  const [unit, x, y] = [payload[7], payload.readUInt16BE(8), payload.readUInt16BE(10)];
  const factor = unit === 1 ? 1 : unit === 2 ? 2.54 : 0;
  return x > 0 && y > 0 && factor > 0 ? { x: x * factor, y: y * factor } : null;
}

/** ICC.1:2010 annex B.4: numbered chunks, all of which must be there. */
function profileOf(chunks: readonly Buffer[]): Buffer | null {
  const sorted = chunks.filter(({ length }) => length > 2).toSorted((a, b) => a[0]! - b[0]!);
  const isWhole = sorted.length > 0 && sorted.every((chunk, index) => chunk[0] === index + 1 && chunk[1] === sorted.length);
  return isWhole ? Buffer.concat(sorted.map((chunk) => chunk.subarray(2))) : null;
}

const maximumPayload = 65_533;
const latin = (text: string): Buffer => Buffer.from(text, 'latin1');

/** The segments that the encoder wrote before the picture's own tables give way. */
function parts(encoded: Bytes, { exif, xmp, resources, icc, comments, shot, density }: Attachments): Part[] {
  const segments = [...walk(encoded)];
  const scan = segments.pop();
  if (scan?.kind !== 'SOS') throw new Error('a JPEG file without a scan');
  // Adobe's APP14 says how colours are transformed: it belongs to the picture.
  const isOfPicture = ({ marker }: Segment): boolean => marker === markers.app14 || !(isApplication(marker) || marker === markers.comment);
  const sequence = (marker: number, prefix: Buffer, bytes: Uint8Array | null): Buffer[] =>
    bytes ? pieces(bytes, maximumPayload - prefix.length).map((piece) => segment(marker, prefix, piece)) : [];
  return [
    Buffer.of(0xff, 0xd8),
    segment(markers.app0, jfif(density)),
    ...sequence(markers.app1, latin('Exif\0\0'), exif),
    ...(xmp ? xmpSegments(xmp) : []),
    ...(icc ? iccSegments(icc) : []),
    ...sequence(markers.app13, latin(photoshopPrefix), resources),
    ...shot.map((payload) => segment(markers.app12, payload)),
    segment(markers.app11, markPayload),
    ...comments.map((comment) => segment(markers.comment, comment)),
    ...segments.filter(isOfPicture).map(({ marker, offset, bytes }) => segment(marker, encoded.read(offset, bytes))),
    { from: scan.offset, length: scan.bytes },
  ];
}

const splitPacket = (packet: Uint8Array): ReturnType<typeof splitXmp> =>
  splitXmp(packet, maximumPayload - xmpPrefix.length, maximumPayload);

function xmpSegments(xmp: Uint8Array): Buffer[] {
  const split = splitPacket(xmp);
  // `room` was asked.
  if (split === null) throw new Error(`an XMP packet of ${xmp.length} bytes that cannot be split`);
  return [segment(markers.app1, latin(xmpPrefix), split.main), ...split.remainder.map((payload) => segment(markers.app1, payload))];
}

function segment(marker: number, ...payload: readonly Uint8Array[]): Buffer {
  const length = payload.reduce((sum, bytes) => sum + bytes.length, 0);
  if (length > maximumPayload) throw new Error(`a JPEG segment of ${length} bytes`);
  const head = Buffer.of(0xff, marker, 0, 0);
  head.writeUInt16BE(length + 2, 2);
  return Buffer.concat([head, ...payload]);
}

/** JFIF 1.02: density in dots per inch, or square pixels of no stated size. */
function jfif(density: Density | null): Buffer {
  const [x, y] = [density?.x ?? 1, density?.y ?? 1].map((value) => Math.min(65_535, Math.max(1, Math.round(value))));
  const content = Buffer.from('JFIF\0\x01\x02\0\0\0\0\0\0\0', 'latin1');
  content.writeUInt8(density === null ? 0 : 1, 7);
  content.writeUInt16BE(x!, 8);
  content.writeUInt16BE(y!, 10);
  return content;
}

/** ICC.1:2010 annex B.4: a profile in numbered chunks. */
function iccSegments(icc: Uint8Array): Buffer[] {
  const chunks = pieces(icc, maximumPayload - 14);
  return chunks.map((chunk, index) => segment(markers.app2, latin('ICC_PROFILE\0'), Buffer.of(index + 1, chunks.length), chunk));
}

function pieces(bytes: Uint8Array, length: number): Uint8Array[] {
  return Array.from({ length: Math.ceil(bytes.length / length) }, (_, index) => bytes.subarray(index * length, (index + 1) * length));
}
