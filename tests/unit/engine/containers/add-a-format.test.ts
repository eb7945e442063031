import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { markText, roomForExifAndXmp, type Block, type OutputContainer } from '../../../../src/engine/containers/container.ts';
import { gif } from '../../../../src/engine/containers/gif.ts';
import { containers } from '../../../../src/engine/containers/table.ts';
import type { Bytes } from '../../../../src/engine/image/file-bytes.ts';
import { hasMark, inspectPhoto } from '../../../../src/engine/photo/inspect.ts';
import { checkFormat, checkRoom } from '../../../../src/engine/photo/limits.ts';
import { outputFormats, type OutputFormat } from '../../../../src/shared/output-formats.ts';
import { english } from '../../../../src/shared/sentence.ts';
import { doublePhoto, temporaryFolder } from '../../../support/photo-files.ts';
import { sourceFiles } from '../../../support/source-files.ts';

/**
 * What adding an output format takes: its row, and its object. Here GIF, which is only read, learns to be written, and goes through the
 * whole path: encoded, taken apart, put together, verified, known again, limited in size, and written over by its next result.
 */
const name = 'gif' as OutputFormat;
const row = {
  label: 'GIF',
  extension: 'gif',
  alsoNamed: [],
  mimeTypes: ['image/gif'],
  maxSide: 65_535,
  bits: [8],
  alpha: false,
  quality: 80,
};

const trailer = 0x3b;
const comment = Buffer.concat([Buffer.of(0x21, 0xfe, markText.length), markText, Buffer.of(0)]);

/** Only the comment that the test writes: the last block before the trailer. */
function walk(file: Bytes): Block[] {
  const offset = file.length - 1 - comment.length + 3;
  return file.read(offset - 3, 2).equals(Buffer.of(0x21, 0xfe)) ? [{ kind: 'comment', offset, bytes: markText.length, holds: 'mark' }] : [];
}

const written: OutputContainer = {
  ...gif,
  walk,
  room: { ...roomForExifAndXmp, exif: 0, xmp: () => false },
  colourOnly: true,
  lossless: false,
  failOn: 'warning',
  mostBytesPerPixel: () => 1,
  likelyBytesPerPixel: 0.5,
  encoderBytesPerPixel: 4,
  write: {
    encode: (image) => image.gif(),
    parts: (encoded) => [{ from: 0, length: encoded.length - 1 }, comment, Buffer.of(trailer)],
  },
};

beforeAll(() => {
  Object.assign(outputFormats, { gif: row });
  Object.assign(containers, { gif: written });
});
afterAll(() => {
  Reflect.deleteProperty(outputFormats, name);
  Object.assign(containers, { gif });
});

async function source(folder: string): Promise<string> {
  const path = join(folder, 'photo.jpg');
  const samples = Uint8Array.from({ length: 60 * 40 * 3 }, (_, i) => Math.floor(i / 180) * 4);
  await sharp(samples, { raw: { width: 60, height: 40, channels: 3 } })
    .withExif({ IFD0: { Artist: 'somebody' } })
    .jpeg()
    .toFile(path);
  return path;
}

it('a photo is written in a format that has a row and a container, whole and verified', async () => {
  const folder = await temporaryFolder();
  const destination = join(folder, 'result.gif');
  const report = await doublePhoto(await source(folder), { destination, format: name });
  expect(report).toMatchObject({ path: destination, quality: 80 });
  expect(report.lost.map(english.tell).join()).toContain('more than GIF can hold');
  expect(await inspectPhoto(destination, { maxMegapixels: 1 })).toMatchObject({ format: 'gif', width: 120, height: 80 });
  expect(await hasMark(destination)).toBe(true);
  await doublePhoto(await source(folder), { destination, format: name, onCollision: 'overwrite-result' });
});

it('a file of the same format that is not ours is left alone', async () => {
  const folder = await temporaryFolder();
  const destination = join(folder, 'theirs.gif');
  await sharp(await source(folder))
    .gif()
    .toFile(destination);
  expect(await hasMark(destination)).toBe(false);
  await expect(doublePhoto(await source(folder), { destination, format: name, onCollision: 'overwrite-result' })).rejects.toMatchObject({
    code: 'would-overwrite-original',
  });
});

it('and its limits are asked for', async () => {
  expect(() => {
    checkFormat({ width: 65_536, height: 1, format: name });
  }).toThrow('GIF holds 65535 at most');
  const folder = await temporaryFolder();
  await writeFile(join(folder, 'x'), '');
  const huge = { width: 60_000, height: 60_000, format: name, channels: 3, bits: 8, folder, scratch: folder } as const;
  await checkRoom({ ...huge, width: 100 });
});

it.each(['webp', 'avif'])('%s is named by its row, its file and its line of the table, and nowhere else', async (format) => {
  const naming = new RegExp(`'${format}'|/${format}\\.ts'|\\b${format}:`);
  const paths = (await sourceFiles()).filter(({ path, text }) => !path.endsWith('.json') && naming.test(text)).map(({ path }) => path);
  const own = `src/engine/containers/${format}.ts`;
  expect(paths.filter((path) => path !== own)).toEqual(['src/engine/containers/table.ts', 'src/shared/output-formats.ts']);
});
