import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { numbersEntry, type TiffEntry } from '../../../../src/engine/tiff/write.ts';
import * as make from '../../../support/metadata-files.ts';
import { needs } from '../../../support/needs.ts';

const short = (tag: number, ...values: number[]): TiffEntry => numbersEntry(tag, 'short', values);
const orientation = (value: number): TiffEntry => short(0x0112, value);

describe('what lies over several blocks', needs('exiftool'), () => {
  it('EXIF of two segments is whole', async () => {
    const comment = Buffer.from(`ASCII\0\0\0${'word '.repeat(20_000)}`, 'latin1');
    const block = make.exifBlock(
      [make.text(0x010e, 'Holiday'), orientation(6)],
      [{ tag: 0x9286, type: 7, count: comment.length, bytes: comment }, make.text(0xa433, 'Maker')],
    );
    const { tags, kept, lost } = await make.doubled('a.jpg', await make.jpegWith(make.segments(0xe1, 'Exif\0\0', block)));
    expect(tags).toMatchObject({ 'IFD0:ImageDescription': 'Holiday', 'IFD0:Orientation': 1, 'ExifIFD:LensMake': 'Maker' });
    expect(String(tags['ExifIFD:UserComment'])).toMatch(/^(word ?){20000}$/);
    expect([kept.includes('EXIF'), lost]).toEqual([true, []]);
  });

  it('of two EXIF blocks the first is kept, and the second told', async () => {
    const both = [
      make.exifSegment(make.exifBlock([make.text(0x010e, 'one')])),
      make.exifSegment(make.exifBlock([make.text(0x010e, 'two')])),
    ];
    const { tags, lost } = await make.doubled('a.jpg', await make.jpegWith(both));
    expect(tags['IFD0:ImageDescription']).toBe('one');
    expect(lost).toEqual(['Not carried over from the file: APP1 (Exif).']);
  });

  it('IPTC behind a resource that fills a segment', async () => {
    const resources = Buffer.concat([make.resource(0x07d0, Buffer.alloc(70_000)), make.iptcResourceOf('one', 'two')]);
    const { tags, lost } = await make.doubled('a.jpg', await make.jpegWith(make.segments(0xed, 'Photoshop 3.0\0', resources)));
    expect(tags['IPTC:Keywords']).toEqual(['one', 'two']);
    expect(lost).toEqual([]);
  });

  it('extended XMP, wherever it stands, goes into every format', async () => {
    const remainder = make.packet('dc:coverage="far"');
    const guid = createHash('md5').update(remainder).digest('hex').toUpperCase();
    const head = Buffer.alloc(40);
    head.write(guid, 'latin1');
    head.writeUInt32BE(remainder.length, 32);
    const file = await make.jpegWith([
      make.segment(0xe1, 'http://ns.adobe.com/xmp/extension/\0', head, remainder),
      make.xmpSegment(make.packet(`xmpNote:HasExtendedXMP="${guid}" dc:source="near"`)),
    ]);
    for (const format of ['jpeg', 'png', 'tiff', 'webp'] as const) {
      const { tags, lost } = await make.doubled('a.jpg', file, format);
      expect(tags).toMatchObject({ 'XMP-dc:Source': 'near', 'XMP-dc:Coverage': 'far' });
      expect(lost).toEqual([]);
    }
    const torn = await make.doubled(
      'a.jpg',
      await make.jpegWith([make.segment(0xe1, 'http://ns.adobe.com/xmp/extension/\0', head, remainder.subarray(9))]),
    );
    expect(torn.lost).toEqual(['Extended XMP: it is malformed.']);
  });

  it('XMP too long for a JPEG segment is written in pieces', async () => {
    const items = Array.from({ length: 3000 }, (_, i) => `<rdf:li>${String(i).padStart(32, '0')}</rdf:li>`).join('');
    const long = make.packet('dc:source="short"', `<dc:relation><rdf:Bag>${items}</rdf:Bag></dc:relation><dc:coverage>here</dc:coverage>`);
    const file = await make.pngWith(make.chunk('iTXt', Buffer.concat([Buffer.from('XML:com.adobe.xmp\0\0\0\0\0', 'latin1'), long])));
    const { tags, kept, lost } = await make.doubled('a.png', file, 'jpeg');
    expect(tags).toMatchObject({ 'XMP-dc:Source': 'short', 'XMP-dc:Coverage': 'here' });
    expect(tags['XMP-dc:Relation']).toHaveLength(3000);
    expect([kept.includes('XMP'), lost]).toEqual([true, []]);
  });
});

