import { open, stat } from 'node:fs/promises';
import { deflateSync } from 'node:zlib';
import type { Attachments } from './attachments.ts';
import { readFully } from '../image/file-bytes.ts';
import { mark } from './mark.ts';
import type { Part } from './parts.ts';
import { pngChunk, pngHeadBytes, profileChunk } from './png-chunks.ts';

const millimetresPerInch = 25.4;

/** An encoded PNG with these attachments between its header and its picture. */
export async function pngParts(encoded: string, attachments: Attachments): Promise<Part[]> {
  const { exif, xmp, iptc, icc, comments, pngText, pngColour, dpi } = attachments;
  const picture = await pictureOffset(encoded);
  return [
    { from: 0, length: pngHeadBytes },
    ...(icc ? [profileChunk(icc)] : pngColour.map(({ type, bytes }) => pngChunk(type, bytes))),
    ...(dpi === null ? [] : [pngChunk('pHYs', physical(dpi))]),
    ...(exif ? [pngChunk('eXIf', exif)] : []),
    // Keyword, not compressed, no language, no translated keyword.
    ...(xmp ? [pngChunk('iTXt', latin('XML:com.adobe.xmp\0\0\0\0\0'), xmp)] : []),
    ...(iptc ? [pngChunk('zTXt', latin('Raw profile type iptc\0\0'), deflateSync(rawProfile('iptc', iptc)))] : []),
    ...pngText.map(({ type, bytes }) => pngChunk(type, bytes)),
    ...comments.map((comment) => pngChunk('iTXt', latin('Comment\0\0\0\0\0'), Buffer.from(textOf(comment)))),
    pngChunk(mark.pngChunk, mark.text),
    { from: picture, length: (await stat(encoded)).size - picture },
  ];
}

const latin = (text: string): Buffer => Buffer.from(text, 'latin1');

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

/** Where the palette's or picture's first chunk begins: what lies between is the encoder's own chatter. */
async function pictureOffset(path: string): Promise<number> {
  const file = await open(path, 'r');
  try {
    const head = Buffer.alloc(8);
    for (let at = pngHeadBytes; ;) {
      await readFully(file, head, at);
      if (['PLTE', 'tRNS', 'IDAT'].includes(head.toString('latin1', 4, 8))) return at;
      at += 12 + head.readUInt32BE(0);
    }
  } finally {
    await file.close();
  }
}
