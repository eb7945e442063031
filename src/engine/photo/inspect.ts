import { stat } from 'node:fs/promises';
import type { PhotoFacts } from '../../shared/engine-protocol.ts';
import { Problem } from '../../shared/problem.ts';
import { headerOf, type Header } from './decoder.ts';
import { profileName } from './icc.ts';
import { estimateQuality, findSegment, jpegMarkers, readJpegSegments, type JpegSegment } from './jpeg-segments.ts';
import { exifOrientation } from './exif-patch.ts';
import { findExif, findIptc, findXmp, isText, readPngChunks, type PngChunk } from './png-chunks.ts';
import { sniffFile, type SourceFormat } from './sniff.ts';
import { refuseRawPhoto } from './tiff-source.ts';

/**
 * What a photo is, from its header alone: never decodes pixels.
 * @param limits.maxMegapixels photos that claim more are refused
 * @throws Problem not-found, not-readable, not-an-image, unsupported-image, damaged-image, too-many-pixels
 */
export async function inspectPhoto(path: string, limits: { maxMegapixels: number }): Promise<PhotoFacts> {
  return (await inspectWithHeader(path, limits)).facts;
}

/** {@link inspectPhoto}, with what decoding needs to know besides. */
export async function inspectWithHeader(
  path: string,
  { maxMegapixels }: { maxMegapixels: number },
): Promise<{ facts: PhotoFacts; format: SourceFormat; header: Header }> {
  const format = await sniffFile(path);
  if (format === 'tiff') await refuseRawPhoto(path);
  const header = await headerOf(path).catch((error: unknown) => {
    throw damaged(error);
  });
  const png = format === 'png' ? readPngChunks(path) : [];
  const orientation = orientationOf(header, png);
  const [width, height] = orientation >= 5 ? [header.height, header.width] : [header.width, header.height];
  const megapixels = (width * height) / 1e6;
  if (megapixels > maxMegapixels) {
    throw new Problem(
      'too-many-pixels',
      `The photo claims to have ${width} × ${height} pixels, ${megapixels.toFixed(0)} megapixels; the limit is ${maxMegapixels}.`,
    );
  }
  const jpeg = format === 'jpeg' ? (await readJpegSegments(path)).segments : [];
  const facts: PhotoFacts = {
    path,
    fileBytes: (await stat(path)).size,
    format,
    width,
    height,
    bits: bitsOf(header),
    colour: colourOf(header),
    profile: header.icc === undefined ? null : (profileName(header.icc) ?? 'unnamed'),
    alpha: header.hasAlpha,
    orientation,
    dpi: dpiOf(header, format, jpeg, png),
    frames: header.pages ?? 1,
    quality: estimateQuality(jpeg),
    metadata: blocksOf(header, jpeg, png),
  };
  return { facts, format, header };
}

/** A file that its own decoder cannot make sense of. */
export const damaged = (cause: unknown): Problem =>
  new Problem('damaged-image', 'The photo cannot be decoded.', {
    detail: cause instanceof Error ? (cause.message.split('\n')[0] ?? '') : String(cause),
    cause,
  });

function bitsOf({ depth }: Header): 8 | 16 {
  if (depth === 'uchar') return 8;
  if (depth === 'ushort' || depth === 'short') return 16;
  throw new Problem('unsupported-image', `The photo has samples of a kind that is not handled (${depth}), such as 32-bit floating point.`);
}

function colourOf({ space, channels, hasAlpha }: Header): string {
  const colours = channels - (hasAlpha ? 1 : 0);
  if (space === 'cmyk' && colours >= 4) return 'cmyk';
  if (space === 'lab' || space === 'labs') return 'lab';
  if (colours === 1) return 'grey';
  if (colours === 3) return 'rgb';
  throw new Problem('unsupported-image', `The photo has ${channels} channels in ${space}, which is not a kind of photo that is handled.`);
}

/** Dots per inch as the file states them. sharp gives 72 where a file says nothing, which is not a statement. */
function dpiOf({ density }: Header, format: SourceFormat, jpeg: readonly JpegSegment[], png: readonly PngChunk[]): number | null {
  if (density === undefined) return null;
  const unit = findSegment(jpeg, jpegMarkers.app0, 'JFIF\0')?.[2];
  switch (format) {
    case 'jpeg':
      return unit === 1 || unit === 2 || findSegment(jpeg, jpegMarkers.app1, 'Exif\0\0') !== null ? density : null;
    case 'png':
      return png.some(({ type }) => type === 'pHYs') ? density : null;
    default:
      return density === 72 ? null : density;
  }
}

/** sharp gives the orientation of every format but of PNG files with EXIF after the picture. */
function orientationOf(header: Header, png: readonly PngChunk[]): number {
  if (header.orientation !== undefined) return header.orientation;
  const late = findExif(png);
  return (late && exifOrientation(late)) ?? 1;
}

function blocksOf(header: Header, jpeg: readonly JpegSegment[], png: readonly PngChunk[]): string[] {
  const found = {
    EXIF: header.exif !== undefined || findExif(png) !== undefined,
    XMP: header.xmp !== undefined || findXmp(png) !== null,
    IPTC: header.iptc !== undefined || findIptc(png) !== null,
    ICC: header.icc !== undefined,
    comment: jpeg.some(({ marker }) => marker === jpegMarkers.comment),
    text: png.some(isText),
    'gain map': header.gainMap !== undefined,
  };
  return Object.entries(found)
    .filter(([, present]) => present)
    .map(([name]) => name);
}
