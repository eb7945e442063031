import { outputFormats, type OutputFormat } from '../../shared/output-formats.ts';
import type { PhotoFacts } from '../../shared/engine-protocol.ts';
import type { Choices, Encoding } from '../containers/container.ts';
import { spaceOf, type Composition } from './compose.ts';
import { decoder } from './decoder.ts';
import type { PhotoMetadata } from './open.ts';

/** Results are not saved coarser than this however coarse the source was: enlarging has removed its blocks. */
const lowestMatchedQuality = 80;

/** The quality to save with: as asked, or that of the source for a result of its format, or the format's default; null where lossless. */
export function chooseQuality(
  asked: 'match' | number,
  format: OutputFormat,
  source: { facts: PhotoFacts; metadata: PhotoMetadata },
): number | null {
  const row = outputFormats[format];
  if (row.quality === null) return null;
  if (asked !== 'match') return asked;
  const { facts, metadata } = source;
  if (format !== facts.format) return row.quality;
  if (metadata.lossless) return null;
  return facts.quality !== null ? Math.max(lowestMatchedQuality, facts.quality) : row.quality;
}

/** Above this quality halved colour is the coarsest part of a JPEG, so it is not halved where the source does not say. */
const fullChromaQuality = 90;

/**
 * Encodes the picture, without any metadata, into the file at `path`.
 * @param options.bits of the encoded samples
 * @param options.convert convert from the profile in the composition to sRGB
 */
export async function encode(
  picture: Composition,
  path: string,
  encoding: Encoding,
  options: { bits: 8 | 16; quality: number | null; chroma: '4:4:4' | '4:2:0' | null; convert: boolean; choices: Choices },
): Promise<void> {
  const { bits, quality, convert } = options;
  const chroma = options.chroma ?? ((quality ?? 100) >= fullChromaQuality ? '4:4:4' : '4:2:0');
  const image = decoder(picture.path, { ignoreIcc: !convert }).toColourspace(
    convert ? 'srgb' : spaceOf({ channels: picture.channels, bits }),
  );
  await encoding.encode(image, { ...options.choices, quality, chroma }).toFile(path);
}
