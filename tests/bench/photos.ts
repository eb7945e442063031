import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import sharp, { type Sharp } from 'sharp';

const sharedPhotos = join(import.meta.dirname, '..', '..', '..', 'shared', 'data', 'photos');
/** The photo that benchmark inputs are cut from and tiled with; a drawn one where the shared photographs are not there. */
const sharedPhoto = join(sharedPhotos, 'martin-adams.jpg');

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
  // What is laid on a picture may not reach out of it.
  const piece = await sharp(tile)
    .extract({ left: 0, top: 0, width: Math.min(width, 1500), height: Math.min(height, 1000) })
    .png()
    .toBuffer();
  await canvas
    .composite([{ input: piece, tile: true, gravity: 'northwest' }])
    .jpeg({ quality: 92 })
    .toFile(path);
}

/** Writes a JPEG of exactly `width`×`height`, a piece of one of the shared photographs: another one for each number. */
export async function cutPhoto(path: string, width: number, height: number, number: number): Promise<void> {
  const names = existsSync(sharedPhotos)
    ? readdirSync(sharedPhotos)
        .filter((name) => name.endsWith('.jpg'))
        .sort()
    : [];
  const name = names[number % Math.max(1, names.length)];
  if (name === undefined) {
    await makePhoto(path, width, height);
    return;
  }
  const photo = sharp(join(sharedPhotos, name));
  const whole = await photo.metadata();
  // Anywhere, the same in every run.
  const place = (share: number, room: number): number => Math.floor(((number * share) % 1) * Math.max(0, room));
  const piece = {
    left: place(0.618, whole.width - width),
    top: place(0.382, whole.height - height),
    width: Math.min(width, whole.width),
    height: Math.min(height, whole.height),
  };
  await photo.extract(piece).resize(width, height, { fit: 'cover' }).jpeg({ quality: 92 }).toFile(path);
}
