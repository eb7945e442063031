import { execFileSync } from 'node:child_process';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { numbersEntry } from '../../../../src/engine/tiff/write.ts';
import * as make from '../../../support/metadata-files.ts';
import { needs } from '../../../support/needs.ts';

describe('what announces other parts', needs('exiftool'), () => {
  it('goes with the film of a motion photo, which is told', async () => {
    const directory =
      '<Container:Directory><rdf:Seq><rdf:li rdf:parseType="Resource"><Container:Item Item:Semantic="MotionPhoto" Item:Mime="video/mp4"/></rdf:li></rdf:Seq></Container:Directory>';
    const xmp = make.packet('GCamera:MotionPhoto="1" GCamera:MicroVideoOffset="1024" dc:source="stays"', directory);
    const { tags, lost } = await make.doubled('a.jpg', await make.jpegWith([make.xmpSegment(xmp)], make.film()));
    expect(Object.keys(tags).filter((tag) => /GCamera|Container/.test(tag))).toEqual([]);
    expect(tags['XMP-dc:Source']).toBe('stays');
    expect(lost).toEqual(['Video: the moving part of the photo stays in the original.']);
  });

  it('goes with a gain map, of which XMP and IPTC are independent', async () => {
    const map = await make.jpegWith([make.xmpSegment(make.packet('hdrgm:Version="1.0"'))]);
    const index = (total: number, at: number): Buffer => {
      const entry = (...numbers: number[]): number[] => numbers.flatMap((n) => [n >>> 24, (n >> 16) & 255, (n >> 8) & 255, n & 255]);
      const list = Buffer.from([...entry(0x30000, total, 0, 0), ...entry(0, map.length, at, 0)]);
      const head = Buffer.from(
        'MPF\0MM\0*\0\0\0\x08\0\x03\xb0\0\0\x07\0\0\0\x04' +
          '0100' +
          '\xb0\x01\0\x04\0\0\0\x01\0\0\0\x02\xb0\x02\0\x07\0\0\0\x20\0\0\0\x32\0\0\0\0',
        'latin1',
      );
      return make.segment(0xe2, head, list);
    };
    const before = [
      make.xmpSegment(make.packet('hdrgm:Version="1.0" dc:source="stays"')),
      make.segment(0xed, 'Photoshop 3.0\0', make.iptcResourceOf('word')),
    ];
    const { length } = await make.jpegWith([...before, index(0, 0)]);
    const base = 2 + before.reduce((sum, part) => sum + part.length, 0) + 4 + 4;
    const { tags, kept, lost } = await make.doubled('a.jpg', await make.jpegWith([...before, index(length, length - base)], map));
    expect(tags).toMatchObject({ 'XMP-dc:Source': 'stays', 'IPTC:Keywords': 'word' });
    expect(Object.keys(tags).filter((tag) => /hdrgm/i.test(tag))).toEqual([]);
    expect(kept).toEqual(expect.arrayContaining(['XMP', 'IPTC']));
    expect(lost).toEqual(['The HDR gain map is left out: the result is the standard-range picture.']);
  });

  it('goes with the film of a Live Photo', async () => {
    const note = Buffer.concat([
      Buffer.from('Apple iOS\0\0\x01MM\0\x02', 'latin1'),
      Buffer.from([0, 0x11, 0, 2, 0, 0, 0, 37, 0, 0, 0, 44, 0, 0x0a, 0, 9, 0, 0, 0, 1, 0, 0, 0, 3, 0, 0, 0, 0]),
      Buffer.from('01234567-89AB-CDEF-0123-456789ABCDEF\0', 'latin1'),
    ]);
    const block = make.exifBlock([make.text(0x010f, 'Apple')], [{ tag: 0x927c, type: 7, count: note.length, bytes: note }]);
    const { tags, lost } = await make.doubled('a.jpg', await make.jpegWith([make.exifSegment(block)]));
    expect(tags).toMatchObject({ 'Apple:HDRImageType': 3 });
    expect(Object.keys(tags).filter((tag) => /ContentIdentifier|MediaGroup/.test(tag))).toEqual([]);
    expect(lost).toEqual(['Link to the video of the Live Photo: the video belongs to the original.']);
  });

  it('content credentials, segments of makers and what lies behind the end are told, camera notes are kept', async () => {
    const store = make.box('jumb', make.box('jumd', Buffer.from('c2pa\0\x11\0\x10\x80\0\0\xaa\0\x38\x9b\x71\x03c2pa\0', 'latin1')));
    const notes = 'OLYMPUS OPTICAL CO.,LTD.\0[camera info]\r\nTimeDate=978307200\r\n';
    const parts = [make.segment(0xeb, 'JP\0\x01\0\0\0\x01', store), make.segment(0xe6, 'GoPro\0DEVC'), make.segment(0xec, notes)];
    const { kept, lost, result } = await make.doubled('a.jpg', await make.jpegWith(parts, Buffer.from('a tail')));
    expect(lost.toSorted()).toEqual([
      '6 bytes behind the end of the picture.',
      'Content credentials: they vouch for the original only.',
      'Not carried over from the file: APP6 (GoPro).',
    ]);
    expect(kept).toContain('Camera notes');
    expect(execFileSync('exiftool', ['-s', '-s', '-s', '-APP12:all', result]).toString()).toContain('2001:01:01');
  });
});

