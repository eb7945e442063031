import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp, { type Metadata } from 'sharp';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { nodeLauncher } from '../../../../src/app/node-launcher.ts';
import { PhotoPixels } from '../../../../src/app/photos/photo-pixels.ts';
import { PhotoRegister } from '../../../../src/app/photos/photo-register.ts';
import { scratchMaker } from '../../../../src/shared/temporary-names.ts';
import type { PhotoAddress } from '../../../../src/shared/photo-addresses.ts';
import { noise } from '../../../support/memory-pixels.ts';
import { temporaryFolder } from '../../../support/photo-files.ts';
import { builtProgram } from '../../../support/programs.ts';

/* With the engine's own process, as it is built. */

let folder: string;
let register: PhotoRegister;
let pixels: PhotoPixels;
let progress: number[];

const open = (): PhotoPixels =>
  new PhotoPixels({
    register,
    launch: nodeLauncher(builtProgram('engine-host.js')),
    engine: { modelFolders: [], cacheFolder: join(folder, 'engine'), temporaryFolder: join(folder, 'temporary'), threads: 1 },
    cacheFolder: join(folder, 'cache'),
    cacheMegabytes: () => 1000,
    onPyramidProgress: (_, fraction) => progress.push(fraction),
    onSize: () => undefined,
  });

beforeEach(async () => {
  folder = await temporaryFolder();
  register = new PhotoRegister();
  progress = [];
  await mkdir(join(folder, 'photos'));
  await register.allow(join(folder, 'photos'));
  pixels = open();
});

afterEach(async () => {
  await pixels.close();
});

async function photo(name: string, width: number, height: number): Promise<number> {
  const path = join(folder, 'photos', name);
  await sharp(noise({ width, height, channels: 3, bits: 8 }), { raw: { width, height, channels: 3 } }).toFile(path);
  return register.idOf(path);
}

const get = async (address: PhotoAddress): Promise<Metadata & { data: Buffer }> => {
  const { type, bytes } = await pixels.pixels(address, new AbortController().signal);
  const metadata = await sharp(bytes).metadata();
  expect(type).toBe(`image/${metadata.format}`);
  return { ...metadata, data: await sharp(bytes).raw().toBuffer() };
};

it('draws where a result differs from its photo, for photos that may be seen', async () => {
  const [source, result] = [await photo('photo.png', 70, 50), await photo('larger.png', 140, 100)];
  expect(await get({ kind: 'drift', photo: result, source })).toMatchObject({ format: 'png', width: 70, height: 50 });
  await expect(get({ kind: 'drift', photo: source, source: result })).rejects.toMatchObject({ code: 'bad-request' });
  const elsewhere = register.idOf(join(folder, 'elsewhere.png'));
  await expect(get({ kind: 'drift', photo: result, source: elsewhere })).rejects.toMatchObject({ code: 'not-found' });
});

it('thumbnails, tiles, pictures and facts of one photo', async () => {
  const id = await photo('photo.png', 700, 500);
  expect(await get({ kind: 'thumbnail', photo: id, edge: 256 })).toMatchObject({ format: 'webp', width: 256, height: 183 });
  const tile = await get({ kind: 'tile', photo: id, level: 2, column: 2, row: 1 });
  expect(tile).toMatchObject({ format: 'png', width: 188, height: 244 });
  const whole = sharp(register.pathOf(id) ?? '').extract({ left: 512, top: 256, width: 188, height: 244 });
  expect(tile.data.equals(await whole.raw().toBuffer())).toBe(true);
  expect(await get({ kind: 'picture', photo: id })).toMatchObject({ format: 'png', width: 700, height: 500 });
  expect(await pixels.facts(id)).toMatchObject({ width: 700, height: 500, format: 'png' });
});

it('kill -9 of both processes amid requests is survived by all of them', async () => {
  const id = await photo('photo.jpg', 3000, 2000);
  const [large, small] = [await photo('large.png', 5000, 3000), await photo('small.png', 300, 200)];
  const requests = [
    get({ kind: 'thumbnail', photo: id, edge: 1024 }),
    get({ kind: 'tile', photo: large, level: 5, column: 3, row: 3 }),
    get({ kind: 'thumbnail', photo: small, edge: 256 }),
  ];
  await expect.poll(() => progress.length, { interval: 5, timeout: 20_000 }).toBeGreaterThan(0);
  const { viewer, builder } = pixels.processIds;
  for (const processId of [viewer, builder]) if (processId !== null) process.kill(processId, 'SIGKILL');
  const [first, second, third] = await Promise.all(requests);
  expect(first).toMatchObject({ width: 1024, height: 683 });
  expect(second).toMatchObject({ width: 256, height: 256 });
  expect(third).toMatchObject({ width: 256, height: 171 });
  expect(pixels.processIds.builder).not.toBe(builder);
  const made = (await readdir(join(folder, 'cache', 'pyramids'))).filter((name) => scratchMaker(name) === null);
  expect(made).toEqual([expect.stringMatching(/^[0-9a-f]{40}\.tif$/)]);
});

it('a pyramid is there in the next run, and the process that makes them is not started for it', async () => {
  const id = await photo('photo.png', 600, 400);
  const made = await pixels.pyramid(id);
  await pixels.close();
  pixels = open();
  expect(await pixels.pyramid(id)).toEqual(made);
  expect(pixels.processIds.builder).toBeNull();
});

it('a photo that cannot be decoded is a problem, in both processes', async () => {
  const id = register.idOf(join(folder, 'photos', 'photo.jpg'));
  await writeFile(join(folder, 'photos', 'photo.jpg'), 'no photo');
  await expect(get({ kind: 'thumbnail', photo: id, edge: 256 })).rejects.toMatchObject({ code: 'not-an-image' });
  await expect(pixels.pyramid(id)).rejects.toMatchObject({ code: 'not-an-image' });
});
