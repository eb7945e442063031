import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32, deflateSync } from 'node:zlib';
import sharp from 'sharp';
import { beforeEach, describe, expect, it } from 'vitest';
import { isColourless } from '../../../../src/engine/image/colourless.ts';
import type { Samples } from '../../../../src/engine/image/pixels.ts';
import { builtInProfile } from '../../../../src/engine/photo/decoder.ts';
import { inspectPhoto } from '../../../../src/engine/photo/inspect.ts';
import { openPhoto, type Photo } from '../../../../src/engine/photo/open.ts';
import { passageOf } from '../../../../src/engine/photo/passage.ts';
import { english } from '../../../../src/shared/sentence.ts';
import { memoryPixels } from '../../../support/memory-pixels.ts';
import { doublePhoto, temporaryFolder } from '../../../support/photo-files.ts';

const [width, height] = [40, 30];
const format = { width, height, channels: 3, bits: 8 } as const;
let folder: string;

beforeEach(async () => {
  folder = await temporaryFolder();
});

const photo = (colour: (pixel: number) => readonly number[]): Uint8Array =>
  Uint8Array.from(Array.from({ length: width * height }, (_, pixel) => colour(pixel)).flat());

const png = async (samples: Uint8Array, ...chunks: readonly (readonly [string, Uint8Array])[]): Promise<Buffer> => {
  const plain = await sharp(samples, { raw: { width, height, channels: 3 } })
    .png()
    .toBuffer();
  const made = chunks.map(([type, content]) => {
    const body = Buffer.concat([Buffer.from(type), content]);
    const frame = Buffer.alloc(8);
    frame.writeUInt32BE(content.length, 0);
    frame.writeUInt32BE(crc32(body), 4);
    return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)]);
  });
  return Buffer.concat([plain.subarray(0, 33), ...made, plain.subarray(33)]);
};

async function file(name: string, bytes: Uint8Array): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, bytes);
  return path;
}

const open = (path: string): Promise<Photo> => openPhoto(path, { maxMegapixels: 10, scratch: folder });
const said = (sentences: Photo['lost']): string => sentences.map(english.tell).join(' ');

describe('a photo without colour', () => {
  const level = (pixel: number): number => (pixel * 7) % 240;
  const isGrey = (samples: Samples): Promise<boolean> => isColourless(memoryPixels(format, samples));

  it('is one whose pixels are all about grey; sepia and one red spot are colour', async () => {
    expect(await isGrey(photo((pixel) => [level(pixel), level(pixel), level(pixel)]))).toBe(true);
    expect(await isGrey(photo((pixel) => [level(pixel) + (pixel % 3), level(pixel) + 1, level(pixel) + ((pixel + 1) % 3)]))).toBe(true);
    expect(await isGrey(photo((pixel) => [level(pixel) + 3, level(pixel) + 2, level(pixel)]))).toBe(false);
    expect(await isGrey(photo((pixel) => (pixel === 777 ? [200, 0, 0] : [level(pixel), level(pixel), level(pixel)])))).toBe(false);
  });

  it('stays without, whatever a model makes of it', async () => {
    const grey = await passageOf({
      pixels: memoryPixels(
        format,
        photo(() => [90, 90, 90]),
      ),
      tone: null,
    });
    expect([...grey.finish(Uint8Array.of(10, 20, 30, 255, 251, 255))]).toEqual([20, 20, 20, 254, 254, 254]);
    const coloured = await passageOf({
      pixels: memoryPixels(
        format,
        photo(() => [90, 80, 90]),
      ),
      tone: null,
    });
    expect([...coloured.finish(Uint8Array.of(10, 20, 30))]).toEqual([10, 20, 30]);
  });
});

/** A profile of RGB with sRGB's primaries and another curve: `gamma` in 256ths. */
async function profileOf(gamma: number): Promise<Buffer> {
  const icc = Buffer.from(await builtInProfile('srgb'));
  for (let at = 132; at < 132 + 12 * icc.readUInt32BE(128); at += 12) {
    if (!icc.toString('latin1', at, at + 4).endsWith('TRC')) continue;
    const start = icc.readUInt32BE(at + 4);
    icc.write('curv\0\0\0\0\0\0\0\x01', start, 'latin1');
    icc.writeUInt16BE(gamma, start + 12);
  }
  return icc;
}

const iccChunk = (icc: Uint8Array): [string, Uint8Array] => ['iCCP', Buffer.concat([Buffer.from('icc\0\0'), deflateSync(icc)])];

