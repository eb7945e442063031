import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { inspectPhoto } from '../../../../src/engine/photo/inspect.ts';
import { openPhoto } from '../../../../src/engine/photo/open.ts';
import { sharedData } from '../../../support/shared-data.ts';
import { temporaryFolder } from '../../../support/photo-files.ts';
import { needs } from '../../../support/needs.ts';
import { english } from '../../../../src/shared/sentence.ts';

const open = async (path: string) => openPhoto(path, { maxMegapixels: 500, scratch: await temporaryFolder() });

describe('orientations', needs('sharedData'), () => {
  for (const kind of ['Landscape', 'Portrait']) {
    it(`${kind}: all eight come out upright`, async () => {
      const first = await open(sharedData('odd', `exif-orientation-${kind}_1.jpg`));
      const expected = await first.pixels.readRows(0, first.pixels.height);
      for (let orientation = 2; orientation <= 8; orientation++) {
        const photo = await open(sharedData('odd', `exif-orientation-${kind}_${orientation}.jpg`));
        expect([photo.pixels.width, photo.pixels.height, photo.facts.orientation]).toEqual([
          first.pixels.width,
          first.pixels.height,
          orientation,
        ]);
        const rows = await photo.pixels.readRows(0, photo.pixels.height);
        let sum = 0;
        for (let i = 0; i < rows.length; i += 97) sum += Math.abs((rows[i] ?? 0) - (expected[i] ?? 0));
        expect(sum / (rows.length / 97)).toBeLessThan(4);
        await photo.close();
      }
      await first.close();
    });
  }
});

describe('colours', needs('sharedData'), () => {
  it('keeps the values of RGB photos and names their profiles', async () => {
    const photo = await open(sharedData('odd', 'avif-red-at-12-oclock-with-color-profile.jpg'));
    const stored = await sharp(photo.facts.path, { ignoreIcc: true }).raw().toBuffer();
    expect(Buffer.compare(Buffer.from(await photo.pixels.readRows(0, 800)), stored)).toBe(0);
    expect(photo.facts).toMatchObject({ profile: 'ColorSpin', quality: 99, dpi: 300, metadata: ['EXIF', 'XMP', 'IPTC', 'ICC'] });
    expect(photo.metadata.icc).toHaveLength(474);
    expect(photo.converted).toEqual([]);
  });

  it.each([
    ['sharp-prophoto.png', 'ProPhoto RGB'],
    ['sharp-p3.png', 'Display P3'],
    ['real-esrgan-wolf_gray.jpg', 'Dot Gain 15%'],
    ['pillow-xmp_test.jpg', 'Adobe RGB (1998)'],
  ])('%s has %s', async (name, profile) => {
    expect((await inspectPhoto(sharedData('odd', name), { maxMegapixels: 500 })).profile).toBe(profile);
  });

  it('converts CMYK and Lab to sRGB and says so', async () => {
    const cmyk = await open(sharedData('odd', 'sharp-fogra-0-100-100-0.tif'));
    // 100 % magenta and yellow in FOGRA39.
    const [red = 0, green = 0, blue = 0] = await cmyk.pixels.readRows(500, 1);
    expect([red > 215, green < 30, blue < 45]).toEqual([true, true, true]);
    expect(cmyk.converted.map(english.tell).join()).toContain('CMYK (Coated FOGRA39');
    const lab = await open(sharedData('odd', 'sharp-cielab-dagams.tiff'));
    expect(lab.pixels).toMatchObject({ channels: 3, bits: 16 });
    expect(lab.converted.map(english.tell).join()).toContain('Lab');
  });

  it('stretches 10-bit AVIF to the full 16 bits', async () => {
    const photo = await open(sharedData('odd', 'avif-fox.profile0.10bpc.yuv420.avif'));
    const rows = await photo.pixels.readRows(0, photo.pixels.height);
    let highest = 0;
    const distinct = new Set<number>();
    for (const value of rows) {
      if (value > highest) highest = value;
      distinct.add(value);
    }
    expect(highest).toBe(65_535);
    expect(distinct.size).toBeGreaterThan(256);
  });

  it('decodes HEIC to a picture with detail in all colours', async () => {
    const photo = await open(sharedData('odd', 'libheif-examples-example.heic'));
    const { width, height } = photo.pixels;
    const stats = await sharp(await photo.pixels.readRows(0, height), { raw: { width, height, channels: 3 } }).stats();
    expect(stats.entropy).toBeGreaterThan(6);
    expect(stats.channels.every(({ stdev }) => stdev > 20)).toBe(true);
    expect(photo.lost.map(english.tell).join()).toContain('one more');
  });

  it('says that an animation is reduced to its first frame, and that a gain map is left out', async () => {
    expect((await open(sharedData('odd', 'sharp-animated-loop-3.gif'))).lost.map(english.tell).join()).toContain('first of 10 frames');
    expect((await open(sharedData('odd', 'sharp-gain-map.jpg'))).lost.map(english.tell).join()).toContain('gain map');
  });
});

describe('openPhoto', () => {
  const gradient = (width: number, height: number) =>
    sharp(
      Uint8Array.from({ length: width * height * 3 }, (_, i) => (Math.floor(i / 3) % width) & 255),
      { raw: { width, height, channels: 3 } },
    );

  it('gives the same pixels through files as in memory', async () => {
    const folder = await temporaryFolder();
    const large = join(folder, 'large.png');
    // Above the 32 MiB that stay in memory.
    await gradient(4100, 2900).withMetadata({ orientation: 6 }).png({ compressionLevel: 1 }).toFile(large);
    const photo = await openPhoto(large, { maxMegapixels: 500, scratch: folder });
    expect(photo.pixels).toMatchObject({ width: 2900, height: 4100 });
    // Columns of the stored picture are rows now: every row is one value.
    for (const y of [0, 255, 256, 1000, 4099]) {
      const row = await photo.pixels.readRows(y, 1);
      expect(new Set(row)).toEqual(new Set([y & 255]));
    }
    await photo.close();
  });

  it('is cut off and refused as damaged where asked to, refused above the limit, and cancelled', async () => {
    const folder = await temporaryFolder();
    const path = join(folder, 'photo.jpg');
    const whole = await gradient(800, 600).jpeg().toBuffer();
    await writeFile(path, whole.subarray(0, whole.length - 500));
    await expect(openPhoto(path, { maxMegapixels: 500, scratch: folder, strict: true })).rejects.toMatchObject({
      code: 'damaged-image',
    });
    await writeFile(path, whole);
    await expect(openPhoto(path, { maxMegapixels: 0.4, scratch: folder })).rejects.toMatchObject({ code: 'too-many-pixels' });
    await expect(openPhoto(path, { maxMegapixels: 500, scratch: folder, signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'cancelled',
    });
  });

  it.each([30, 75, 92, 100])('estimates JPEG quality %i from the quantisers', async (quality) => {
    const path = join(await temporaryFolder(), 'photo.jpg');
    await gradient(64, 64).jpeg({ quality }).toFile(path);
    expect((await inspectPhoto(path, { maxMegapixels: 1 })).quality).toBe(quality);
  });
});
