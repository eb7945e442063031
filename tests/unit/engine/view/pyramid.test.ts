import { readdir, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { beforeEach, describe, expect, it } from 'vitest';
import { openPhoto } from '../../../../src/engine/photo/open.ts';
import { displayRows } from '../../../../src/engine/view/display-rows.ts';
import { makePyramid } from '../../../../src/engine/view/pyramid.ts';
import { Tiles } from '../../../../src/engine/view/tiles.ts';
import type { Pyramid } from '../../../../src/shared/engine-protocol.ts';
import { noise } from '../../../support/memory-pixels.ts';
import { temporaryFolder } from '../../../support/photo-files.ts';
import { sharedData } from '../../../support/shared-data.ts';
import { needs } from '../../../support/needs.ts';

let folder: string;
let file: string;
const tiles = new Tiles();
const never = new AbortController().signal;

beforeEach(async () => {
  folder = await temporaryFolder();
  file = join(folder, 'pyramid.tif');
});

const make = (photo: string, signal = never, onProgress: (fraction: number) => void = () => undefined): Promise<Pyramid> =>
  makePyramid(photo, file, { temporaryFolder: join(folder, 'scratch'), signal, onProgress });

/** The tiles of one level put together, as a viewer does it: RGBA, and the number of channels that the tiles have. */
async function assembled({ levels }: Pyramid, level: number): Promise<{ data: Buffer; channels: number }> {
  const { width, height } = levels[level] ?? { width: 0, height: 0 };
  const parts: Buffer[][] = [];
  let channels = 0;
  for (let row = 0; row * 256 < height; row++) {
    const lines: Buffer[] = Array.from({ length: Math.min(256, height - row * 256) }, () => Buffer.alloc(0));
    for (let column = 0; column * 256 < width; column++) {
      const tile = sharp(await tiles.cut(file, level, column, row), { ignoreIcc: true });
      channels = (await tile.metadata()).channels;
      const { data, info } = await tile.ensureAlpha().raw().toBuffer({ resolveWithObject: true });
      expect([info.width, info.height]).toEqual([Math.min(256, width - column * 256), lines.length]);
      lines.forEach((line, y) => {
        lines[y] = Buffer.concat([line, data.subarray(y * info.width * 4, (y + 1) * info.width * 4)]);
      });
    }
    parts.push(lines);
  }
  return { data: Buffer.concat(parts.flat()), channels };
}

/** The same of what the engine decodes. */
async function decoded(photo: string): Promise<{ data: Buffer; channels: number }> {
  const opened = await openPhoto(photo, { maxMegapixels: 500, scratch: await temporaryFolder() });
  const rows = displayRows(opened);
  const { channels, alpha } = rows;
  const samples = await rows.readRows(0, rows.height);
  await opened.close();
  const data = Buffer.alloc((samples.length / channels) * 4, 255);
  for (let from = 0, to = 0; from < samples.length; from += channels, to += 4) {
    for (let c = 0; c < 3; c++) data[to + c] = samples[from + (channels >= 3 ? c : 0)] ?? 0;
    if (alpha) data[to + 3] = samples[from + channels - 1] ?? 0;
  }
  return { data, channels };
}

async function drawn(name: string, width: number, height: number, channels: 1 | 3 = 3, bits: 8 | 16 = 8): Promise<string> {
  const path = join(folder, name);
  const samples = noise({ width, height, channels, bits });
  await sharp(samples, { raw: { width, height, channels } })
    .toColourspace(channels === 1 ? (bits === 16 ? 'grey16' : 'b-w') : bits === 16 ? 'rgb16' : 'srgb')
    .toFile(path);
  return path;
}

describe('tiles of the last level are the pixels that the engine decodes', () => {
  it.each([
    ['1x1.png', 1, 1, 3, 8],
    ['odd.png', 517, 301, 3, 8],
    ['row.png', 3001, 1, 3, 8],
    ['column.png', 2, 2049, 3, 8],
    ['grey.png', 300, 270, 1, 8],
    ['deep.png', 290, 33, 3, 16],
    ['deep-grey.png', 33, 290, 1, 16],
    ['photo.jpg', 640, 480, 3, 8],
  ] as const)('%s', async (name, width, height, channels, bits) => {
    const photo = await drawn(name, width, height, channels, bits);
    const pyramid = await make(photo);
    expect([pyramid.width, pyramid.height]).toEqual([width, height]);
    const [seen, engine] = [await assembled(pyramid, pyramid.levels.length - 1), await decoded(photo)];
    expect(seen.channels).toBe(engine.channels);
    expect(seen.data.equals(engine.data)).toBe(true);
  });

  it.each([
    'real-esrgan-children-alpha.png',
    'real-esrgan-tree_alpha_16bit.png',
    'sharp-16-bit-grey-alpha.png',
    'sharp-Channel_digital_image_CMYK_color.jpg',
    'sharp-cielab-dagams.tiff',
    'sharp-animated-loop-3.gif',
    'sharp-full-transparent.png',
    'avif-fox.profile0.10bpc.yuv420.avif',
    'libheif-examples-example.heic',
    'exif-orientation-Landscape_6.jpg',
  ])('%s', needs('sharedData'), async (name) => {
    const photo = sharedData('odd', name);
    const pyramid = await make(photo);
    const [seen, engine] = [await assembled(pyramid, pyramid.levels.length - 1), await decoded(photo)];
    expect(seen.channels).toBe(engine.channels);
    expect(seen.data.equals(engine.data)).toBe(true);
  });
});

it('smaller levels are means of the larger ones', async () => {
  const photo = await drawn('photo.png', 1030, 515);
  const pyramid = await make(photo);
  expect(pyramid.levels.map(({ width }) => width)).toEqual([129, 258, 515, 1030]);
  const [large, small] = [await assembled(pyramid, 3), await assembled(pyramid, 2)];
  for (const [x, y] of [
    [0, 0],
    [255, 255],
    [256, 100],
    [514, 256],
  ] as const) {
    const at = (column: number, row: number): number => large.data[(Math.min(row, 514) * 1030 + column) * 4] ?? 0;
    const sum = at(2 * x, 2 * y) + at(2 * x + 1, 2 * y) + at(2 * x, 2 * y + 1) + at(2 * x + 1, 2 * y + 1);
    expect(small.data[(y * 515 + x) * 4]).toBe((sum + 2) >> 2);
  }
});

it('the file is a TIFF that other programs read, level by level', async () => {
  const pyramid = await make(await drawn('photo.png', 700, 530));
  const whole = await sharp(file).ensureAlpha().raw().toBuffer();
  expect(whole.equals((await assembled(pyramid, 2)).data)).toBe(true);
  const half = await sharp(file, { subifd: 0 }).ensureAlpha().raw().toBuffer({ resolveWithObject: true });
  expect([half.info.width, half.info.height]).toEqual([350, 265]);
  expect(half.data.equals((await assembled(pyramid, 1)).data)).toBe(true);
});

describe('colour', () => {
  it('a tile carries the profile of its photo', async () => {
    const path = join(folder, 'p3.png');
    await sharp({ create: { width: 300, height: 10, channels: 3, background: '#e01040' } })
      .withIccProfile('p3')
      .png()
      .toFile(path);
    await make(path);
    const { icc } = await sharp(path).metadata();
    const tile = await sharp(await tiles.cut(file, 1, 1, 0)).metadata();
    expect(tile.icc?.equals(icc ?? Buffer.alloc(0))).toBe(true);
    expect([tile.width, tile.height]).toEqual([44, 10]);
  });

  it('a tile of a CMYK photo says that it is sRGB, and one without a profile says nothing', async () => {
    const cmyk = join(folder, 'cmyk.jpg');
    await sharp({ create: { width: 20, height: 10, channels: 3, background: '#e01040' } })
      .toColourspace('cmyk')
      .jpeg()
      .toFile(cmyk);
    await make(cmyk);
    expect((await sharp(await tiles.cut(file, 0, 0, 0)).metadata()).icc).toBeDefined();
    file = join(folder, 'other.tif');
    await make(await drawn('plain.png', 20, 10));
    expect((await sharp(await tiles.cut(file, 0, 0, 0)).metadata()).icc).toBeUndefined();
  });
});

describe('a file that is there', () => {
  it('whole is used as it is', async () => {
    const photo = await drawn('photo.png', 300, 300);
    const first = await make(photo);
    const { ino, mtimeMs } = await stat(file);
    await rm(photo);
    expect(await make(photo)).toEqual(first);
    expect(await stat(file)).toMatchObject({ ino, mtimeMs });
  });

  it.each([
    ['cut off', (path: string) => truncate(path, 200_000)],
    ['empty', (path: string) => writeFile(path, '')],
    ['something else', (path: string) => writeFile(path, Buffer.alloc(500_000, 7))],
  ])('%s is made anew', async (_, spoil) => {
    const photo = await drawn('photo.png', 300, 300);
    await make(photo);
    await spoil(file);
    await expect(new Tiles().cut(file, 0, 0, 0)).rejects.toMatchObject({ code: 'not-found' });
    const pyramid = await make(photo);
    expect((await assembled(pyramid, 1)).data.equals((await decoded(photo)).data)).toBe(true);
  });
});

describe('a pyramid that cannot be made', () => {
  it('of a damaged photo is a problem and leaves nothing behind', async () => {
    const photo = await drawn('photo.jpg', 400, 400);
    await truncate(photo, 3000);
    await expect(make(photo)).rejects.toMatchObject({ code: 'damaged-image' });
    expect((await readdir(folder)).toSorted()).toEqual(['photo.jpg', 'scratch']);
    expect(await readdir(join(folder, 'scratch'))).toEqual([]);
  });

  it('is cancelled between rows, and leaves nothing behind', async () => {
    const photo = await drawn('photo.png', 3000, 2000);
    const controller = new AbortController();
    const seen: number[] = [];
    const making = make(photo, controller.signal, (fraction) => {
      seen.push(fraction);
      if (fraction > 0.4) controller.abort();
    });
    await expect(making).rejects.toMatchObject({ code: 'cancelled' });
    expect(seen.at(-1)).toBeLessThan(1);
    expect((await readdir(folder)).toSorted()).toEqual(['photo.png', 'scratch']);
  });
});

it('progress rises to 1', async () => {
  const seen: number[] = [];
  await make(await drawn('photo.png', 3000, 2000), never, (fraction) => seen.push(fraction));
  expect(seen.length).toBeGreaterThan(3);
  expect(seen.at(-1)).toBe(1);
  expect(seen).toEqual(seen.toSorted((a, b) => a - b));
});

it('there are no tiles beyond the edges', async () => {
  await make(await drawn('photo.png', 300, 300));
  for (const [level, column, row] of [
    [2, 0, 0],
    [1, 2, 0],
    [1, 0, 2],
  ] as const) {
    await expect(tiles.cut(file, level, column, row)).rejects.toMatchObject({ code: 'not-found' });
  }
});
