import sharp, { type Sharp } from 'sharp';
import type { PhotoFacts, Thumbnail } from '../../shared/engine-protocol.ts';
import { decodeHeic } from '../containers/heic.ts';
import { profileChunk, withProfile } from '../containers/png.ts';
import { containerOf } from '../containers/table.ts';
import { describeColour, profileFits } from '../photo/colour.ts';
import { decoder, type Header } from '../photo/decoder.ts';
import { undecodable } from '../photo/complaint.ts';
import { inspectWithHeader, sourceOf, type Inspected } from '../photo/inspect.ts';
import { viewableMegapixels } from './viewable.ts';

/** A smaller picture that takes longer is a hang. */
const secondsAllowed = 120;

/** `effort` 2 is a few per cent larger than the default 4 and takes half its time. */
const thumbnailWebp = { quality: 80, effort: 2 } as const;

/**
 * A photo for a grid of many: WebP in sRGB, upright, its longer side at most `edge` pixels and never enlarged.
 * @throws Problem as inspectPhoto does; damaged-image
 */
export async function renderThumbnail(path: string, edge: number): Promise<Thumbnail> {
  const { image, facts } = await reduced(path, edge);
  const bytes = await encoded(image.webp(thumbnailWebp));
  return { bytes, width: facts.width, height: facts.height };
}

/**
 * A photo for another program: PNG in sRGB, upright, its longer side at most `edge` pixels and never enlarged.
 * @throws Problem as inspectPhoto does; damaged-image
 */
export async function renderPicture(path: string, edge: number): Promise<Uint8Array> {
  const { image } = await reduced(path, edge);
  return encoded(image.png({ compressionLevel: 3 }));
}

const encoded = (image: Sharp): Promise<Uint8Array> =>
  image
    .timeout({ seconds: secondsAllowed })
    .toBuffer()
    .catch((error: unknown) => {
      throw undecodable(error);
    });

async function reduced(path: string, edge: number): Promise<{ image: Sharp; facts: PhotoFacts }> {
  const inspected = await inspectWithHeader(path, { maxMegapixels: viewableMegapixels });
  const { facts, header } = inspected;
  const size = { width: edge, height: edge, fit: 'inside', withoutEnlargement: true } as const;
  const profile = await foreignProfile(facts, header);
  const source = header.compression === 'hevc' ? await heicSource(path, edge) : await sharpSource(inspected, profile !== null);
  const small = turned(source.resize(size), header.compression === 'hevc' ? 1 : facts.orientation);
  if (profile === null) return { image: small.toColourspace('srgb'), facts };
  const own = await encoded(small.toColourspace('srgb').png({ compressionLevel: 0 }));
  return { image: decoder(withProfile(own, profileChunk(profile)), { ignoreIcc: false }).toColourspace('srgb'), facts };
}

const firstPicture = (header: Header): { page: number; pages: number } => ({ page: header.pagePrimary ?? 0, pages: 1 });

/** The profile of a photo for which sharp does not know it: HEIC, which is not decoded by sharp, and AVIF with code points. */
async function foreignProfile(facts: PhotoFacts, header: Header): Promise<Uint8Array | null> {
  if (containerOf(facts.format).codedColour === undefined) return null;
  const icc = header.compression === 'hevc' && header.icc !== undefined ? header.icc : (await describeColour(facts)).icc;
  return icc !== null && profileFits(icc, 3) ? icc : null;
}

/** The photo as far as its file has it, without what is neither colour nor opacity. */
async function sharpSource({ facts, header, coding }: Inspected, ignoreIcc: boolean): Promise<Sharp> {
  const whole = decoder(await sourceOf(facts.path, coding), { ...firstPicture(header), failOn: 'none', ignoreIcc });
  if (coding.extraSamples?.includes('other') !== true) return whole;
  const { data, info } = await whole.toColourspace('srgb').raw().toBuffer({ resolveWithObject: true });
  const opacity = coding.extraSamples.indexOf('alpha');
  const kept = [0, 1, 2, ...(opacity < 0 ? [] : [3 + opacity])].filter((sample) => sample < info.channels);
  const samples = Buffer.alloc(info.width * info.height * kept.length);
  for (let from = 0, to = 0; from < data.length; from += info.channels) for (const sample of kept) samples[to++] = data[from + sample]!;
  return sharp(samples, { raw: { width: info.width, height: info.height, channels: kept.length as 3 | 4 } });
}

async function heicSource(path: string, edge: number): Promise<Sharp> {
  const rows = await decodeHeic(path, edge);
  const { width, height, channels } = rows;
  return sharp(await rows.readRows(0, height), { raw: { width, height, channels: channels as 3 | 4 } });
}

/** sharp mirrors before it turns, whatever the order of the calls. EXIF orientations: Exif 2.32 §4.6.4. */
function turned(image: Sharp, orientation: number): Sharp {
  const angle = { 3: 180, 5: 270, 6: 90, 7: 90, 8: 270 }[orientation] ?? 0;
  return image
    .rotate(angle)
    .flop([2, 5, 7].includes(orientation))
    .flip(orientation === 4);
}
