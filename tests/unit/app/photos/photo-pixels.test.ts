import { mkdir, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { nodeLauncher } from '../../../../src/app/node-launcher.ts';
import { PhotoPixels } from '../../../../src/app/photos/photo-pixels.ts';
import { PhotoRegister } from '../../../../src/app/photos/photo-register.ts';
import { temporaryFolder } from '../../../support/photo-files.ts';
import { until } from '../../../support/until.ts';

const host = join(import.meta.dirname, '../../../support/scripted-viewer.mjs');
const never = (): AbortSignal => new AbortController().signal;
let folder: string;
let register: PhotoRegister;
let pixels: PhotoPixels;
let sizes: string[];
let progress: number[];

function open(cacheMegabytes = 100): PhotoPixels {
  return new PhotoPixels({
    register,
    launch: nodeLauncher(host, { env: { ...process.env, ONESTEP_TEST_CALLS: join(folder, 'calls') } }),
    engine: { modelFolders: [], cacheFolder: folder, temporaryFolder: folder, threads: 1 },
    cacheFolder: join(folder, 'cache'),
    cacheMegabytes: () => cacheMegabytes,
    onPyramidProgress: (_, fraction) => progress.push(fraction),
    onSize: (id, width, height) => sizes.push([id, width, height].join(' ')),
  });
}

beforeEach(async () => {
  folder = await temporaryFolder();
  register = new PhotoRegister();
  [sizes, progress] = [[], []];
  await mkdir(join(folder, 'photos'));
  await mkdir(join(folder, 'cache', 'pyramids'), { recursive: true });
  await register.allow(join(folder, 'photos'));
  pixels = open();
});

afterEach(async () => {
  await pixels.close();
});

async function photo(name: string, content = 'photo'): Promise<number> {
  const path = join(folder, 'photos', name);
  await writeFile(path, content);
  return register.idOf(path);
}

const thumbnail = async (id: number, signal = never()): Promise<string> =>
  Buffer.from((await pixels.pixels({ kind: 'thumbnail', photo: id, edge: 256 }, signal)).bytes).toString();
const tile = async (id: number, level: number, column: number, row: number, signal = never()): Promise<string> =>
  Buffer.from((await pixels.pixels({ kind: 'tile', photo: id, level, column, row }, signal)).bytes).toString();
/** What the processes were asked. */
const calls = async (): Promise<string[]> =>
  (await readFile(join(folder, 'calls'), 'utf8').catch(() => '')).trim().split('\n').filter(Boolean);

describe('thumbnails', () => {
  it('are kept: the next run has them without starting a process', async () => {
    const id = await photo('a.jpg');
    expect(await thumbnail(id)).toBe('a.jpg 256');
    await pixels.close();
    pixels = open();
    expect(await thumbnail(id)).toBe('a.jpg 256');
    expect(pixels.processIds).toEqual({ viewer: null, builder: null });
    expect(await calls()).toEqual(['start', 'thumbnail a.jpg']);
    expect(sizes).toEqual([`${id} 30 20`, `${id} 30 20`]);
  });

  it('are made anew when the file has changed, and when what was kept is damaged', async () => {
    const id = await photo('a.jpg');
    await thumbnail(id);
    await photo('a.jpg', 'another photo');
    await thumbnail(id);
    expect(await calls()).toEqual(['start', 'thumbnail a.jpg', 'thumbnail a.jpg']);
    const kept = join(folder, 'cache', 'thumbnails');
    for (const name of await readdir(kept)) await truncate(join(kept, name), 18);
    expect(await thumbnail(id)).toBe('a.jpg 256');
    expect(await calls()).toHaveLength(4);
  });

  it('asked for twice at once are made once', async () => {
    const id = await photo('slow.jpg');
    expect(await Promise.all([thumbnail(id), thumbnail(id), thumbnail(id)])).toEqual(Array(3).fill('slow.jpg 256'));
    expect(await calls()).toEqual(['start', 'thumbnail slow.jpg']);
  });

  it('that were scrolled out of view cost nothing', async () => {
    const ids = await Promise.all(Array.from({ length: 30 }, (_, index) => photo(`slow-${index}.jpg`)));
    const controllers = ids.map(() => new AbortController());
    const first = Promise.allSettled(ids.map((id, index) => thumbnail(id, controllers[index]?.signal)));
    await until(async () => (await calls()).length > 1);
    for (const controller of controllers) controller.abort();
    const codes = (await first).map((one) => (one.status === 'rejected' ? (one.reason as { code: string }).code : one.value));
    expect(new Set(codes)).toEqual(new Set(['cancelled']));
    await thumbnail(await photo('in-view.jpg'));
    expect((await calls()).length).toBeLessThan(10);
  });

  it('that cannot be made are not tried again until the file changes', async () => {
    const id = await photo('damaged.jpg');
    for (let tries = 0; tries < 3; tries += 1) await expect(thumbnail(id)).rejects.toMatchObject({ code: 'damaged-image' });
    expect(await calls()).toEqual(['start', 'thumbnail damaged.jpg']);
    await photo('damaged.jpg', 'another');
    await expect(thumbnail(id)).rejects.toMatchObject({ code: 'damaged-image' });
    expect(await calls()).toHaveLength(3);
  });

  it('are shown where the cache cannot be written to', async () => {
    await writeFile(join(folder, 'cache', 'thumbnails'), 'a file, not a folder');
    expect(await thumbnail(await photo('a.jpg'))).toBe('a.jpg 256');
  });

  it('of photos that were not opened are refused before anything is asked', async () => {
    await writeFile(join(folder, 'secret.jpg'), 'secret');
    await expect(thumbnail(register.idOf(join(folder, 'secret.jpg')))).rejects.toMatchObject({ code: 'not-opened' });
    await expect(thumbnail(99)).rejects.toMatchObject({ code: 'not-found' });
    expect(await calls()).toEqual([]);
  });
});

describe('a photo that ends the process', () => {
  it('is rejected after a second try, and the others are answered', async () => {
    const names = ['slow-1.jpg', 'kills.jpg', 'slow-2.jpg'];
    const [one, killer, two] = await Promise.all(names.map((name) => photo(name)));
    const answers = await Promise.allSettled([thumbnail(one ?? 0), thumbnail(killer ?? 0), thumbnail(two ?? 0)]);
    expect(answers).toMatchObject([
      { status: 'fulfilled', value: 'slow-1.jpg 256' },
      { status: 'rejected', reason: { code: 'engine-stopped' } },
      { status: 'fulfilled', value: 'slow-2.jpg 256' },
    ]);
    expect((await calls()).filter((call) => call === 'thumbnail kills.jpg')).toHaveLength(2);
    await expect(thumbnail(killer ?? 0)).rejects.toMatchObject({ code: 'engine-stopped' });
    expect((await calls()).filter((call) => call === 'thumbnail kills.jpg')).toHaveLength(2);
  });

  it('when its process was killed by somebody else is simply answered by the next one', async () => {
    const id = await photo('slow.jpg');
    const asked = thumbnail(id);
    await until(async () => (await calls()).includes('thumbnail slow.jpg'));
    process.kill(pixels.processIds.viewer ?? 0, 'SIGKILL');
    expect(await asked).toBe('slow.jpg 256');
    expect(await calls()).toEqual(['start', 'thumbnail slow.jpg', 'start', 'thumbnail slow.jpg']);
  });
});

describe('tiles', () => {
  it('bring their pyramid about, once, in the process that takes its time', async () => {
    const id = await photo('a.jpg');
    expect(await Promise.all([tile(id, 1, 0, 0), tile(id, 1, 1, 0), tile(id, 0, 0, 0)])).toEqual([
      'tile 1 0 0',
      'tile 1 1 0',
      'tile 0 0 0',
    ]);
    expect((await calls()).filter((call) => call.startsWith('pyramid'))).toEqual(['pyramid a.jpg']);
    expect(await pixels.pyramid(id)).toMatchObject({ width: 300, height: 200 });
    expect((await calls()).filter((call) => call.startsWith('pyramid'))).toEqual(['pyramid a.jpg']);
    expect(pixels.processIds.builder).not.toBeNull();
    expect(pixels.processIds.builder).not.toBe(pixels.processIds.viewer);
    expect(sizes).toEqual([`${id} 300 200`]);
  });

  it('beyond the edges are refused', async () => {
    const id = await photo('a.jpg');
    for (const [level, column, row] of [
      [2, 0, 0],
      [1, 2, 0],
      [1, 0, 1],
    ] as const) {
      await expect(tile(id, level, column, row)).rejects.toMatchObject({ code: 'not-found' });
    }
  });

  it('come back after their pyramid was removed to make room', async () => {
    const id = await photo('a.jpg');
    await tile(id, 1, 0, 0);
    await rm(join(folder, 'cache', 'pyramids'), { recursive: true });
    await mkdir(join(folder, 'cache', 'pyramids'));
    expect(await tile(id, 1, 1, 0)).toBe('tile 1 1 0');
  });
});

describe('pyramids', () => {
  it('tell how far they are', async () => {
    await pixels.pyramid(await photo('long.jpg'));
    expect(progress).toHaveLength(10);
    expect(progress).toEqual(progress.toSorted((a, b) => a - b));
  });

  it('that nobody can still want are given up, and their making stopped', async () => {
    const ids = await Promise.all(Array.from({ length: 12 }, (_, index) => photo(`long-${index}.jpg`)));
    const all = await Promise.allSettled(
      ids.map(async (id, index) => {
        if (index > 1) await until(async () => (await calls()).filter((call) => call.startsWith('pyramid')).length >= 2);
        return pixels.pyramid(id);
      }),
    );
    expect(all.filter(({ status }) => status === 'fulfilled')).toHaveLength(8);
    expect(all[0]).toMatchObject({ status: 'rejected', reason: { code: 'cancelled' } });
    await until(async () => (await calls()).includes('cancelled long-0.jpg'));
  });
});

it('pictures and HEIC thumbnails do not hold up the others', async () => {
  const [heic, other] = [await photo('silent.heic'), await photo('a.jpg')];
  const waiting = thumbnail(heic);
  const picture = pixels.pixels({ kind: 'picture', photo: await photo('silent.jpg') }, never());
  expect(await thumbnail(other)).toBe('a.jpg 256');
  await Promise.all([
    expect(waiting).rejects.toMatchObject({ code: 'cancelled' }),
    expect(picture).rejects.toMatchObject({ code: 'cancelled' }),
    pixels.close(),
  ]);
});

it('facts are told of photos that were opened', async () => {
  expect(await pixels.facts(await photo('a.jpg'))).toMatchObject({ width: 30, height: 20 });
});