describe('formats', needs('exiftool'), () => {
  it('PNG: IPTC bare or in resources, compressed XMP, resolution of two axes, none without a unit, colour beside a profile', async () => {
    for (const block of [make.keywords('word'), make.iptcResourceOf('word')]) {
      const { tags, lost } = await make.doubled('a.png', await make.pngWith(make.rawProfileChunk('iptc', 'IPTC profile', block)));
      expect([tags['IPTC:Keywords'], lost]).toEqual(['word', []]);
    }
    const density = (unit: number): Buffer => make.chunk('pHYs', Buffer.from([0, 0, 0x2e, 0x23, 0, 0, 0x17, 0x12, unit]));
    const metric = await make.doubled('a.png', await make.pngWith(density(1)));
    expect(metric.tags).toMatchObject({ 'PNG-pHYs:PixelsPerUnitX': 0x2e23, 'PNG-pHYs:PixelsPerUnitY': 0x1712 });
    expect((await make.doubled('a.png', await make.pngWith(density(0)))).kept).not.toContain('DPI');
    const profile = await sharp(await make.plainPng())
      .withIccProfile('p3')
      .png()
      .toBuffer();
    const coded = Buffer.concat([profile.subarray(0, 33), make.chunk('cICP', Buffer.of(12, 13, 0, 1)), profile.subarray(33)]);
    expect((await make.doubled('a.png', coded)).tags).toMatchObject({ 'PNG-cICP:ColorPrimaries': 12, 'ICC-header:ProfileClass': 'mntr' });
    const odd = await make.doubled('a.png', await make.pngWith(make.chunk('teSt', Buffer.from('x')), make.chunk('caBX', Buffer.from('x'))));
    expect(odd.lost).toEqual(['Content credentials: they vouch for the original only.', 'Not carried over from the file: teSt.']);
  });

  it('PNG: further frames of an animation are told', async () => {
    const control = make.chunk('acTL', Buffer.from([0, 0, 0, 3, 0, 0, 0, 0]));
    expect((await make.doubled('a.png', await make.pngWith(control))).lost).toEqual([
      'Animation: only the first of 3 frames was enlarged.',
    ]);
  });

  it('GIF: comment and XMP are kept, what only it knows is told', async () => {
    const trailer = Buffer.from([1, ...Array.from({ length: 256 }, (_, i) => 255 - i), 0]);
    const xmp = Buffer.concat([Buffer.of(0x21, 0xff, 11), Buffer.from('XMP DataXMP', 'latin1'), make.packet('dc:source="gif"'), trailer]);
    const file = await make.gifWith(
      make.gifExtension(0xfe, '', Buffer.from('hello')),
      xmp,
      make.gifExtension(0xff, 'FOOBAR 1.00', Buffer.from('x')),
    );
    const { tags, lost } = await make.doubled('a.gif', file);
    expect(tags).toMatchObject({ 'PNG:Comment': 'hello', 'XMP-dc:Source': 'gif' });
    expect(lost).toEqual(['Not carried over from the file: FOOBAR 1.00.']);
  });

  it('TIFF: IPTC in numbers of four bytes and either order of bytes, layers and smaller copies', async () => {
    const records = Buffer.concat([make.keywords('foo'), Buffer.alloc(4)]).subarray(0, 8);
    for (const littleEndian of [true, false]) {
      const { tags, kept } = await make.doubled(
        'a.tif',
        make.tiffWith(() => [{ tag: 33_723, type: 4, count: 2, bytes: records }], littleEndian),
      );
      expect([tags['IPTC:Keywords'], kept.includes('IPTC')]).toEqual(['foo', true]);
    }
    const layered = make.tiffWith((little) => [
      numbersEntry(330, 'long', [8], little),
      { tag: 37_724, type: 7, count: 4, bytes: Buffer.from('Adob') },
    ]);
    expect((await make.doubled('a.tif', layered)).lost).toEqual([
      'Smaller copies of the picture: they would show it before enlarging.',
      'Photoshop layers: only the merged picture was enlarged.',
    ]);
  });

  it('claims no resolution and no profile that nobody stated', async () => {
    const file = await make.jpegWith([make.exifSegment(make.exifBlock([make.text(315, 'me')]))]);
    const { tags, kept } = await make.doubled('a.jpg', file);
    expect(kept).not.toContain('DPI');
    expect(tags['JFIF:ResolutionUnit']).toBe(0);
    const cmyk = await sharp(await make.plainJpeg())
      .toColourspace('cmyk')
      .jpeg()
      .toBuffer();
    expect((await make.doubled('a.jpg', cmyk)).kept).not.toContain('ICC profile');
  });
});
