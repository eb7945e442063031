import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp, { type Sharp } from 'sharp';
import { beforeEach, describe, expect, it } from 'vitest';
import { openPhoto, type OpenOptions, type Photo } from '../../../../src/engine/photo/open.ts';
import { english } from '../../../../src/shared/sentence.ts';
import { doublePhoto, temporaryFolder } from '../../../support/photo-files.ts';
import { noise } from '../../../support/memory-pixels.ts';
import { writeTiff } from '../../../support/tiff-files.ts';

const [width, height] = [64, 48];
let folder: string;

beforeEach(async () => {
  folder = await temporaryFolder();
});

/** Slopes with some grain, which does not compress to nothing. */
function slopes(channels: number): Uint8Array {
  const grain = noise({ width, height, channels: 1, bits: 8 }, 3);
  return Uint8Array.from({ length: width * height * channels }, (_, index) => {
    const pixel = Math.floor(index / channels);
    return 30 + (pixel % width) * 2 + Math.floor(pixel / width) + (index % channels) * 20 + ((grain[pixel] ?? 0) >> 4);
  });
}

const picture = (): Sharp => sharp(slopes(3), { raw: { width, height, channels: 3 } });

async function opened(bytes: Uint8Array, name: string, options: Partial<OpenOptions> = {}): Promise<Photo> {
  const path = join(folder, name);
  await writeFile(path, bytes);
  return openPhoto(path, { maxMegapixels: 100, scratch: folder, ...options });
}

const said = (sentences: Photo['lost']): string => sentences.map(english.tell).join(' ');

async function told(bytes: Uint8Array, name: string): Promise<{ lost: string; converted: string }> {
  const photo = await opened(bytes, name);
  await photo.close();
  return { lost: said(photo.lost), converted: said(photo.converted) };
}

const closed = (bytes: Buffer): Buffer => Buffer.concat([bytes, Buffer.of(0xff, 0xd9)]);

