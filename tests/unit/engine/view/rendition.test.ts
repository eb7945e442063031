import { readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp, { type Sharp } from 'sharp';
import { beforeEach, describe, expect, it } from 'vitest';
import { renderPicture, renderThumbnail } from '../../../../src/engine/view/rendition.ts';
import { temporaryFolder } from '../../../support/photo-files.ts';
import { sharedData } from '../../../support/shared-data.ts';
import { needs } from '../../../support/needs.ts';

let folder: string;

beforeEach(async () => {
  folder = await temporaryFolder();
});

interface Seen {
  readonly width: number;
  readonly height: number;
  /** The colour in a picture at a place given in 0…1. */
  readonly at: (x: number, y: number) => number[];
}

async function seen(bytes: Uint8Array): Promise<Seen> {
  const { data, info } = await sharp(bytes).ensureAlpha().raw().toBuffer({ resolveWithObject: true });
  const { width, height } = info;
  const at = (x: number, y: number): number[] => [
    ...data.subarray(
      (Math.floor(y * height) * width + Math.floor(x * width)) * 4,
      (Math.floor(y * height) * width + Math.floor(x * width)) * 4 + 4,
    ),
  ];
  return { width, height, at };
}

const near = (actual: number[], expected: number[], by = 12): void => {
  expect(actual.length).toBeGreaterThanOrEqual(expected.length);
  expected.forEach((value, index) => expect(Math.abs((actual[index] ?? 0) - value)).toBeLessThanOrEqual(by));
};

/** Red, green / blue, white in the corners of an upright 120×80 picture. */
async function corners(): Promise<Sharp> {
  const parts = [
    { colour: '#f00000', left: 0, top: 0 },
    { colour: '#00f000', left: 60, top: 0 },
    { colour: '#0000f0', left: 0, top: 40 },
    { colour: '#f0f0f0', left: 60, top: 40 },
  ];
  const input = await Promise.all(
    parts.map(async ({ colour, left, top }) => ({
      input: await sharp({ create: { width: 60, height: 40, channels: 3, background: colour } })
        .png()
        .toBuffer(),
      left,
      top,
    })),
  );
  const whole = await sharp({ create: { width: 120, height: 80, channels: 3, background: 'black' } })
    .composite(input)
    .png()
    .toBuffer();
  return sharp(whole);
}

/** What a camera held in this way stores: the inverse of what the orientation asks for. sharp mirrors before it turns. */
const stored: Record<number, (upright: Sharp) => Sharp> = {
  1: (image) => image,
  2: (image) => image.flop(),
  3: (image) => image.rotate(180),
  4: (image) => image.flip(),
  5: (image) => image.rotate(270).flop(),
  6: (image) => image.rotate(270),
  7: (image) => image.rotate(90).flop(),
  8: (image) => image.rotate(90),
};

describe.each(['jpg', 'png', 'webp', 'tif'])('a %s thumbnail', (ending) => {
  it.each([1, 2, 3, 4, 5, 6, 7, 8])('of orientation %i is upright', async (orientation) => {
    const path = join(folder, `photo.${ending}`);
    await (stored[orientation]?.(await corners()) ?? sharp()).withMetadata({ orientation }).toFile(path);
    // What is stored is what everybody else takes for it.
    near((await seen(await sharp(path).autoOrient().png().toBuffer())).at(0.2, 0.2), [240, 0, 0], 30);
    const thumbnail = await renderThumbnail(path, 60);
    expect([thumbnail.width, thumbnail.height]).toEqual([120, 80]);
    const picture = await seen(thumbnail.bytes);
    expect([picture.width, picture.height]).toEqual([60, 40]);
    near(picture.at(0.2, 0.2), [240, 0, 0], 30);
    near(picture.at(0.8, 0.2), [0, 240, 0], 30);
    near(picture.at(0.2, 0.8), [0, 0, 240], 30);
    near(picture.at(0.8, 0.8), [240, 240, 240], 30);
  });
});

describe('sizes', () => {
  it.each([
    [1, 1, 1, 1],
    [100, 50, 100, 50],
    [3000, 2000, 256, 171],
    [5000, 3, 256, 1],
    [2, 4000, 1, 256],
  ])('%i×%i becomes %i×%i', async (width, height, toWidth, toHeight) => {
    const path = join(folder, 'photo.png');
    await sharp({ create: { width, height, channels: 3, background: '#3060a0' } }).toFile(path);
    const thumbnail = await renderThumbnail(path, 256);
    expect([thumbnail.width, thumbnail.height]).toEqual([width, height]);
    const picture = await seen(thumbnail.bytes);
    expect([picture.width, picture.height]).toEqual([toWidth, toHeight]);
    near(picture.at(0, 0), [48, 96, 160]);
  });

  it('a picture is a PNG that is exact where nothing has to be made smaller', async () => {
    const path = join(folder, 'photo.png');
    const upright = await corners();
    await upright.clone().toFile(path);
    const picture = await renderPicture(path, 8192);
    expect((await sharp(picture).metadata()).format).toBe('png');
    expect((await sharp(picture).ensureAlpha().raw().toBuffer()).equals(await upright.ensureAlpha().raw().toBuffer())).toBe(true);
  });
});

describe('colours are those of the photo, in sRGB', () => {
  const background = '#e01040';
  const expected = [224, 16, 64];
  const plain = (): Sharp => sharp({ create: { width: 300, height: 300, channels: 3, background } });

  it.each([
    ['Display P3', 'p3.png', (image: Sharp) => image.withIccProfile('p3').png()],
    ['CMYK', 'cmyk.jpg', (image: Sharp) => image.toColourspace('cmyk').withIccProfile('cmyk').jpeg({ quality: 100 })],
    ['16 bits', 'deep.png', (image: Sharp) => image.toColourspace('rgb16').png()],
    ['a palette', 'palette.png', (image: Sharp) => image.png({ palette: true })],
    ['GIF', 'photo.gif', (image: Sharp) => image.gif()],
    ['AVIF', 'photo.avif', (image: Sharp) => image.avif({ quality: 100, effort: 0 })],
  ])('%s', async (_, name, encode) => {
    const path = join(folder, name);
    await encode(plain()).toFile(path);
    near((await seen((await renderThumbnail(path, 256)).bytes)).at(0.5, 0.5), expected);
  });

  it('Display P3 that is only meant by code points', needs('sharedData'), async () => {
    const source = sharedData('odd', 'libheif-examples-example.avif');
    const path = join(folder, 'coded.avif');
    const bytes = await readFile(source);
    const coded = bytes.indexOf('nclx');
    bytes.writeUInt16BE(12, coded + 4);
    bytes.writeUInt16BE(13, coded + 6);
    await writeFile(path, bytes);
    /** How far apart the strongest and the weakest channel are, on average. */
    const strength = async (photo: string): Promise<number> => {
      const { channels } = await sharp((await renderThumbnail(photo, 256)).bytes).stats();
      const means = channels.map(({ mean }) => mean);
      return Math.max(...means) - Math.min(...means);
    };
    // The same values are stronger colours in the wider space.
    expect(await strength(path)).toBeGreaterThan(1.05 * (await strength(source)));
  });

  it('grey, and grey with transparency', async () => {
    const grey = join(folder, 'grey.jpg');
    await sharp({ create: { width: 300, height: 300, channels: 3, background: '#808080' } })
      .toColourspace('b-w')
      .toFile(grey);
    near((await seen((await renderThumbnail(grey, 256)).bytes)).at(0.5, 0.5), [128, 128, 128, 255]);
    const clear = join(folder, 'clear.png');
    await sharp({ create: { width: 300, height: 300, channels: 4, background: { r: 90, g: 90, b: 90, alpha: 0.5 } } })
      .toColourspace('b-w')
      .toFile(clear);
    near((await seen((await renderThumbnail(clear, 256)).bytes)).at(0.5, 0.5), [90, 90, 90, 128]);
  });

  it('HEIC, from its own small copy and whole', needs('sharedData'), async () => {
    const path = sharedData('odd', 'libheif-examples-example.heic');
    const [small, whole] = await Promise.all([renderThumbnail(path, 256), renderPicture(path, 1280)]);
    expect([small.width, small.height]).toEqual([1280, 854]);
    const [one, other] = [await seen(small.bytes), await seen(whole)];
    expect([one.width, one.height, other.width, other.height]).toEqual([256, 171, 1280, 854]);
    const shrunk = await seen(await sharp(whole).resize(256, 171).png().toBuffer());
    let difference = 0;
    for (let y = 0; y < 10; y++) {
      for (let x = 0; x < 10; x++) {
        const [a, b] = [one.at((x + 0.5) / 10, (y + 0.5) / 10), shrunk.at((x + 0.5) / 10, (y + 0.5) / 10)];
        difference += a.reduce((sum, value, index) => sum + Math.abs(value - (b[index] ?? 0)), 0) / 400;
      }
    }
    expect(difference).toBeLessThan(8);
  });
});

describe('what cannot be shown is a problem', () => {
  it.each([
    ['damaged-image', async (path: string) => truncate(path, 100)],
    ['not-an-image', async (path: string) => writeFile(path, 'no photo')],
    ['not-an-image', async (path: string) => truncate(path, 0)],
  ])('%s', async (code, spoil) => {
    const path = join(folder, 'photo.jpg');
    await sharp({
      create: { width: 2000, height: 2000, channels: 3, background: 'black', noise: { type: 'gaussian', mean: 128, sigma: 30 } },
    })
      .jpeg()
      .toFile(path);
    await spoil(path);
    await expect(renderThumbnail(path, 256)).rejects.toMatchObject({ code });
    await expect(renderPicture(path, 256)).rejects.toMatchObject({ code });
  });

  it('a file that is not there', async () => {
    await expect(renderThumbnail(join(folder, 'none.jpg'), 256)).rejects.toMatchObject({ code: 'not-found' });
  });
});
