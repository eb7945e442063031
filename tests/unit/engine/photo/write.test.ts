import { join } from 'node:path';
import { readFile, readdir, writeFile } from 'node:fs/promises';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { outputFormatNames, outputFormats } from '../../../../src/shared/output-formats.ts';
import { english } from '../../../../src/shared/sentence.ts';
import { verifyResult } from '../../../../src/engine/photo/verify.ts';
import { checkFormat, checkRoom } from '../../../../src/engine/photo/limits.ts';
import { openPhoto } from '../../../../src/engine/photo/open.ts';
import { doublePhoto, repeated, temporaryFolder } from '../../../support/photo-files.ts';

const width = 64;
const height = 48;
const extension = (format: keyof typeof outputFormats): string => outputFormats[format].extension;

async function png(folder: string, channels: 1 | 3, alpha: boolean, bits: 8 | 16): Promise<string> {
  const all = channels + (alpha ? 1 : 0);
  const samples = new (bits === 16 ? Uint16Array : Uint8Array)(width * height * all).map((_, i) => {
    const x = Math.floor(i / all) % width;
    if (alpha && i % all === channels) return x < width / 2 ? 0 : 2 ** bits - 1;
    return (x * (bits === 16 ? 1021 : 4) + (i % all) * 7) % 2 ** bits;
  });
  const path = join(folder, 'source.png');
  const space = { '1-8': 'b-w', '1-16': 'grey16', '3-8': 'srgb', '3-16': 'rgb16' }[
    `${channels === 1 ? '1' : '3'}-${bits === 8 ? '8' : '16'}`
  ];
  // A raw 16-bit input is taken for sRGB unless it is said otherwise before the pipeline.
  const raw = sharp(samples, { raw: { width, height, channels: all as 1 | 2 | 3 | 4 } });
  await (bits === 16 ? raw.pipelineColourspace(space).toColourspace(space) : raw.toColourspace(space)).png().toFile(path);
  return path;
}

describe('writePhoto', () => {
  for (const format of outputFormatNames) {
    for (const [channels, alpha, bits] of [
      [3, false, 8],
      [1, false, 8],
      [3, true, 8],
      [3, false, 16],
      [1, true, 16],
    ] as const) {
      it(`${format} from ${channels} channels${alpha ? ' with alpha' : ''} of ${bits} bits`, async () => {
        const folder = await temporaryFolder();
        const destination = join(folder, `r.${extension(format)}`);
        const report = await doublePhoto(await png(folder, channels, alpha, bits), { destination, format });
        const header = await sharp(destination).metadata();
        expect([header.width, header.height]).toEqual([width * 2, height * 2]);
        const keepsDepth = format === 'png' || format === 'tiff';
        expect(header.depth).toBe(bits === 16 && keepsDepth ? 'ushort' : 'uchar');
        expect(header.hasAlpha).toBe(alpha && format !== 'jpeg');
        expect(report.converted.map(english.tell).some((line) => line.startsWith('16 bits'))).toBe(bits === 16 && !keepsDepth);
        expect(report.converted.map(english.tell).some((line) => line.startsWith('Transparency'))).toBe(alpha && format === 'jpeg');
        expect(report.kept.map(english.tell).includes('Transparency')).toBe(alpha && format !== 'jpeg');
        if (alpha && format === 'jpeg') {
          const corner = await sharp(destination).extract({ left: 4, top: 4, width: 1, height: 1 }).raw().toBuffer();
          expect(corner[0]).toBeGreaterThan(250);
        }
        expect((await readdir(folder)).toSorted()).toEqual([`r.${extension(format)}`, 'source.png']);
      });
    }
  }

  it('keeps 16-bit values exactly', async () => {
    const folder = await temporaryFolder();
    const source = await png(folder, 3, false, 16);
    for (const format of ['png', 'tiff'] as const) {
      const destination = join(folder, `r.${extension(format)}`);
      await doublePhoto(source, { destination, format });
      const [before, after] = [
        await openPhoto(source, { maxMegapixels: 1, scratch: folder }),
        await openPhoto(destination, { maxMegapixels: 1, scratch: folder }),
      ];
      const row = await before.pixels.readRows(3, 1);
      const doubled = await after.pixels.readRows(7, 1);
      expect(new Set(row).size).toBeGreaterThan(150);
      for (let i = 0; i < doubled.length; i++) expect(doubled[i]).toBe(row[Math.floor(i / 6) * 3 + (i % 3)]);
    }
  });

  it.each([
    [3, true, 8],
    [1, false, 16],
  ] as const)('deflates a TIFF of %i channels without a change, where that is asked for', async (channels, alpha, bits) => {
    const folder = await temporaryFolder();
    const source = await png(folder, channels, alpha, bits);
    const [plain, small] = [join(folder, 'plain.tif'), join(folder, 'small.tif')];
    await doublePhoto(source, { destination: plain, format: 'tiff' });
    const { fileBytes } = await doublePhoto(source, {
      destination: small,
      format: 'tiff',
      choices: { compression: 'deflate', effort: 'fast' },
    });
    const pixels = (path: string): Promise<Buffer> => sharp(path).raw({ depth: 'ushort' }).toBuffer();
    expect(fileBytes).toBeLessThan(0.7 * (await readFile(plain)).length);
    expect((await pixels(small)).equals(await pixels(plain))).toBe(true);
  });

  it('spreads 8 bits over 16 where these are asked for', async () => {
    const folder = await temporaryFolder();
    const source = await png(folder, 3, false, 8);
    const [own, deep] = [
      await openPhoto(source, { maxMegapixels: 1, scratch: folder }),
      await openPhoto(source, { maxMegapixels: 1, scratch: folder, bits: 16 }),
    ];
    expect(deep.pixels.bits).toBe(16);
    expect([...(await deep.pixels.readRows(3, 2))]).toEqual([...(await own.pixels.readRows(3, 2))].map((value) => value * 257));
  });

  it('resamples to the size that is asked for', async () => {
    const folder = await temporaryFolder();
    const source = await png(folder, 3, true, 8);
    for (const format of ['jpeg', 'tiff'] as const) {
      const destination = join(folder, `r.${extension(format)}`);
      await doublePhoto(source, { destination, format, width: 100, height: 75 });
      expect(await sharp(destination).metadata()).toMatchObject({ width: 100, height: 75, hasAlpha: format === 'tiff' });
    }
  });

  it('matches the quality of a JPEG source, but not below 80', async () => {
    const folder = await temporaryFolder();
    for (const [saved, matched] of [
      [95, 95],
      [50, 80],
    ] as const) {
      const source = join(folder, 'source.jpg');
      await sharp(await png(folder, 3, false, 8))
        .jpeg({ quality: saved })
        .toFile(source);
      expect((await doublePhoto(source, { destination: join(folder, 'r.jpg'), format: 'jpeg' })).quality).toBe(matched);
    }
  });
});