describe('a file that ends too early', () => {
  it('is whole where only its last bytes are missing', async () => {
    for (const progressive of [false, true]) {
      const jpeg = await picture().jpeg({ quality: 92, progressive }).toBuffer();
      for (const bytes of [jpeg.subarray(0, -2), Buffer.concat([jpeg.subarray(0, -2), Buffer.alloc(1)])]) {
        expect(await told(bytes, 'no-end.jpg')).toEqual({ lost: '', converted: expect.stringContaining('the picture is whole') as string });
      }
    }
    const gif = await picture().gif().toBuffer();
    expect((await told(gif.subarray(0, -2), 'no-end.gif')).lost).toBe('');
    const png = await picture().png().toBuffer();
    expect((await told(png.subarray(0, -12), 'no-end.png')).lost).toBe('');
  });

  it('is filled, and it is said how much is missing', async () => {
    const jpeg = await picture().jpeg({ quality: 92 }).toBuffer();
    const half = jpeg.subarray(0, (jpeg.length + jpeg.indexOf(Buffer.of(0xff, 0xda))) / 2);
    // libpng reads pieces of 8 kB.
    const grain = noise({ width: 200, height: 200, channels: 3, bits: 8 }, 5);
    const png = await sharp(grain, { raw: { width: 200, height: 200, channels: 3 } })
      .png()
      .toBuffer();
    const gif = await picture().gif({ dither: 0 }).toBuffer();
    for (const [name, bytes] of Object.entries({
      'half.jpg': half,
      'half-closed.jpg': closed(half),
      'half.png': png.subarray(0, png.length / 2),
      'half.gif': gif.subarray(0, gif.length * 0.7),
    })) {
      const percent = Number(/The last (\d+) % of the picture is missing/.exec((await told(bytes, name)).lost)?.[1]);
      expect(percent, name).toBeGreaterThan(20);
      expect(percent, name).toBeLessThan(80);
      await expect(opened(bytes, name, { strict: true }), name).rejects.toMatchObject({ code: 'damaged-image' });
    }
  });

  it('is coarser where it was coded in several goes', async () => {
    const jpeg = await picture().jpeg({ quality: 92, progressive: true }).toBuffer();
    expect((await told(jpeg.subarray(0, jpeg.length * 0.8), 'coarse.jpg')).lost).toContain('coarse');
  });

  it('is no photo where hardly anything is left of it', async () => {
    const gif = await picture().gif().toBuffer();
    const bomb = Buffer.from(gif);
    const at = bomb.indexOf(0x2c, 13 + 3 * (2 << ((gif[10] ?? 0) & 7)));
    for (const place of [6, at + 5]) {
      bomb.writeUInt16LE(20_000, place);
      bomb.writeUInt16LE(16_000, place + 2);
    }
    await expect(opened(bomb, 'bomb.gif', { maxMegapixels: 500 })).rejects.toMatchObject({ code: 'damaged-image' });
  });

  it.each(['png', 'jpeg'] as const)(
    'is no photo where a %s claims more than its bytes can hold, which takes no time to see',
    async (format) => {
      const bytes = await picture().toFormat(format).toBuffer();
      if (format === 'png') bytes.writeUInt32BE(5_000_000, 16);
      else [20_000, 16_000].forEach((side, index) => bytes.writeUInt16BE(side, bytes.indexOf('\xff\xc0', 'latin1') + 5 + 2 * index));
      const started = performance.now();
      await expect(opened(bytes, `bomb.${format}`, { maxMegapixels: 500 })).rejects.toMatchObject({ code: 'damaged-image' });
      expect(performance.now() - started).toBeLessThan(2000);
    },
  );

  it('is a photo, however large and flat', async () => {
    const flat = sharp({ create: { width: 3000, height: 2000, channels: 3, background: 'white' } });
    for (const [name, image] of Object.entries({
      png: flat.clone().png(),
      jpg: flat.clone().jpeg(),
      grey: flat.clone().toColourspace('b-w').png({ palette: true, colours: 2 }),
    }))
      await (await opened(await image.toBuffer(), `flat.${name === 'grey' ? 'png' : name}`)).close();
  });

  it('can be written all the same', async () => {
    const jpeg = await picture().jpeg({ quality: 92 }).toBuffer();
    const source = join(folder, 'half.jpg');
    await writeFile(source, jpeg.subarray(0, jpeg.length * 0.7));
    const written = await doublePhoto(source, { destination: join(folder, 'result.jpg'), format: 'jpeg' });
    expect(said(written.lost)).toContain('is missing from the file');
  });
});

describe('transparency', () => {
  it('of a grey photo is kept, large or small', async () => {
    const samples = slopes(2);
    const source = join(folder, 'grey.png');
    await sharp(samples, { raw: { width, height, channels: 2 } })
      .toColourspace('b-w')
      .png()
      .toFile(source);
    const written = await doublePhoto(source, { destination: join(folder, 'result.png'), format: 'png' });
    expect(said(written.converted)).toBe('');
    expect(said(written.kept)).toContain('Transparency');
    const { hasAlpha, channels } = await sharp(join(folder, 'result.png')).metadata();
    expect({ hasAlpha, channels }).toEqual({ hasAlpha: true, channels: 2 });
    const photo = await openPhoto(join(folder, 'result.png'), { maxMegapixels: 10, scratch: folder });
    expect((await photo.alpha?.readRows(0, 1))?.[0]).toBe(samples[1]);
    await photo.close();
  });

  it('is what surrounds a frame that is smaller than its canvas', async () => {
    const gif = Buffer.from(await picture().gif().toBuffer());
    gif.writeUInt16LE(width + 20, 6);
    gif.writeUInt16LE(height + 10, 8);
    const at = gif.indexOf(0x2c, 13 + 3 * (2 << ((gif[10] ?? 0) & 7)));
    gif.writeUInt16LE(5, at + 1);
    const photo = await opened(gif, 'small.gif');
    const row = (await photo.alpha?.readRows(0, 1)) ?? [];
    expect([row[4], row[5], row[width + 4], row[width + 5]]).toEqual([0, 255, 255, 0]);
    expect((await photo.alpha?.readRows(height, 1))?.[10]).toBe(0);
    await photo.close();
  });
});

