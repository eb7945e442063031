import { Problem } from '../../shared/problem.ts';
import { sentence } from '../../shared/sentence.ts';
import type { Bytes } from '../image/file-bytes.ts';
import { headerContents, markText, type Attachments, type Block, type OutputContainer } from './container.ts';
import type { Part } from './parts.ts';

/** JPEG: segments up to the first scan (ITU-T T.81 annex B). */
export const jpeg: OutputContainer = {
  begins: (head) => head.startsWith('\xff\xd8\xff'),
  refuse,
  coding: (file) => ({
    hasProfile: [...walk(file)].some(({ kind, offset }) => kind === 'APP2' && file.read(offset, 12).equals(iccPrefix)),
  }),
  walk,
  read(file, header) {
    const segments = [...walk(file)];
    const payloads = (kind: string, prefix = ''): Buffer[] =>
      segments
        .filter((segment) => segment.kind === kind)
        .map(({ offset, bytes }) => file.read(offset, bytes))
        .filter((payload) => payload.toString('latin1', 0, prefix.length) === prefix);
    const comments = payloads('COM');
    const unit = payloads('APP0', 'JFIF\0')[0]?.[7];
    const statesDensity = unit === 1 || unit === 2 || payloads('APP1', 'Exif\0\0').length > 0;
    return {
      ...headerContents(header),
      extendedXmp: payloads('APP1', 'http://ns.adobe.com/xmp/extension/\0'),
      comments,
      dpi: statesDensity ? (header.density ?? null) : null,
      quality: estimateQuality(payloads('DQT')),
      names: comments.length > 0 ? ['comment'] : [],
    };
  },
  others: 'pictures',
  lossless: false,
  mark: 'APP15',
  // EXIF and XMP have a segment each, with its prefix.
  room: {
    exif: 65_527,
    xmp: 65_502,
    extendedXmp: true,
    resources: true,
    iptc: 'resources',
    comments: true,
    pngText: false,
    coded: false,
    dpi: true,
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

/** `bytes` without marker and length. */
interface Segment extends Block {
  readonly marker: number;
}

const markers = { app0: 0xe0, app1: 0xe1, app2: 0xe2, app13: 0xed, app14: 0xee, app15: 0xef, comment: 0xfe } as const;
const startOfScan = 0xda;
const endOfImage = 0xd9;
/** No real header is longer; a file that claims so is not worth reading on. */
const maximumHeaderBytes = 256 << 20;

/** The last block is the first scan with its marker and all that follows. */
function* walk(file: Bytes): Generator<Segment> {
  for (let at = 2; at < maximumHeaderBytes;) {
    const head = file.read(at, 4);
    if (head.length < 4) return;
    const marker = head.readUInt8(1);
    if (head.readUInt8(0) !== 0xff || marker === 0xff) {
      // Fill bytes, or junk between segments, which decoders skip too.
      at += 1;
      continue;
    }
    if (marker === endOfImage) return;
    if (marker === startOfScan) {
      yield { kind: 'SOS', marker, offset: at, bytes: file.length - at };
      return;
    }
    const length = head.readUInt16BE(2);
    if (length < 2 || at + 2 + length > file.length) return;
    yield { kind: kindOf(marker), marker, offset: at + 4, bytes: length - 2 };
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

function kindOf(marker: number): string {
  if (isApplication(marker)) return `APP${marker - markers.app0}`;
  return { 0xfe: 'COM', 0xdb: 'DQT' }[marker] ?? marker.toString(16);
}

/** Luminance quantisers at quality 50, in zigzag order (ITU-T T.81 table K.1). */
const standardLuminance = [
  16, 11, 12, 14, 12, 10, 16, 14, 13, 14, 18, 17, 16, 19, 24, 40, 26, 24, 22, 22, 24, 49, 35, 37, 29, 40, 58, 51, 61, 60, 57, 51, 56, 55,
  64, 72, 92, 78, 64, 68, 87, 69, 55, 56, 80, 109, 81, 87, 95, 98, 103, 104, 103, 62, 77, 113, 121, 112, 100, 120, 92, 101, 103, 99,
];

/** The luminance table as libjpeg scales it for `quality` 1…100 (jcparam.c, jpeg_quality_scaling). */
function scaledSum(quality: number): number {
  const scale = quality < 50 ? 5000 / quality : 200 - quality * 2;
  return standardLuminance.reduce((sum, value) => sum + Math.min(255, Math.max(1, Math.floor((value * scale + 50) / 100))), 0);
}

/**
 * The libjpeg quality 1…100 whose luminance table is about as coarse in sum as the file's: exact for files written with
 * the standard tables, the nearest equivalent for others. Null where there is no table.
 */
function estimateQuality(tables: readonly Buffer[]): number | null {
  for (const payload of tables) {
    for (let at = 0; at < payload.length;) {
      const kind = payload.readUInt8(at);
      const wide = kind >> 4 !== 0;
      const isLuminance = (kind & 15) === 0;
      const end = at + 1 + (wide ? 128 : 64);
      if (isLuminance && end <= payload.length) {
        let sum = 0;
        for (let i = at + 1; i < end; i += wide ? 2 : 1) sum += wide ? payload.readUInt16BE(i) : payload.readUInt8(i);
        return nearestQuality(sum);
      }
      at = end;
    }
  }
  return null;
}

function nearestQuality(sum: number): number {
  let best = 100;
  for (let quality = 100; quality >= 1; quality--) {
    if (Math.abs(scaledSum(quality) - sum) < Math.abs(scaledSum(best) - sum)) best = quality;
  }
  return best;
}

const maximumPayload = 65_533;
const latin = (text: string): Buffer => Buffer.from(text, 'latin1');
const photoshopPrefix = latin('Photoshop 3.0\0');
const iccPrefix = latin('ICC_PROFILE\0');

/** The segments that the encoder wrote before the picture's own tables give way. */
function parts(encoded: Bytes, { exif, xmp, extendedXmp, resources, icc, comments, dpi }: Attachments): Part[] {
  const segments = [...walk(encoded)];
  const scan = segments.pop();
  if (scan?.kind !== 'SOS') throw new Error('a JPEG file without a scan');
  // Adobe's APP14 says how colours are transformed: it belongs to the picture.
  const isOfPicture = ({ marker }: Segment): boolean => marker === markers.app14 || !(isApplication(marker) || marker === markers.comment);
  return [
    Buffer.of(0xff, 0xd8),
    segment(markers.app0, jfif(dpi)),
    ...(exif ? [segment(markers.app1, latin('Exif\0\0'), exif)] : []),
    ...(xmp ? [segment(markers.app1, latin('http://ns.adobe.com/xap/1.0/\0'), xmp)] : []),
    ...extendedXmp.map((payload) => segment(markers.app1, payload)),
    ...(icc ? iccSegments(icc) : []),
    ...(resources
      ? pieces(resources, maximumPayload - photoshopPrefix.length).map((piece) => segment(markers.app13, photoshopPrefix, piece))
      : []),
    segment(markers.app15, markText),
    ...comments.map((comment) => segment(markers.comment, comment)),
    ...segments.filter(isOfPicture).map(({ marker, offset, bytes }) => segment(marker, encoded.read(offset, bytes))),
    { from: scan.offset, length: scan.bytes },
  ];
}

function segment(marker: number, ...payload: readonly Uint8Array[]): Buffer {
  const length = payload.reduce((sum, bytes) => sum + bytes.length, 0);
  if (length > maximumPayload) throw new Error(`a JPEG segment of ${length} bytes`);
  const head = Buffer.of(0xff, marker, 0, 0);
  head.writeUInt16BE(length + 2, 2);
  return Buffer.concat([head, ...payload]);
}

/** JFIF 1.02: density in dots per inch, or square pixels of no stated size. */
function jfif(dpi: number | null): Buffer {
  const density = dpi === null ? 1 : Math.min(65_535, Math.max(1, Math.round(dpi)));
  return Buffer.concat([
    latin('JFIF\0'),
    Buffer.of(1, 2, dpi === null ? 0 : 1, density >> 8, density & 255, density >> 8, density & 255, 0, 0),
  ]);
}

/** ICC.1:2010 annex B.4: a profile in numbered chunks. */
function iccSegments(icc: Uint8Array): Buffer[] {
  const chunks = pieces(icc, maximumPayload - 14);
  return chunks.map((chunk, index) => segment(markers.app2, iccPrefix, Buffer.of(index + 1, chunks.length), chunk));
}

function pieces(bytes: Uint8Array, length: number): Uint8Array[] {
  return Array.from({ length: Math.ceil(bytes.length / length) }, (_, index) => bytes.subarray(index * length, (index + 1) * length));
}
