import type { Attachments } from './attachments.ts';
import { mark } from './mark.ts';
import type { Part } from './parts.ts';
import { readWebpChunks } from './webp-chunks.ts';

/** Flags of the VP8X chunk (RFC 9649 §2.7.1). */
const flags = { icc: 0x20, alpha: 0x10, exif: 0x08, xmp: 0x04 } as const;

/** An encoded WebP with these attachments, in the extended file format. */
export async function webpParts(
  encoded: string,
  attachments: Attachments,
  picture: { width: number; height: number; alpha: boolean },
): Promise<Part[]> {
  const { exif, xmp, icc } = attachments;
  const chunks = await readWebpChunks(encoded);
  const extended = Buffer.alloc(10);
  extended.writeUInt8((icc ? flags.icc : 0) | (picture.alpha ? flags.alpha : 0) | (exif ? flags.exif : 0) | (xmp ? flags.xmp : 0), 0);
  extended.writeUIntLE(picture.width - 1, 4, 3);
  extended.writeUIntLE(picture.height - 1, 7, 3);
  const parts: Part[] = [
    chunk('VP8X', extended),
    ...(icc ? [chunk('ICCP', icc)] : []),
    ...chunks
      .filter(({ type }) => ['ALPH', 'VP8 ', 'VP8L'].includes(type))
      .map(({ offset, length }) => ({ from: offset - 8, length: 8 + length + (length % 2) })),
    ...(exif ? [chunk('EXIF', exif)] : []),
    ...(xmp ? [chunk('XMP ', xmp)] : []),
    chunk(mark.webpChunk, mark.text),
  ];
  const head = Buffer.from('RIFF\0\0\0\0WEBP', 'latin1');
  head.writeUInt32LE(4 + parts.reduce((sum, part) => sum + part.length, 0), 4);
  return [head, ...parts];
}

function chunk(type: string, content: Uint8Array): Buffer {
  const head = Buffer.from(`${type}\0\0\0\0`, 'latin1');
  head.writeUInt32LE(content.length, 4);
  return Buffer.concat([head, content, Buffer.alloc(content.length % 2)]);
}