describe('what speaks of places in the picture', needs('exiftool'), () => {
  const region = (inner: string): Buffer => make.packet('', inner);
  const face =
    '<mwg-rs:Regions xmlns:mwg-rs="http://www.metadataworkinggroup.com/schemas/regions/" rdf:parseType="Resource"><mwg-rs:AppliedToDimensions xmlns:stDim="http://ns.adobe.com/xap/1.0/sType/Dimensions#" stDim:w="96" stDim:h="64" stDim:unit="pixel"/>' +
    '<mwg-rs:RegionList><rdf:Bag><rdf:li rdf:parseType="Resource"><mwg-rs:Area xmlns:stArea="http://ns.adobe.com/xmp/sType/Area#" stArea:x="0.25" stArea:y="0.3" stArea:w="0.2" stArea:h="0.4" stArea:unit="normalized"/></rdf:li></rdf:Bag></mwg-rs:RegionList></mwg-rs:Regions>';
  const microsoft =
    '<MP:RegionInfo xmlns:MP="http://ns.microsoft.com/photo/1.2/" rdf:parseType="Resource"><MPRI:Regions><rdf:Bag><rdf:li MPReg:Rectangle="0.15, 0.1, 0.2, 0.4"/></rdf:Bag></MPRI:Regions></MP:RegionInfo>';
  const iptc =
    '<Iptc4xmpExt:ImageRegion><rdf:Bag><rdf:li rdf:parseType="Resource"><Iptc4xmpExt:RegionBoundary rdf:parseType="Resource"><Iptc4xmpExt:rbShape>rectangle</Iptc4xmpExt:rbShape><Iptc4xmpExt:rbUnit>pixel</Iptc4xmpExt:rbUnit>' +
    '<Iptc4xmpExt:rbX>10</Iptc4xmpExt:rbX><Iptc4xmpExt:rbY>20</Iptc4xmpExt:rbY><Iptc4xmpExt:rbW>30</Iptc4xmpExt:rbW><Iptc4xmpExt:rbH>8</Iptc4xmpExt:rbH></Iptc4xmpExt:RegionBoundary></rdf:li></rdf:Bag></Iptc4xmpExt:ImageRegion>';

  it.each([
    [1, [0.25, 0.3, 0.2, 0.4], '0.15, 0.1, 0.2, 0.4', [20, 40, 60, 16]],
    [3, [0.75, 0.7, 0.2, 0.4], '0.65, 0.5, 0.2, 0.4', [112, 72, 60, 16]],
    [6, [0.7, 0.25, 0.4, 0.2], '0.5, 0.15, 0.4, 0.2', [72, 20, 16, 60]],
    [8, [0.3, 0.75, 0.4, 0.2], '0.1, 0.65, 0.4, 0.2', [40, 112, 16, 60]],
  ] as const)('regions of orientation %i follow the pixels', async (turn, [x, y, w, h], rectangle, [left, top, width, height]) => {
    const file = await make.jpegWith([
      make.exifSegment(make.exifBlock([orientation(turn)])),
      make.xmpSegment(region(face + microsoft + iptc)),
    ]);
    const { tags } = await make.doubled('a.jpg', file);
    const size = turn < 5 ? { W: 192, H: 128 } : { W: 128, H: 192 };
    expect(tags['XMP-mwg-rs:RegionInfo']).toMatchObject({ AppliedToDimensions: size, RegionList: [{ Area: { X: x, Y: y, W: w, H: h } }] });
    expect(JSON.stringify(tags['XMP-MP:RegionInfoMP'])).toContain(rectangle);
    expect(tags['XMP-iptcExt:ImageRegion']).toMatchObject([{ RegionBoundary: { RbX: left, RbY: top, RbW: width, RbH: height } }]);
  });

  it('subject, focal plane, sizes and resolution of two axes', async () => {
    const rational = (tag: number, value: number): TiffEntry => numbersEntry(tag, 'rational', [value, 1]);
    const block = make.exifBlock(
      [orientation(6), rational(0x011a, 300), rational(0x011b, 150), short(0x0128, 2)],
      [
        short(0x9214, 20, 30, 10, 6),
        rational(0xa20e, 1000),
        rational(0xa20f, 500),
        short(0xa214, 20, 30),
        short(0xa002, 96),
        short(0xa003, 64),
      ],
    );
    const xmp = make.packet(
      'exif:FocalPlaneXResolution="1000/1"',
      '<exif:SubjectArea><rdf:Seq><rdf:li>20</rdf:li><rdf:li>30</rdf:li><rdf:li>10</rdf:li></rdf:Seq></exif:SubjectArea>',
    );
    const { tags, kept } = await make.doubled('a.jpg', await make.jpegWith([make.exifSegment(block), make.xmpSegment(xmp)]));
    expect(tags).toMatchObject({
      'IFD0:XResolution': 150,
      'IFD0:YResolution': 300,
      'JFIF:XResolution': 150,
      'JFIF:YResolution': 300,
      'ExifIFD:SubjectArea': '68 40 12 20',
      'ExifIFD:SubjectLocation': '68 40',
      'ExifIFD:FocalPlaneXResolution': 1000,
      'ExifIFD:FocalPlaneYResolution': 2000,
      'ExifIFD:ExifImageWidth': 128,
      'XMP-exif:SubjectArea': [68, 40, 20],
    });
    expect(kept).toContain('DPI');
  });

  it('panoramas grow, and go where they would have to be turned', async () => {
    const xmp = make.packet(
      'GPano:FullPanoWidthPixels="200" GPano:CroppedAreaImageWidthPixels="96" GPano:CroppedAreaTopPixels="7" GPano:ProjectionType="equirectangular"',
    );
    const upright = await make.doubled('a.jpg', await make.jpegWith([make.xmpSegment(xmp)]));
    expect(upright.tags).toMatchObject({
      'XMP-GPano:FullPanoWidthPixels': 400,
      'XMP-GPano:CroppedAreaImageWidthPixels': 192,
      'XMP-GPano:CroppedAreaTopPixels': 14,
    });
    const turned = await make.doubled(
      'a.jpg',
      await make.jpegWith([make.exifSegment(make.exifBlock([orientation(6)])), make.xmpSegment(xmp)]),
    );
    expect(Object.keys(turned.tags).filter((tag) => tag.startsWith('XMP-GPano'))).toEqual([]);
    expect(turned.lost).toEqual(['Panorama details: they cannot be turned with the picture.']);
  });

  it('map scales', async () => {
    const geo = (littleEndian: boolean): TiffEntry[] => [
      make.doubles(33_550, [10, 10, 0], littleEndian),
      make.doubles(33_922, [4, 2, 0, 500_000, 4_000_000, 0], littleEndian),
    ];
    for (const littleEndian of [true, false]) {
      const { tags } = await make.doubled('a.tif', make.tiffWith(geo, littleEndian));
      expect(tags).toMatchObject({ 'IFD0:PixelScale': '5 5 0', 'IFD0:ModelTiePoint': '8 4 0 500000 4000000 0' });
    }
    const turned = await make.doubled(
      'a.tif',
      make.tiffWith((little) => [...geo(little), numbersEntry(274, 'short', [6], little)]),
    );
    expect(Object.keys(turned.tags).filter((tag) => /PixelScale|TiePoint/.test(tag))).toEqual([]);
    expect(turned.lost).toContain('GeoTIFF position: it cannot be turned with the picture.');
  });

  it('an orientation that XMP alone states is left alone', async () => {
    const file = await make.pngWith(
      make.chunk('iTXt', Buffer.concat([Buffer.from('XML:com.adobe.xmp\0\0\0\0\0', 'latin1'), make.packet('tiff:Orientation="6"')])),
    );
    expect((await make.doubled('a.png', file)).tags).toMatchObject({ 'XMP-tiff:Orientation': 6, 'PNG:ImageWidth': 192 });
  });
});
