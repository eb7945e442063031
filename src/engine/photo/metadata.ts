import { stat } from 'node:fs/promises';
import type { PhotoFacts } from '../../shared/engine-protocol.ts';
import type { Header } from './decoder.ts';
import { findSegment, jpegMarkers, readJpegSegments } from './jpeg-segments.ts';
import { findExif, findIptc, findXmp, isColour, isText, readPngChunks, type PngChunk } from './png-chunks.ts';
import type { SourceFormat } from './sniff.ts';
import { iptcRecords } from './resources.ts';
import { exifOfTiff } from './tiff-source.ts';
import { readWebpChunks } from './webp-chunks.ts';

/** What travels with the picture from source to result, as the source has it. */
export interface PhotoMetadata {
  /** A TIFF stream, from its `II`/`MM` on. */
  readonly exif: Uint8Array | null;
  /** An XMP packet, UTF-8. */
  readonly xmp: Uint8Array | null;
  /** Further JPEG APP1 payloads of an XMP too long for one (XMP specification part 3 §1.1.3.1). */
  readonly extendedXmp: readonly Uint8Array[];
  /** Photoshop image resources (`8BIM` blocks), where IPTC lives in JPEG files. */
  readonly resources: Uint8Array | null;
  /** Null where there is none, or where the pixels have left its colours. */
  readonly icc: Uint8Array | null;
  /** Text of JPEG comment segments. */
  readonly comments: readonly Uint8Array[];
  /** PNG chunks of text and of colour meaning, as they stand. */
  readonly pngText: readonly PngChunk[];
  readonly pngColour: readonly PngChunk[];
  readonly dpi: number | null;
  /** JPEG chroma of the source. */
  readonly chroma: '4:4:4' | '4:2:0' | null;
  /** Whether the source is a WebP that kept every value. */
  readonly lossless: boolean;
  readonly accessed: Date;
  readonly modified: Date;
}

/** Collects the metadata of a photo whose header sharp has read. Never decodes pixels. */
export async function readMetadata(path: string, format: SourceFormat, header: Header, facts: PhotoFacts): Promise<PhotoMetadata> {
  const { atime, mtime } = await stat(path);
  const jpeg = format === 'jpeg' ? (await readJpegSegments(path)).segments : [];
  const png = format === 'png' ? readPngChunks(path) : [];
  const chroma = header.chromaSubsampling;
  return {
    exif: format === 'tiff' ? await exifOfTiff(path) : exifStream(header.exif ?? findExif(png)),
    xmp: header.xmp ?? findXmp(png),
    extendedXmp: jpeg.filter((segment) => findSegment([segment], jpegMarkers.app1, extendedXmpPrefix)).map(({ payload }) => payload),
    resources: resourcesOf(header, format, png),
    icc: header.icc ?? null,
    comments: jpeg.filter(({ marker }) => marker === jpegMarkers.comment).map(({ payload }) => payload),
    pngText: png.filter(isText),
    pngColour: header.icc === undefined ? png.filter(isColour) : [],
    dpi: facts.dpi,
    chroma: chroma?.startsWith('4:4:4') ? '4:4:4' : chroma === undefined ? null : '4:2:0',
    lossless: format === 'webp' && (await readWebpChunks(path)).some(({ type }) => type === 'VP8L'),
    accessed: atime,
    modified: mtime,
  };
}

export const extendedXmpPrefix = 'http://ns.adobe.com/xmp/extension/\0';

/** EXIF blocks begin with `Exif\0\0` in JPEG files and, by habit, in some others. */
export function exifStream(block: Uint8Array | undefined): Uint8Array | null {
  if (block === undefined) return null;
  const marked = Buffer.from(block.subarray(0, 6)).toString('latin1') === 'Exif\0\0';
  return Uint8Array.from(marked ? block.subarray(6) : block);
}

/** sharp gives the APP13 payload of a JPEG, the bare IPTC records (IIM) of a TIFF, and the TIFF's own resources apart. */
function resourcesOf(header: Header, format: SourceFormat, png: readonly PngChunk[]): Uint8Array | null {
  const records = findIptc(png);
  if (records !== null) return iptcResource(records);
  if (format === 'tiff') {
    const resources = header.tifftagPhotoshop ?? Buffer.alloc(0);
    const apart = iptcRecords(resources) === null ? header.iptc : undefined;
    const all = apart === undefined ? resources : Buffer.concat([resources, iptcResource(apart)]);
    return all.length > 0 ? all : null;
  }
  if (header.iptc === undefined) return null;
  const prefix = 'Photoshop 3.0\0';
  return header.iptc.toString('latin1', 0, prefix.length) === prefix ? header.iptc.subarray(prefix.length) : null;
}

/** IPTC records as Photoshop resource 0x0404, without a name. */
function iptcResource(records: Buffer): Uint8Array {
  const head = Buffer.from('8BIM\x04\x04\0\0\0\0\0\0', 'latin1');
  head.writeUInt32BE(records.length, 8);
  return Buffer.concat([head, records, Buffer.alloc(records.length % 2)]);
}