describe('values that are not about those of sRGB', () => {
  const samples = photo((pixel) => [pixel % 256, (pixel * 3) % 256, (pixel * 5) % 256]);

  it.each([
    ['a linear profile', async () => iccChunk(await profileOf(256))],
    ['a linear gAMA', () => Promise.resolve<[string, Uint8Array]>(['gAMA', Buffer.of(0, 1, 0x86, 0xa0)])],
  ])('%s: models see them as sRGB has them, and results have them back', async (_, chunk) => {
    const source = await open(await file('linear.png', await png(samples, await chunk())));
    const { pixels, finish } = await passageOf(source);
    const seen = await pixels.readRows(0, height);
    // 18 % of the light is about the middle of sRGB.
    expect(seen[46 * 3]).toBe(118);
    const back = finish(seen.slice());
    expect(Math.max(...back.map((value, at) => Math.abs(value - (samples[at] ?? 0))))).toBeLessThanOrEqual(1);
    await source.close();
  });

  it.each([1.8, 2.2, 2.4])('a gamma of %d is left as it is', async (gamma) => {
    const source = await open(await file('gamma.png', await png(samples, iccChunk(await profileOf(Math.round(gamma * 256))))));
    expect(source.tone).toBeNull();
    await source.close();
  });
});

describe('a damaged profile', () => {
  it('is never written into a result, and told', async () => {
    const icc = Buffer.from(await builtInProfile('p3'));
    const longer = Buffer.from(icc);
    longer.writeUInt32BE(icc.length + 40, 0);
    const samples = photo((pixel) => [pixel % 256, 100, 50]);
    const jpeg = await sharp(samples, { raw: { width, height, channels: 3 } })
      .jpeg()
      .toBuffer();
    const segment = (profile: Uint8Array, of: number): Buffer => {
      const payload = Buffer.concat([Buffer.from('ICC_PROFILE\0'), Buffer.of(1, of), profile]);
      return Buffer.concat([
        jpeg.subarray(0, 2),
        Buffer.of(0xff, 0xe2, (payload.length + 2) >> 8, (payload.length + 2) & 255),
        payload,
        jpeg.subarray(2),
      ]);
    };
    for (const [name, bytes, isWhole] of [
      ['good.png', await png(samples, iccChunk(icc)), true],
      // libpng does not give it.
      ['length.png', await png(samples, iccChunk(longer)), null],
      ['cut.png', await png(samples, iccChunk(icc.subarray(0, 300))), false],
      ['good.jpg', segment(icc, 1), true],
      ['length.jpg', segment(longer, 1), true],
      ['cut.jpg', segment(icc.subarray(0, 300), 1), false],
      ['part-missing.jpg', segment(icc.subarray(0, 300), 2), false],
    ] as const) {
      const to = join(folder, `result-${name}`);
      const written = await doublePhoto(await file(name, bytes), { destination: to, format: name.endsWith('png') ? 'png' : 'jpeg' });
      const found = (await sharp(to).metadata()).icc;
      expect(said(written.lost).includes('ICC profile: it is damaged'), name).toBe(found === undefined);
      if (found !== undefined) expect(found.readUInt32BE(0), name).toBe(found.length);
      if (isWhole !== null) expect(found !== undefined, name).toBe(isWhole);
    }
  });
});

describe('HDR', () => {
  const samples = photo((pixel) => [pixel % 200, 90, 60]);
  it.each([
    ['PQ', 16],
    ['HLG', 18],
  ] as const)('%s is told before the work, and is carried on where the format can', async (name, transfer) => {
    const coded: [string, Uint8Array] = ['cICP', Buffer.of(9, transfer, 0, 1)];
    const source = await file(`${name}.png`, await png(samples, coded));
    expect(said((await inspectPhoto(source, { maxMegapixels: 1 })).notes ?? [])).toContain(`HDR (BT.2020, ${name})`);
    const avif = join(folder, `${name}.avif`);
    expect(said((await doublePhoto(source, { destination: avif, format: 'avif' })).kept)).toContain('Colour description');
    expect(said((await inspectPhoto(avif, { maxMegapixels: 1 })).notes ?? [])).toContain(`HDR (BT.2020, ${name})`);
    const again = join(folder, `again-${name}.png`);
    await doublePhoto(avif, { destination: again, format: 'png' });
    expect(said((await inspectPhoto(again, { maxMegapixels: 1 })).notes ?? [])).toContain(`HDR (BT.2020, ${name})`);
    const back = await open(again);
    const [before, after] = [samples.subarray(0, 3), (await back.pixels.readRows(0, 1)).subarray(0, 3)];
    expect(Math.max(...before.map((value, at) => Math.abs(value - (after[at] ?? 0))))).toBeLessThan(12);
    await back.close();
    const jpeg = await doublePhoto(source, { destination: join(folder, `${name}.jpg`), format: 'jpeg' });
    expect(said(jpeg.lost)).toContain(`Colour description (BT.2020, ${name})`);
  });
});
