import type { PhotoFacts } from '../shared/engine-protocol.ts';
import type { Options } from '../shared/options.ts';
import { outputFormatNames, outputFormats, type OutputFormat } from '../shared/output-formats.ts';
import { containerOf, containers } from './containers/table.ts';

/**
 * The format of the result. *Same* keeps the source's; those that are only read become JPEG, or PNG where JPEG would lose
 * transparency, 16-bit depth, or what the source has kept exactly.
 */
export function chooseFormat(photo: Pick<PhotoFacts, 'format' | 'alpha' | 'bits'>, wanted: Options['format']): OutputFormat {
  if (wanted !== 'same') return wanted;
  const kept = outputFormatNames.find((name) => name === photo.format);
  if (kept !== undefined) return kept;
  return containerOf(photo.format).lossless || photo.alpha || photo.bits === 16 ? 'png' : 'jpeg';
}

/** The likely size of the result in bytes. */
export function estimateBytes(
  photo: Pick<PhotoFacts, 'alpha' | 'bits' | 'colour'>,
  format: OutputFormat,
  width: number,
  height: number,
): number {
  const depth = photo.bits === 16 && (outputFormats[format].bits as readonly number[]).includes(16) ? 2 : 1;
  const channels = (photo.colour === 'grey' ? 1 : 3) + (photo.alpha && outputFormats[format].alpha ? 1 : 0);
  return Math.round(width * height * containers[format].likelyBytesPerPixel * depth * (channels / 3));
}