describe('TIFF', () => {
  const tiff = (samples: Uint8Array | Uint16Array, channels: number, more: Parameters<typeof writeTiff>[2] = {}): Promise<string> =>
    writeTiff(join(folder, 'photo.tif'), { width, height, samples, channels }, more);
  const open = (path: string): Promise<Photo> => openPhoto(path, { maxMegapixels: 10, scratch: folder });

  it('has transparency only where it says so; other channels are told', async () => {
    for (const [extra, alpha, lost] of [
      [[0], false, 'One further channel'],
      [[2], true, ''],
      [[0, 0], false, '2 further channels'],
      [[2, 0], true, 'One further channel'],
      [[0, 2], true, 'One further channel'],
    ] as const) {
      const channels = 3 + extra.length;
      const samples = slopes(channels);
      const photo = await open(await tiff(samples, channels, { 338: ['short', extra] }));
      expect(photo.alpha !== null, extra.join()).toBe(alpha);
      expect(photo.facts.alpha).toBe(alpha);
      expect([...(await photo.pixels.readRows(0, 1)).subarray(0, 3)]).toEqual([...samples.subarray(0, 3)]);
      if (alpha) expect((await photo.alpha?.readRows(0, 1))?.[0]).toBe(samples[3 + (extra as readonly number[]).indexOf(2)]);
      expect(said(photo.lost)).toContain(lost);
      await photo.close();
    }
  });

  it('is read whatever its lesser tags say', async () => {
    for (const more of [{ 274: ['short', [0]] }, { 274: ['short', [9]] }, { 296: ['short', [0]] }] as const) {
      const photo = await open(await tiff(slopes(3), 3, more));
      expect(said(photo.lost)).toBe('');
      await photo.close();
    }
  });

  it('of a kind that is not read is refused for what it is', async () => {
    const grey = slopes(1);
    for (const [name, path] of [
      ['sign', await tiff(new Uint16Array(width * height), 1, { 339: ['short', [2]] })],
      [
        '32 bits',
        await writeTiff(join(folder, 'a.tif'), { width, height, samples: new Uint8Array(width * height * 4), channels: 1, bits: 32 }),
      ],
      ['12 bits', await writeTiff(join(folder, 'b.tif'), { width, height, samples: grey, channels: 1, bits: 12 })],
      ['Lab', await writeTiff(join(folder, 'c.tif'), { width, height, samples: slopes(3), channels: 3 }, { 262: ['short', [8]] })],
      ['compression 6', await writeTiff(join(folder, 'd.tif'), { width, height, samples: grey, channels: 1 }, { 259: ['short', [6]] })],
      [
        'tiles',
        await writeTiff(
          join(folder, 'e.tif'),
          { width, height, samples: slopes(3), channels: 3 },
          { 284: ['short', [2]], 322: ['short', [16]] },
        ),
      ],
      ['raw', await writeTiff(join(folder, 'f.tif'), { width, height, samples: grey, channels: 1 }, { 262: ['short', [32_803]] })],
    ] as const) {
      await expect(open(path), name).rejects.toMatchObject({ code: 'unsupported-image', message: expect.stringContaining(name) as string });
    }
  });
});

describe('JPEG', () => {
  it('of 12 bits, or without loss, is of a kind that is not read', async () => {
    const jpeg = await picture().jpeg().toBuffer();
    const frame = jpeg.indexOf(Buffer.of(0xff, 0xc0));
    const deep = Buffer.from(jpeg);
    deep[frame + 4] = 12;
    const lossless = Buffer.from(jpeg);
    lossless[frame + 1] = 0xc3;
    for (const bytes of [deep, lossless]) await expect(opened(bytes, 'odd.jpg')).rejects.toMatchObject({ code: 'unsupported-image' });
  });
});
