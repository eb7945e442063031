import { outputFormats, type OutputFormat } from '../../shared/output-formats.ts';
import type { PhotoFacts } from '../../shared/engine-protocol.ts';
import { spaceOf, type Composition } from './compose.ts';
import { decoder } from './decoder.ts';
import type { PhotoMetadata } from './metadata.ts';

/** Results are not saved coarser than this however coarse the source was: enlarging has removed its blocks. */
const lowestMatchedQuality = 80;

/** The quality to save with: as asked, or that of a JPEG source for a JPEG result, or the format's default; null where lossless. */
export function chooseQuality(
  asked: 'match' | number,
  format: OutputFormat,
  source: { facts: PhotoFacts; metadata: PhotoMetadata },
): number | null {
  const row = outputFormats[format];
  if (row.quality === null) return null;
  if (asked !== 'match') return asked;
  if (format === 'webp' && source.facts.format === 'webp' && source.metadata.lossless) return null;
  const { quality } = source.facts;
  return format === 'jpeg' && quality !== null ? Math.max(lowestMatchedQuality, quality) : row.quality;
}

/** Above this quality halved colour is the coarsest part of a JPEG, so it is not halved where the source does not say. */
const fullChromaQuality = 90;

/**
 * Encodes the picture, without any metadata, into the file at `path`. TIFF has no encoder: see `tiff-result.ts`.
 * @param options.convert convert from the profile in the composition to sRGB
 */
export async function encode(
  picture: Composition,
  path: string,
  options: { format: Exclude<OutputFormat, 'tiff'>; quality: number | null; chroma: '4:4:4' | '4:2:0' | null; convert: boolean },
): Promise<void> {
  const { format, quality } = options;
  const chromaSubsampling = options.chroma ?? ((quality ?? 100) >= fullChromaQuality ? '4:4:4' : '4:2:0');
  const bits = format === 'png' ? picture.bits : 8;
  const image = decoder(picture.path, { ignoreIcc: !options.convert }).toColourspace(
    options.convert ? 'srgb' : spaceOf({ channels: picture.channels, bits }),
  );
  const encoded = {
    // Optimised coding would hold all coefficients in memory: performance before a few per cent of size.
    jpeg: () => image.jpeg({ quality: quality ?? 100, chromaSubsampling, optimiseCoding: false }),
    // Level 3 is within 1 % of level 6 in size for photos and a third faster at best.
    png: () => image.png({ compressionLevel: 3, palette: false }),
    webp: () =>
      quality === null
        ? image.webp({ lossless: true, effort: 2 })
        : image.webp({ quality, alphaQuality: 100, effort: 2, smartSubsample: true }),
    avif: () => image.avif({ quality: quality ?? 100, effort: 2, chromaSubsampling, bitdepth: 8 }),
  }[format]();
  await encoded.toFile(path);
}
