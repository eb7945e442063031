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

/** The bits of a colour that are carried through: those of the photo, or more where they are asked for and the format has them. */
export const bitsFor = (photo: Pick<PhotoFacts, 'bits'>, format: OutputFormat, depth: Options['depth']): 8 | 16 =>
  depth === '16' && holds16(format) ? 16 : photo.bits;

const holds16 = (format: OutputFormat): boolean => (outputFormats[format].bits as readonly number[]).includes(16);

/** The likely size of the result in bytes. */
export function estimateBytes(
  photo: Pick<PhotoFacts, 'alpha' | 'bits' | 'colour'>,
  format: OutputFormat,
  width: number,
  height: number,
): number {
  const depth = photo.bits === 16 && holds16(format) ? 2 : 1;
  const channels = (photo.colour === 'grey' ? 1 : 3) + (photo.alpha && outputFormats[format].alpha ? 1 : 0);
  return Math.round(width * height * containers[format].likelyBytesPerPixel * depth * (channels / 3));
}