describe('verifyResult', () => {
  it.each(['jpeg', 'png', 'webp'] as const)('notices a %s that was cut off or changed', async (format) => {
    const folder = await temporaryFolder();
    const source = await png(folder, 3, false, 8);
    const destination = join(folder, `r.${extension(format)}`);
    await doublePhoto(source, { destination, format });
    const photo = await openPhoto(source, { maxMegapixels: 1, scratch: folder });
    const pixels = await repeated(photo.pixels, 2, join(folder, 'p.tif'));
    const picture = {
      ...shapeOf(pixels),
      path: pixels.path,
      alpha: false,
      readRows: (top: number, rows: number) => pixels.readRows(top, rows),
      close: () => pixels.close(),
    };
    const expected = { format, bits: 8, quality: 92, sameColours: true } as const;
    await verifyResult(destination, picture, expected);
    const bytes = await readFile(destination);
    await writeFile(destination, bytes.subarray(0, bytes.length - Math.floor(bytes.length / 3)));
    await expect(verifyResult(destination, picture, expected)).rejects.toMatchObject({ code: 'not-verified' });
    await sharp(bytes).linear(0.5, 0).toFormat(format).toFile(destination);
    await expect(verifyResult(destination, picture, expected)).rejects.toMatchObject({ code: 'not-verified' });
    await pixels.close();
  });
});

const shapeOf = ({ width: across, height: down, channels, bits }: { width: number; height: number; channels: 1 | 3; bits: 8 | 16 }) => ({
  width: across,
  height: down,
  channels,
  bits,
});

describe('limits', () => {
  it('names the formats that can hold what this one cannot', () => {
    expect(() => {
      checkFormat({ width: 70_000, height: 10, format: 'jpeg' });
    }).toThrow(expect.objectContaining({ code: 'too-large-for-format', advice: expect.stringContaining('PNG, TIFF') as string }) as Error);
    checkFormat({ width: 65_500, height: 10, format: 'jpeg' });
  });

  it('refuses what the disk cannot take, and looks at the parent of a folder that is yet to be made', async () => {
    const folder = await temporaryFolder();
    const plan = { format: 'tiff', channels: 3, bits: 16, folder: join(folder, 'new', 'er'), scratch: folder } as const;
    await checkRoom({ ...plan, width: 100, height: 100 });
    await expect(checkRoom({ ...plan, width: 20_000_000, height: 20_000_000 })).rejects.toMatchObject({ code: 'not-enough-disk' });
    await expect(checkRoom({ ...plan, format: 'webp', width: 16_383, height: 16_384 })).rejects.toMatchObject({
      code: 'too-large-for-format',
    });
  });
});
