import { mkdir, readdir, readFile, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { createContext } from '../../src/engine/context.ts';
import { enhancePhoto } from '../../src/engine/enhance.ts';
import { planJob } from '../../src/engine/plan.ts';
import { removeAbandonedScratch } from '../../src/engine/scratch.ts';
import type { Progress } from '../../src/shared/engine-protocol.ts';
import { thisMaker } from '../../src/system/processes.ts';
import { scratchPrefix } from '../../src/shared/temporary-names.ts';
import { defaultOptions, type Options } from '../../src/shared/options.ts';
import type { Request } from '../../src/shared/request.ts';
import { sentence } from '../../src/shared/sentence.ts';
import { goldenFolder, testFolder } from '../support/golden.ts';

interface Place {
  readonly folder: string;
  readonly temporary: string;
  readonly engine: ReturnType<typeof createContext>;
  /** A PNG of smooth colour waves, with noise on top; `channels` 4 has a soft round transparency. */
  readonly photo: (name: string, width: number, height: number, channels?: 3 | 4) => Promise<string>;
  readonly request: (source: string, options: Partial<Options>, more?: Partial<Request>) => Request;
}

async function place(): Promise<Place> {
  const folder = await testFolder();
  const temporary = join(folder, '.temporary');
  await mkdir(temporary);
  const settings = { modelFolders: [goldenFolder], cacheFolder: join(folder, '.cache'), temporaryFolder: temporary, threads: 2 };
  return {
    folder,
    temporary,
    engine: createContext(settings),
    async photo(name, width, height, channels = 3) {
      const pixels = Buffer.alloc(width * height * channels);
      let noise = 1;
      for (let index = 0; index < pixels.length; index += 1) {
        const channel = index % channels;
        const [x, y] = [Math.floor(index / channels) % width, Math.floor(index / channels / width)];
        noise = (noise * 1_103_515_245 + 12_345) % 2_147_483_648;
        const wave = 128 + 90 * Math.sin(x / (5 + channel)) * Math.cos(y / (7 + channel));
        pixels[index] = channel === 3 ? Math.max(0, 255 - 4 * Math.abs(x - width / 2)) : wave + ((noise >> 16) % 30);
      }
      const path = join(folder, name);
      await sharp(pixels, { raw: { width, height, channels } }).toFile(path);
      return path;
    },
    request: (source, options, more = {}) => ({
      source,
      options: { ...defaultOptions, model: 'convolution-x2', provider: 'cpu', ...options },
      ...more,
    }),
  };
}

const raw = async (path: string | null): Promise<Buffer> =>
  sharp(path ?? '')
    .raw()
    .toBuffer();

describe('enhancePhoto', () => {
  it('writes the planned result and says what it did', async () => {
    const { engine, photo, request, folder, temporary } = await place();
    const source = await photo('a.png', 60, 40);
    const asked = request(source, { target: { kind: 'scale', scale: 2 } });
    const plan = await planJob(asked, engine);
    const report = await enhancePhoto(asked, engine);
    expect(plan).toMatchObject({ width: 120, height: 80, format: 'png', output: join(folder, 'a_2x.png'), skip: null });
    expect(report).toMatchObject({
      ...{ status: 'done', output: plan.output, sourceWidth: 60, sourceHeight: 40, width: 120, height: 80, format: 'png' },
      ...{ passes: [{ model: 'convolution-x2', scale: 2, width: 120, height: 80 }], provider: 'cpu' },
    });
    expect(await sharp(plan.output).metadata()).toMatchObject({ width: 120, height: 80 });
    expect(report.fileBytes).toBe((await stat(plan.output)).size);
    expect(report.seconds.total).toBeGreaterThanOrEqual(report.seconds.inference);
    expect(await readdir(temporary)).toEqual([]);
  });

  it.each([
    ['one pass', { kind: 'scale', scale: 2 }, 3],
    ['a model run twice', { kind: 'scale', scale: 4 }, 3],
    ['a model run twice, with transparency', { kind: 'scale', scale: 4 }, 4],
  ] as const)('gives for a part exactly what the whole run gives there: %s', async (_, target, channels) => {
    const { engine, photo, request } = await place();
    const source = await photo('a.png', 150, 170, channels);
    // Few rows a tile, so that the part lies across several of them.
    const options = { target, tile: 48 };
    const whole = await enhancePhoto(request(source, options), engine);
    const { scale } = target;
    for (const region of [
      { left: 40, top: 50, width: 61, height: 47 },
      { left: 0, top: 0, width: 20, height: 20 },
      { left: 129, top: 150, width: 21, height: 20 },
    ]) {
      const part = await enhancePhoto(request(source, options, { region }), engine);
      expect(part).toMatchObject({ width: region.width * scale, height: region.height * scale });
      const place = { left: region.left * scale, top: region.top * scale, width: region.width * scale, height: region.height * scale };
      const crop = await sharp(whole.output ?? '')
        .extract(place)
        .raw()
        .toBuffer();
      expect((await raw(part.output)).equals(crop)).toBe(true);
    }
  });

  it('resamples to the exact size, larger or smaller', async () => {
    const { engine, photo, request } = await place();
    const source = await photo('a.png', 90, 60);
    for (const [pixels, height] of [
      [200, 133],
      [45, 30],
    ] as const) {
      const report = await enhancePhoto(request(source, { target: { kind: 'longEdge', pixels } }), engine);
      expect(report).toMatchObject({ width: pixels, height });
      expect(report.passes.at(-1)).toMatchObject({ model: null, width: pixels, height });
      expect(await sharp(report.output ?? '').metadata()).toMatchObject({ width: pixels, height });
    }
  });

  it('tells progress that only grows, from decoding to verifying', async () => {
    const { engine, photo, request } = await place();
    const source = await photo('a.png', 100, 200);
    const told: Progress[] = [];
    await enhancePhoto(request(source, { target: { kind: 'scale', scale: 4 }, tile: 64 }), engine, {
      onProgress: (progress) => told.push(progress),
    });
    const fractions = told.map(({ fraction }) => fraction);
    expect(fractions).toEqual(fractions.toSorted((a, b) => a - b));
    expect([...new Set(told.map(({ stage }) => stage))]).toEqual(['decode', 'enhance', 'encode', 'verify']);
    const covered = told.reduce((sum, { tile }) => sum + (tile === undefined ? 0 : tile.width * tile.height), 0);
    expect(covered).toBe(200 * 400 + 400 * 800);
  });

  it('leaves nothing behind when cancelled at a tile', async () => {
    const { engine, photo, request, folder, temporary } = await place();
    const source = await photo('a.png', 80, 300);
    const controller = new AbortController();
    let tiles = 0;
    const job = enhancePhoto(request(source, { target: { kind: 'scale', scale: 2 }, tile: 48 }), engine, {
      signal: controller.signal,
      onProgress: ({ tile }) => {
        if (tile !== undefined) tiles += 1;
        if (tiles === 2) controller.abort();
      },
    });
    await expect(job).rejects.toMatchObject({ code: 'cancelled' });
    expect(tiles).toBe(2);
    expect((await readdir(folder)).filter((name) => !name.startsWith('.c') && name !== '.temporary')).toEqual(['a.png']);
    expect(await readdir(temporary)).toEqual([]);
  });

  it('skips by policy, or numbers, or replaces its own result only', async () => {
    const { engine, photo, request, folder } = await place();
    const source = await photo('a.png', 30, 20);
    const target = { kind: 'scale', scale: 2 } as const;
    await enhancePhoto(request(source, { target }), engine);
    expect(await enhancePhoto(request(source, { target, onCollision: 'skip' }), engine)).toMatchObject({
      status: 'skipped',
      reason: sentence('skip.there', { name: 'a_2x.png' }),
    });
    expect(await enhancePhoto(request(source, { target }), engine)).toMatchObject({ output: join(folder, 'a_2x-2.png') });
    expect(await enhancePhoto(request(source, { target, onCollision: 'overwrite-result' }), engine)).toMatchObject({
      output: join(folder, 'a_2x.png'),
    });
    const foreign = await readFile(await photo('a_2x-3.png', 5, 5));
    await writeFile(join(folder, 'a_2x.png'), foreign);
    await expect(enhancePhoto(request(source, { target, onCollision: 'overwrite-result' }), engine)).rejects.toMatchObject({
      code: 'would-overwrite-original',
    });
    expect(await readFile(join(folder, 'a_2x.png'))).toEqual(foreign);
  });

  it('leaves its own results alone where they were not chosen', async () => {
    const { engine, photo, request } = await place();
    const { output } = await enhancePhoto(request(await photo('a.png', 30, 20), { target: { kind: 'scale', scale: 2 } }), engine);
    const again = request(output ?? '', { target: { kind: 'scale', scale: 2 } });
    expect(await planJob({ ...again, skipResults: true }, engine)).toMatchObject({ skip: sentence('skip.result'), passes: [] });
    expect(await planJob(again, engine)).toMatchObject({ skip: null });
    expect(await planJob({ ...request(await photo('b.png', 30, 20), {}), skipResults: true }, engine)).toMatchObject({ skip: null });
  });
});

describe('planJob refuses before work begins', () => {
  it.each<[string, Partial<Options>, Partial<Request>, string]>([
    ['a model that is not there', { model: 'nothing' }, {}, 'model-not-found'],
    ['auto without the default family', { model: 'auto' }, {}, 'model-not-found'],
    ['too large a factor', { target: { kind: 'longEdge', pixels: 5000 } }, {}, 'too-large-a-scale'],
    ['too many pixels', { maxMegapixels: 0.0001 }, {}, 'too-many-pixels'],
    [
      'a part outside the photo',
      { target: { kind: 'scale', scale: 2 } },
      { region: { left: 30, top: 0, width: 20, height: 10 } },
      'bad-request',
    ],
    [
      'a part at a resampled size',
      { target: { kind: 'scale', scale: 3 } },
      { region: { left: 0, top: 0, width: 20, height: 10 } },
      'bad-request',
    ],
    ['a name with an unknown token', { name: '{nome}' }, {}, 'bad-request'],
    ['its own source as the result', { name: '{name}', onCollision: 'overwrite-result' }, {}, 'would-overwrite-original'],
    ['a folder below a file', { output: 'PHOTO/x' }, {}, 'not-writable'],
  ])('%s', async (_, options, more, code) => {
    const { engine, photo, request, folder } = await place();
    const source = await photo('a.png', 40, 30);
    const asked = request(source, { ...options, ...(options.output === undefined ? {} : { output: join(source, 'x') }) }, more);
    await expect(planJob(asked, engine)).rejects.toMatchObject({ code });
    expect((await readdir(folder)).filter((name) => !name.startsWith('.'))).toEqual(['a.png']);
  });

  it('a result that its format cannot hold, with the formats that can', async () => {
    const { engine, folder, request } = await place();
    const source = join(folder, 'wide.webp');
    await sharp({ create: { width: 9000, height: 2, channels: 3, background: '#888' } }).toFile(source);
    await expect(planJob(request(source, { target: { kind: 'scale', scale: 2 } }), engine)).rejects.toMatchObject({
      code: 'too-large-for-format',
      advice: expect.stringMatching(/JPEG.*PNG.*TIFF/) as string,
    });
    await expect(planJob(request(source, { target: { kind: 'scale', scale: 2 }, format: 'png' }), engine)).resolves.toMatchObject({
      width: 18_000,
    });
  });

  it('nothing that another photo of the batch needs', async () => {
    const { engine, photo, request, folder } = await place();
    const source = await photo('a.png', 40, 30);
    const other = await photo('b.png', 40, 30);
    const asked = request(source, { name: 'b', onCollision: 'overwrite-result' }, { originals: [join(folder, 'B.PNG')] });
    await expect(planJob(asked, engine)).rejects.toMatchObject({ code: 'would-overwrite-original' });
    expect((await stat(other)).size).toBeGreaterThan(0);
  });
});

it('removes old scratch folders of dead processes, and no others', async () => {
  const { temporary } = await place();
  const deadMaker = { ...thisMaker, processId: 2 ** 22 + 1 };
  const dead = [`${scratchPrefix(deadMaker)}old`, `onestep-${deadMaker.processId}-older`];
  // Whether a process of another computer lives cannot be seen from here.
  const foreign = `${scratchPrefix({ ...deadMaker, host: '000000' })}foreign`;
  const names = [...dead, foreign, `${scratchPrefix(deadMaker)}young`, `${scratchPrefix(thisMaker)}alive`, 'something-else'];
  const hourAgo = new Date(Date.now() - 3_600_000);
  for (const name of names) {
    await mkdir(join(temporary, name));
    await writeFile(join(temporary, name, 'pass-1.tif'), 'x');
    if (name.endsWith('young')) continue;
    await utimes(join(temporary, name, 'pass-1.tif'), hourAgo, hourAgo);
    await utimes(join(temporary, name), hourAgo, hourAgo);
  }
  await removeAbandonedScratch(temporary);
  expect((await readdir(temporary)).sort()).toEqual(names.filter((name) => !dead.includes(name)).sort());
});
