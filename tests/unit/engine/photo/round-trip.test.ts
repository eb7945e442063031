import { execFileSync } from 'node:child_process';
import { stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import sharp, { type Sharp } from 'sharp';
import { describe, expect, it } from 'vitest';
import { outputFormatNames, outputFormats } from '../../../../src/shared/output-formats.ts';
import { english } from '../../../../src/shared/sentence.ts';
import { hasMark } from '../../../../src/engine/photo/inspect.ts';
import { doublePhoto, temporaryFolder } from '../../../support/photo-files.ts';
import { needs } from '../../../support/needs.ts';

type Tags = Record<string, unknown>;
const tagsOf = (path: string): Tags =>
  (JSON.parse(execFileSync('exiftool', ['-json', '-a', '-G1', '-s', path]).toString()) as Tags[])[0] ?? {};

/** A photo with all kinds of metadata, stored sideways, in Display P3, with a thumbnail. */
async function fixture(folder: string): Promise<string> {
  const path = join(folder, 'source.jpg');
  const thumbnail = join(folder, 'thumbnail.jpg');
  const pixels = Uint8Array.from({ length: 96 * 64 * 3 }, (_, i) => (i * 31) % 251);
  const image = (): Sharp => sharp(pixels, { raw: { width: 96, height: 64, channels: 3 } });
  await image().withIccProfile('p3').jpeg({ quality: 85 }).toFile(path);
  await image().resize(16).jpeg().toFile(thumbnail);
  const tags = [
    'Make=Onestep',
    'Model=Test',
    'Artist=Zoë',
    'Copyright=CC0',
    'DateTimeOriginal=2024:01:02 03:04:05',
    'ExposureTime=1/125',
    'FNumber=2.8',
    'ISO=200',
    'LensModel=50 mm',
    'GPSLatitude=48.2',
    'GPSLatitudeRef=N',
    'GPSLongitude=16.3',
    'GPSLongitudeRef=E',
    'ExifImageWidth=96',
    'ExifImageHeight=64',
    'UserComment=seen',
    'Orientation#=6',
    'XResolution=240',
    'YResolution=240',
    'ResolutionUnit=inches',
    'InteropIndex=R98',
    'XMP-dc:Title=Hello ☃',
    'XMP-dc:Subject=one',
    'XMP-dc:Subject=two',
    'XMP-xmp:Rating=4',
    'XMP-tiff:Orientation#=6',
    'XMP-exif:ExifImageWidth=96',
    'IPTC:Keywords=key',
    'IPTC:Caption-Abstract=A caption',
    'IPTC:City=Wien',
    `ThumbnailImage<=${thumbnail}`,
  ];
  execFileSync('exiftool', ['-q', '-overwrite_original', ...tags.map((tag) => `-${tag}`), path]);
  await utimes(path, new Date('2024-05-06T07:08:09Z'), new Date('2023-04-05T06:07:08Z'));
  return path;
}

/** Tags of groups that describe the file or its coding, which differ between formats. */
const isCoding = (tag: string): boolean =>
  !/^(IFD0|ExifIFD|GPS|InteropIFD|XMP-|IPTC|ICC|Photoshop)/.test(tag) ||
  /^IFD0:(ImageWidth|ImageHeight|BitsPerSample|Compression|Photometric|YCbCr|Planar|RowsPerStrip|Sample|Strip)/.test(tag);

/** The only tags that may change, and their new values. */
const changed: Tags = {
  'IFD0:Orientation': 'Horizontal (normal)',
  'XMP-tiff:Orientation': 'Horizontal (normal)',
  'ExifIFD:ExifImageWidth': 128,
  'ExifIFD:ExifImageHeight': 192,
  'XMP-exif:ExifImageWidth': 128,
};

describe('metadata', needs('exiftool'), () => {
  for (const format of outputFormatNames) {
    it(`goes into ${format} whole, or the report says what does not`, async () => {
      const folder = await temporaryFolder();
      const source = await fixture(folder);
      const destination = join(folder, `result.${outputFormats[format].extension}`);
      const report = await doublePhoto(source, { destination, format });

      const before = tagsOf(source);
      const after = tagsOf(destination);
      const lines = report.lost.map(english.tell);
      const lost = (tag: string): boolean =>
        (tag.startsWith('IPTC') && lines.some((line) => line.startsWith('IPTC'))) ||
        (tag.startsWith('Photoshop') && lines.some((line) => line.startsWith('Photoshop')));
      // Those that speak of JPEG alone.
      const isForeign = (tag: string): boolean =>
        format === 'tiff' && /^(ExifIFD:(ExifImage|ComponentsConfiguration)|InteropIFD)/.test(tag);
      // In TIFF the records have a tag of their own and no digest elsewhere.
      const expected = Object.fromEntries(
        Object.entries({ ...before, ...changed }).filter(
          ([tag]) => !isCoding(tag) && !isForeign(tag) && !lost(tag) && !(format !== 'jpeg' && tag.startsWith('Photoshop')),
        ),
      );
      const found = Object.fromEntries(Object.entries(after).filter(([tag]) => !isCoding(tag)));
      expect(found).toEqual(expected);
      expect(Object.keys(expected).length).toBeGreaterThan(40);
      expect(Object.keys(after).filter((tag) => tag.startsWith('IFD1') || tag.endsWith('Warning') || tag.endsWith('Error'))).toEqual([]);
      expect(lines.some((line) => line.startsWith('EXIF thumbnail'))).toBe(true);
      expect(lines.some((line) => line.startsWith('IPTC'))).toBe(format === 'webp' || format === 'avif');

      const header = await sharp(destination).metadata();
      expect([header.width, header.height, header.orientation ?? 1]).toEqual([128, 192, 1]);
      expect(Buffer.compare(header.icc ?? Buffer.alloc(0), (await sharp(source).metadata()).icc ?? Buffer.alloc(1))).toBe(0);
      expect((await stat(destination)).mtime.toISOString()).toBe('2023-04-05T06:07:08.000Z');
      expect([await hasMark(destination), await hasMark(source)]).toEqual([true, false]);

      // A second generation loses no more.
      const again = join(folder, `again.${outputFormats[format].extension}`);
      await doublePhoto(destination, { destination: again, format });
      const second = tagsOf(again);
      const gone = Object.keys(found).filter((tag) => !(tag in second));
      expect(gone).toEqual([]);
    });
  }

  it('keeps EXIF, XMP and profile of HEIC-like files, and those of TIFF files, in JPEG', async () => {
    const folder = await temporaryFolder();
    const source = await fixture(folder);
    for (const format of ['avif', 'tiff', 'png', 'webp'] as const) {
      const middle = join(folder, `middle.${outputFormats[format].extension}`);
      await doublePhoto(source, { destination: middle, format });
      const end = join(folder, `${format}.jpg`);
      await doublePhoto(middle, { destination: end, format: 'jpeg' });
      const tags = tagsOf(end);
      expect(tags).toMatchObject({
        'IFD0:Artist': 'Zoë',
        'ExifIFD:LensModel': '50 mm',
        'XMP-dc:Title': 'Hello ☃',
        'GPS:GPSLatitudeRef': 'North',
      });
      expect(tags['ICC_Profile:ProfileDescription'] ?? tags['ICC-header:ProfileClass']).toBeDefined();
    }
  });

  it('writes another resolution into every place that states one', async () => {
    const folder = await temporaryFolder();
    const destination = join(folder, 'print.jpg');
    await doublePhoto(await fixture(folder), { destination, format: 'jpeg', dpi: 300 });
    expect(tagsOf(destination)).toMatchObject({
      'JFIF:XResolution': 300,
      'JFIF:ResolutionUnit': 'inches',
      'IFD0:XResolution': 300,
      'IFD0:YResolution': 300,
    });
  });
});
