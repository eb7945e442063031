import { stat } from 'node:fs/promises';
import type { Attachments } from './attachments.ts';
import { jpegMarkers, readJpegSegments } from './jpeg-segments.ts';
import { mark } from './mark.ts';
import type { Part } from './parts.ts';

const maximumPayload = 65_533;
const xmpPrefix = Buffer.from('http://ns.adobe.com/xap/1.0/\0', 'latin1');
const photoshopPrefix = Buffer.from('Photoshop 3.0\0', 'latin1');

/** An encoded JPEG with these attachments: the segments that the encoder wrote before the picture's own tables give way. */
export async function jpegParts(encoded: string, attachments: Attachments): Promise<Part[]> {
  const { segments, scanOffset } = await readJpegSegments(encoded);
  const { exif, xmp, extendedXmp, resources, icc, comments, dpi } = attachments;
  const isOwn = (marker: number): boolean => (marker >= jpegMarkers.app0 && marker <= jpegMarkers.app15) || marker === jpegMarkers.comment;
  // Adobe's APP14 says how colours are transformed: it belongs to the picture.
  const adobe = 0xee;
  return [
    Buffer.of(0xff, 0xd8),
    segment(jpegMarkers.app0, jfif(dpi)),
    ...(exif ? [segment(jpegMarkers.app1, Buffer.from('Exif\0\0', 'latin1'), exif)] : []),
    ...(xmp ? [segment(jpegMarkers.app1, xmpPrefix, xmp)] : []),
    ...extendedXmp.map((payload) => segment(jpegMarkers.app1, payload)),
    ...(icc ? iccSegments(icc) : []),
    ...(resources
      ? pieces(resources, maximumPayload - photoshopPrefix.length).map((piece) => segment(jpegMarkers.app13, photoshopPrefix, piece))
      : []),
    segment(jpegMarkers.app15, mark.text),
    ...comments.map((comment) => segment(jpegMarkers.comment, comment)),
    ...segments.filter(({ marker }) => !isOwn(marker) || marker === adobe).map(({ marker, payload }) => segment(marker, payload)),
    { from: scanOffset, length: (await stat(encoded)).size - scanOffset },
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
    Buffer.from('JFIF\0', 'latin1'),
    Buffer.of(1, 2, dpi === null ? 0 : 1, density >> 8, density & 255, density >> 8, density & 255, 0, 0),
  ]);
}

/** ICC.1:2010 annex B.4: a profile in numbered chunks. */
function iccSegments(icc: Uint8Array): Buffer[] {
  const chunks = pieces(icc, maximumPayload - 14);
  return chunks.map((chunk, index) =>
    segment(jpegMarkers.app2, Buffer.from('ICC_PROFILE\0', 'latin1'), Buffer.of(index + 1, chunks.length), chunk),
  );
}

function pieces(bytes: Uint8Array, length: number): Uint8Array[] {
  return Array.from({ length: Math.ceil(bytes.length / length) }, (_, index) => bytes.subarray(index * length, (index + 1) * length));
}
