import { join } from 'node:path';
import sharp, { type Sharp } from 'sharp';
import { describe, expect, it } from 'vitest';
import { openPhoto, type Photo } from '../../../../src/engine/photo/open.ts';
import { temporaryFolder } from '../../../support/photo-files.ts';

/** Colours and decoders, shown by tiny photos that are made here: what real ones add is in `open.test.ts` and `odd-files.test.ts`. */
async function opened(name: string, image: Sharp): Promise<Photo> {
  const folder = await temporaryFolder();
  await image.toFile(join(folder, name));
  return openPhoto(join(folder, name), { maxMegapixels: 1, scratch: folder });
}

const plain = (red: number, green: number, blue: number): Sharp =>
  sharp({ create: { width: 16, height: 16, channels: 3, background: { r: red, g: green, b: blue } } });

async function firstPixel({ pixels }: Photo): Promise<number[]> {
  return [...(await pixels.readRows(0, 1)).subarray(0, pixels.channels)];
}

describe('orientations', () => {
  const [width, height] = [5, 3];
  const upright = (x: number, y: number): number => 10 * y + x + 1;
  /** What the stored picture has at x, y, and whether its rows are columns of the upright one (Exif 2.32 §4.6.4). */
  const stored: Record<number, (x: number, y: number) => number> = {
    1: (x, y) => upright(x, y),
    2: (x, y) => upright(width - 1 - x, y),
    3: (x, y) => upright(width - 1 - x, height - 1 - y),
    4: (x, y) => upright(x, height - 1 - y),
    5: (x, y) => upright(y, x),
    6: (x, y) => upright(width - 1 - y, x),
    7: (x, y) => upright(width - 1 - y, height - 1 - x),
    8: (x, y) => upright(y, height - 1 - x),
  };

  it.each(['photo.png', 'photo.tif', 'photo.webp'])('all eight of a %s come out upright', async (name) => {
    for (const [orientation, at] of Object.entries(stored)) {
      const [across, down] = Number(orientation) >= 5 ? [height, width] : [width, height];
      const samples = Uint8Array.from({ length: across * down * 3 }, (_, i) => {
        const pixel = Math.floor(i / 3);
        return at(pixel % across, Math.floor(pixel / across));
      });
      const image = sharp(samples, { raw: { width: across, height: down, channels: 3 } })
        .withMetadata({ orientation: Number(orientation) })
        .webp({ lossless: true });
      const photo = await opened(
        name,
        name.endsWith('png') ? image.png() : name.endsWith('tif') ? image.tiff({ compression: 'none' }) : image,
      );
      const rows = await photo.pixels.readRows(0, height);
      const expected = Array.from({ length: height * width * 3 }, (_, i) => {
        const pixel = Math.floor(i / 3);
        return upright(pixel % width, Math.floor(pixel / width));
      });
      expect([photo.facts.orientation, photo.pixels.width, ...rows]).toEqual([Number(orientation), width, ...expected]);
      await photo.close();
    }
  });
});

describe('colours', () => {
  it('CMYK is converted to sRGB, and the report says so', async () => {
    const photo = await opened('photo.jpg', plain(200, 60, 40).toColourspace('cmyk').jpeg({ quality: 100 }));
    expect(photo.facts.colour).toBe('cmyk');
    const [red = 0, green = 0, blue = 0] = await firstPixel(photo);
    // The profile of the ink has no red as strong as that.
    expect([Math.abs(red - 200) < 20, green < 120, blue < 120]).toEqual([true, true, true]);
    expect(photo.metadata.icc).not.toBeNull();
    expect(photo.converted).toHaveLength(1);
  });

  it('values of a wide profile stay as they are, and the profile with them', async () => {
    const samples = Uint8Array.from({ length: 16 * 16 * 3 }, (_, i) => (i * 7) % 256);
    const image = sharp(samples, { raw: { width: 16, height: 16, channels: 3 } }).withIccProfile('p3', { attach: true });
    const photo = await opened('photo.png', image.png());
    const stored = await sharp(photo.facts.path, { ignoreIcc: true }).raw().toBuffer();
    expect(Buffer.from(await photo.pixels.readRows(0, 16)).equals(stored)).toBe(true);
    expect(photo.metadata.icc?.length).toBeGreaterThan(100);
    expect(photo.converted).toEqual([]);
  });

  it('10-bit AVIF is stretched to the full 16 bits', async () => {
    const photo = await opened('photo.avif', plain(255, 255, 255).avif({ bitdepth: 10, quality: 100 }));
    expect(photo.facts.bits).toBe(16);
    // The encoder makes 1020 of 255; its leading bits repeat below it.
    for (const value of await firstPixel(photo)) expect([value >> 6, value & 63]).toEqual([1020, 63]);
  });

  it('a palette is expanded, and the report says so', async () => {
    const photo = await opened('photo.png', plain(10, 20, 30).png({ palette: true }));
    expect(await firstPixel(photo)).toEqual([10, 20, 30]);
    expect(photo.converted).toHaveLength(1);
  });
});

it.each(['photo.gif', 'photo.webp'])('of an animated %s the first frame is taken, and the report says so', async (name) => {
  const frames = Uint8Array.from({ length: 16 * 32 * 3 }, (_, i) => (i < 16 * 16 * 3 ? 250 : 5));
  const film = sharp(frames, { raw: { width: 16, height: 32, channels: 3, pageHeight: 16 } });
  const photo = await opened(name, name.endsWith('gif') ? film.gif() : film.webp({ lossless: true }));
  expect(photo.facts).toMatchObject({ frames: 2, height: 16 });
  expect((await firstPixel(photo)).every((value) => value > 240)).toBe(true);
  expect(photo.lost).toHaveLength(1);
});
