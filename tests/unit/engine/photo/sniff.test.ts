import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { sniffBytes, sniffFile } from '../../../../src/engine/photo/sniff.ts';
import { temporaryFolder } from '../../../support/photo-files.ts';
import { english } from '../../../../src/shared/sentence.ts';

const bytes = (text: string): Uint8Array => Buffer.from(text, 'latin1');

const unsupportedName = (head: string): string => {
  const found = sniffBytes(bytes(head));
  return found !== null && typeof found === 'object' ? english.tell(found.unsupported) : '';
};

describe('sniffBytes', () => {
  it.each([
    ['\xff\xd8\xff\xe0', 'jpeg'],
    ['\x89PNG\r\n\x1a\n', 'png'],
    ['RIFF\x10\0\0\0WEBPVP8 ', 'webp'],
    ['GIF89a', 'gif'],
    ['II*\0\x08\0\0\0\0\0', 'tiff'],
    ['MM\0*', 'tiff'],
    ['II+\0', 'tiff'],
    ['\0\0\0\x18ftypmif1\0\0\0\0mif1avif', 'avif'],
    ['\0\0\0\x18ftypmif1\0\0\0\0mif1heic', 'heic'],
    ['\0\0\0\x18ftypheix\0\0\0\0mif1heix', 'heic'],
    ['\xff\x0a\xfa', 'jxl'],
    ['\0\0\0\x0cJXL \r\n\x87\n', 'jxl'],
  ])('knows %j as %s', (head, format) => expect(sniffBytes(bytes(head))).toBe(format));

  it.each([
    ['8BPS\0\x01', 'Photoshop'],
    ['%PDF-1.7', 'PDF'],
    ['<svg xmlns=""/>', 'SVG'],
    ['\xef\xbb\xbf<?xml version="1.0"?>\n<!-- x -->\n<svg >', 'SVG'],
    ['II*\0\x10\0\0\0CR\x02\0', 'Canon raw'],
    ['FUJIFILMCCD-RAW 0201', 'Fujifilm raw'],
    ['\0\0\0\x0cjP  \r\n\x87\n', 'JPEG 2000'],
    ['\0\0\0\x14ftypisom', 'video'],
  ])('names %j as unsupported: %s', (head, name) => expect(unsupportedName(head)).toContain(name));

  it.each(['', 'hello', 'RIFF\x10\0\0\0WAVE', '<html>', '\xff\xd8'])('takes %j for nothing', (head) =>
    expect(sniffBytes(bytes(head))).toBeNull(),
  );
});

describe('sniffFile', () => {
  it('says in words what is wrong', async () => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, 'empty.jpg'), '');
    await writeFile(join(folder, 'drawing.png'), '<svg></svg>');
    await expect(sniffFile(join(folder, 'none.jpg'))).rejects.toMatchObject({ code: 'not-found' });
    await expect(sniffFile(folder)).rejects.toMatchObject({ code: 'not-an-image' });
    await expect(sniffFile(join(folder, 'empty.jpg'))).rejects.toMatchObject({ code: 'not-an-image', message: 'The file is empty.' });
    await expect(sniffFile(join(folder, 'drawing.png'))).rejects.toMatchObject({
      code: 'unsupported-image',
      message: 'The file is an SVG drawing.',
    });
  });
});
