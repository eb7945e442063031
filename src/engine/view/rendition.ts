import sharp, { type Sharp } from 'sharp';
import type { PhotoFacts, Thumbnail } from '../../shared/engine-protocol.ts';
import { decodeHeic } from '../containers/heic.ts';
import { profileChunk, withProfile } from '../containers/png.ts';
import { containerOf } from '../containers/table.ts';
import { describeColour, profileFits } from '../photo/colour.ts';
import { decoder, type Header } from '../photo/decoder.ts';
import { damaged, inspectWithHeader } from '../photo/inspect.ts';
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
      throw damaged(error);
    });

async function reduced(path: string, edge: number): Promise<{ image: Sharp; facts: PhotoFacts }> {
  const { facts, header } = await inspectWithHeader(path, { maxMegapixels: viewableMegapixels });
  const size = { width: edge, height: edge, fit: 'inside', withoutEnlargement: true } as const;
  const profile = await foreignProfile(facts, header);
  const source =
    header.compression === 'hevc' ? await heicSource(path, edge) : decoder(path, { ...firstPicture(header), ignoreIcc: profile !== null });
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

async function heicSource(path: string, edge: number): Promise<Sharp> {
  const rows = await decodeHeic(path, edge);
  const { width, height, channels } = rows;
  return sharp(await rows.readRows(0, height), { raw: { width, height, channels: channels as 3 | 4 } });
}

/** sharp turns before it mirrors. EXIF orientations: Exif 2.32 §4.6.4. */
function turned(image: Sharp, orientation: number): Sharp {
  const angle = { 3: 180, 5: 90, 6: 90, 7: 270, 8: 270 }[orientation] ?? 0;
  return image
    .rotate(angle)
    .flop([2, 5, 7].includes(orientation))
    .flip(orientation === 4);
}
