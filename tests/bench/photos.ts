import { existsSync } from 'node:fs';
import { join } from 'node:path';
import sharp, { type Sharp } from 'sharp';

/** The photo that benchmark inputs are cut from and tiled with; a drawn one where the shared photographs are not there. */
const sharedPhoto = join(import.meta.dirname, '..', '..', '..', 'shared', 'data', 'photos', 'martin-adams.jpg');

/** Reproducible noise over a gradient: compresses and costs about what a photograph does. */
function drawn(width: number, height: number): Sharp {
  const pixels = Buffer.alloc(width * height * 3);
  let seed = 1;
  for (let index = 0; index < pixels.length; index += 1) {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    pixels[index] = ((index / (width * 3)) % 160) + 32 + (seed >>> 27);
  }
  return sharp(pixels, { raw: { width, height, channels: 3 } });
}

/** Writes a JPEG of exactly `width`×`height`, made of photographic content at its own scale (repeated where needed). */
export async function makePhoto(path: string, width: number, height: number): Promise<void> {
  const source = existsSync(sharedPhoto) ? sharp(sharedPhoto) : drawn(1500, 1000);
  const tile = await source.resize(1500, 1000, { fit: 'cover' }).png().toBuffer();
  if (width <= 1500 && height <= 1000) {
    await sharp(tile).extract({ left: 0, top: 0, width, height }).jpeg({ quality: 92 }).toFile(path);
    return;
  }
  const canvas = sharp({ create: { width, height, channels: 3, background: '#808080' }, limitInputPixels: false });
  await canvas
    .composite([{ input: tile, tile: true, gravity: 'northwest' }])
    .jpeg({ quality: 92 })
    .toFile(path);
}
