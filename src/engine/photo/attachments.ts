import { outputFormats, type OutputFormat } from '../../shared/output-formats.ts';
import { exifContents, hasResolution, patchExif } from './exif-patch.ts';
import { profileSpace } from './icc.ts';
import type { PhotoMetadata } from './metadata.ts';
import type { PngChunk } from './png-chunks.ts';
import { iptcRecords, patchResources } from './resources.ts';
import { patchXmp } from './xmp-patch.ts';

/** What goes into the result beside the picture, already made true for it. Null or empty: nothing of the kind. */
export interface Attachments {
  readonly exif: Uint8Array | null;
  readonly xmp: Uint8Array | null;
  readonly extendedXmp: readonly Uint8Array[];
  /** Photoshop image resources, for JPEG, and for TIFF, where IPTC has a tag of its own. */
  readonly resources: Uint8Array | null;
  /** IPTC records alone, for PNG and TIFF. */
  readonly iptc: Uint8Array | null;
  readonly icc: Uint8Array | null;
  readonly comments: readonly Uint8Array[];
  readonly pngText: readonly PngChunk[];
  readonly pngColour: readonly PngChunk[];
  readonly dpi: number | null;
}

export interface AttachmentReport {
  readonly attachments: Attachments;
  readonly kept: readonly string[];
  readonly lost: readonly string[];
}

/** What each format has room for, in bytes; 0 where it has no place. JPEG's numbers are those of one segment. */
const room = {
  jpeg: { exif: 65_527, xmp: 65_502, extendedXmp: true, iptc: true, comments: true, pngText: false, dpi: true },
  png: { exif: Infinity, xmp: Infinity, extendedXmp: false, iptc: true, comments: true, pngText: true, dpi: true },
  webp: { exif: Infinity, xmp: Infinity, extendedXmp: false, iptc: false, comments: false, pngText: false, dpi: false },
  tiff: { exif: Infinity, xmp: Infinity, extendedXmp: false, iptc: true, comments: false, pngText: false, dpi: true },
  avif: { exif: Infinity, xmp: Infinity, extendedXmp: false, iptc: false, comments: false, pngText: false, dpi: false },
} as const satisfies Record<OutputFormat, unknown>;

/**
 * Decides what of the source's metadata goes into a result of this format and size.
 * @param result.dpi null keeps the source's
 * @param result.channels of the file that is written: a grey profile fits only a grey picture
 */
export function attach(
  metadata: PhotoMetadata,
  format: OutputFormat,
  result: { width: number; height: number; dpi: number | null; channels: 1 | 3 },
): AttachmentReport {
  const kept: string[] = [];
  const lost: string[] = [];
  const limits = room[format];
  const { label } = outputFormats[format];
  const noPlace = (what: string): null => {
    lost.push(`${what}: ${label} has no place for it.`);
    return null;
  };
  const within = (what: string, bytes: Uint8Array, limit: number): Uint8Array | null => {
    if (bytes.length <= limit) {
      kept.push(what);
      return bytes;
    }
    lost.push(`${what}: ${bytes.length} bytes are more than ${label} can hold.`);
    return null;
  };

  const exif = ((): Uint8Array | null => {
    if (metadata.exif === null) return null;
    const patched = patchExif(metadata.exif, result);
    if (patched === null) {
      lost.push('EXIF: it is malformed.');
      return null;
    }
    if (patched.hadThumbnail) lost.push('EXIF thumbnail: it would show the picture before enlarging.');
    const fitting = within('EXIF', patched.exif, limits.exif);
    if (fitting !== null) kept.push(...exifContents(fitting));
    return fitting;
  })();

  const xmp = metadata.xmp && within('XMP', patchXmp(metadata.xmp, result), limits.xmp);
  const extendedXmp = metadata.extendedXmp.length > 0 && !limits.extendedXmp ? noPlace('Extended XMP') : metadata.extendedXmp;
  if (extendedXmp !== null && extendedXmp.length > 0) kept.push('Extended XMP');

  const resources = metadata.resources && patchResources(metadata.resources, { dpi: result.dpi, withIptc: format !== 'tiff' });
  const records = metadata.resources && iptcRecords(metadata.resources);
  if (records) {
    if (limits.iptc) kept.push('IPTC');
    else noPlace('IPTC');
  }
  const keepsResources = format === 'jpeg' || format === 'tiff';
  if (resources !== null && resources.length > 0) {
    if (keepsResources) kept.push('Photoshop resources');
    else noPlace('Photoshop resources');
  }

  const icc = metadata.icc && (profileFits(metadata.icc, result.channels) ? metadata.icc : null);
  if (icc) kept.push('ICC profile');
  const dpi = result.dpi ?? metadata.dpi;
  if (dpi !== null && (limits.dpi || (exif !== null && hasResolution(exif)))) kept.push('DPI');
  else if (dpi !== null) noPlace('DPI');
  const comments = metadata.comments.length > 0 && !limits.comments ? noPlace('Comment') : metadata.comments;
  if (comments !== null && comments.length > 0) kept.push('Comment');
  const pngText = metadata.pngText.length > 0 && !limits.pngText ? noPlace('PNG text') : metadata.pngText;
  if (pngText !== null && pngText.length > 0) kept.push('PNG text');
  const pngColour = metadata.pngColour.some(saysMoreThanSrgb) && !limits.pngText ? noPlace('PNG gamma and primaries') : metadata.pngColour;
  kept.push('File times');

  return {
    attachments: {
      exif,
      xmp,
      extendedXmp: xmp === null ? [] : (extendedXmp ?? []),
      resources: keepsResources && resources !== null && resources.length > 0 ? resources : null,
      iptc: limits.iptc ? records : null,
      icc,
      comments: comments ?? [],
      pngText: pngText ?? [],
      pngColour: limits.pngText ? (pngColour ?? []) : [],
      dpi,
    },
    kept,
    lost,
  };
}

/** Whether a profile can describe a file of that many colours. */
export function profileFits(icc: Uint8Array, channels: 1 | 3): boolean {
  return profileSpace(icc) === (channels === 1 ? 'GRAY' : 'RGB ');
}

/** 1/2.2 in the unit of the gAMA chunk: what sRGB files say for old readers. */
const srgbGamma = 45_455;
const saysMoreThanSrgb = ({ type, bytes }: PngChunk): boolean =>
  type === 'cICP' || (type === 'gAMA' && bytes.length === 4 && bytes.readUInt32BE(0) !== srgbGamma);
