import type { Bytes } from '../image/file-bytes.ts';
import type { StripShape } from '../tiff/strips.ts';
import { exifDensity, exifOrientation } from '../tiff/exif.ts';
import {
  bare,
  exifStream,
  heldIn,
  markText,
  namesOf,
  roomForExifAndXmp,
  type Attachments,
  type Block,
  type Holding,
  type OutputContainer,
} from './container.ts';
import type { Part } from './parts.ts';

/** WebP: chunks of a RIFF file (RFC 9649). */
export const webp: OutputContainer = {
  begins: (head) => head.startsWith('RIFF') && head.startsWith('WEBP', 8),
  walk,
  read(file) {
    const blocks = [...walk(file)];
    const block = heldIn(file, blocks, 'exif');
    const exif = block && exifStream(block);
    const xmp = heldIn(file, blocks, 'xmp');
    return {
      ...bare,
      exif,
      xmp,
      icc: heldIn(file, blocks, 'icc'),
      density: exif && exifDensity(exif),
      orientation: exif && exifOrientation(exif),
      lossless: blocks.some(({ kind }) => kind === 'VP8L'),
      names: namesOf({ EXIF: exif, XMP: xmp }),
    };
  },
  others: 'frames',
  lossless: false,
  room: roomForExifAndXmp,
  colourOnly: true,
  failOn: 'warning',
  mostBytesPerPixel: () => 1,
  likelyBytesPerPixel: 0.12,
  encoderBytesPerPixel: 9,
  write: {
    encode: (image, { quality }) =>
      quality === null
        ? image.webp({ lossless: true, effort: 2 })
        : image.webp({ quality, alphaQuality: 100, effort: 2, smartSubsample: true }),
    parts,
  },
};

const markKind = 'ONST';
const holdings: Readonly<Record<string, Holding>> = {
  ...Object.fromEntries(['VP8 ', 'VP8L', 'VP8X', 'ALPH', 'ANIM', 'ANMF'].map((kind) => [kind, 'picture'] as const)),
  ICCP: 'icc',
  EXIF: 'exif',
  'XMP ': 'xmp',
  C2PA: 'credentials',
  [markKind]: 'mark',
};

/** Not the chunks inside animation frames. */
function* walk(file: Bytes): Generator<Block> {
  const seen = new Set<Holding>();
  const end = Math.min(file.length, 8 + file.read(4, 4).readUInt32LE(0));
  for (let at = 12; at + 8 <= end;) {
    const head = file.read(at, 8);
    const bytes = head.readUInt32LE(4);
    const kind = head.toString('latin1', 0, 4);
    const holds = holdings[kind] ?? 'other';
    // There is one of each; of a second people are told.
    yield { kind: kind.trim(), offset: at + 8, bytes, holds: holds !== 'picture' && seen.has(holds) ? 'other' : holds };
    seen.add(holds);
    at += 8 + bytes + (bytes % 2);
  }
  if (end < file.length) yield { kind: 'trailer', offset: end, bytes: file.length - end, holds: 'trailer' };
}

/** Flags of the VP8X chunk (RFC 9649 §2.7.1). */
const flags = { icc: 0x20, alpha: 0x10, exif: 0x08, xmp: 0x04 } as const;

/** In the extended file format. */
function parts(encoded: Bytes, { exif, xmp, icc }: Attachments, picture: StripShape): Part[] {
  const extended = Buffer.alloc(10);
  extended.writeUInt8((icc ? flags.icc : 0) | (picture.alpha ? flags.alpha : 0) | (exif ? flags.exif : 0) | (xmp ? flags.xmp : 0), 0);
  extended.writeUIntLE(picture.width - 1, 4, 3);
  extended.writeUIntLE(picture.height - 1, 7, 3);
  const chunks: Part[] = [
    chunk('VP8X', extended),
    ...(icc ? [chunk('ICCP', icc)] : []),
    ...[...walk(encoded)]
      .filter(({ kind }) => ['ALPH', 'VP8', 'VP8L'].includes(kind))
      .map(({ offset, bytes }) => ({ from: offset - 8, length: 8 + bytes + (bytes % 2) })),
    ...(exif ? [chunk('EXIF', exif)] : []),
    ...(xmp ? [chunk('XMP ', xmp)] : []),
    chunk(markKind, markText),
  ];
  const head = Buffer.from('RIFF\0\0\0\0WEBP', 'latin1');
  head.writeUInt32LE(4 + chunks.reduce((sum, part) => sum + part.length, 0), 4);
  return [head, ...chunks];
}

function chunk(type: string, content: Uint8Array): Buffer {
  const head = Buffer.from(`${type}\0\0\0\0`, 'latin1');
  head.writeUInt32LE(content.length, 4);
  return Buffer.concat([head, content, Buffer.alloc(content.length % 2)]);
}
