import { execFileSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32, deflateSync } from 'node:zlib';
import sharp, { type Sharp } from 'sharp';
import { makeBox } from '../../src/engine/containers/heif.ts';
import { numbersEntry, tiffDirectory, tiffHeader, type TiffEntry } from '../../src/engine/tiff/write.ts';
import { outputFormats, type OutputFormat } from '../../src/shared/output-formats.ts';
import { english } from '../../src/shared/sentence.ts';
import { boxedJxl, jxlFile } from './jxl-files.ts';
import { doublePhoto, temporaryFolder } from './photo-files.ts';
import { pointers, tiffTypes, type TiffLayout } from '../../src/engine/tiff/types.ts';

/** A picture of 96 × 64 pixels. */
const picture = (): Sharp =>
  sharp(
    Uint8Array.from({ length: 96 * 64 * 3 }, (_, i) => (i * 31) % 251),
    { raw: { width: 96, height: 64, channels: 3 } },
  );
export const plainJpeg = (): Promise<Buffer> => picture().jpeg({ quality: 85 }).toBuffer();
export const plainPng = (): Promise<Buffer> => picture().png().toBuffer();
export const plainGif = (): Promise<Buffer> => picture().gif().toBuffer();

const latin = (text: string): Buffer => Buffer.from(text, 'latin1');

/** A JPEG segment. */
export function segment(marker: number, ...content: readonly (Uint8Array | string)[]): Buffer {
  const bytes = Buffer.concat(content.map((part) => (typeof part === 'string' ? latin(part) : part)));
  const head = Buffer.of(0xff, marker, 0, 0);
  head.writeUInt16BE(bytes.length + 2, 2);
  return Buffer.concat([head, bytes]);
}

/** The plain JPEG with these segments first, and this behind it. */
export async function jpegWith(segments: readonly Uint8Array[], behind: Uint8Array = Buffer.alloc(0)): Promise<Buffer> {
  const jpeg = await plainJpeg();
  return Buffer.concat([jpeg.subarray(0, 2), ...segments, jpeg.subarray(2), behind]);
}

/** Content over several segments of one kind. */
export function segments(marker: number, prefix: string, content: Uint8Array, most = 65_000): Buffer[] {
  return Array.from({ length: Math.ceil(content.length / most) }, (_, i) =>
    segment(marker, prefix, content.subarray(i * most, (i + 1) * most)),
  );
}

/** A PNG chunk. */
export function chunk(type: string, content: Uint8Array): Buffer {
  const bytes = Buffer.concat([latin(type), content]);
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(content.length);
  sum.writeUInt32BE(crc32(bytes));
  return Buffer.concat([length, bytes, sum]);
}

/** The plain PNG with these chunks after its header. */
export async function pngWith(...chunks: readonly Uint8Array[]): Promise<Buffer> {
  const png = await plainPng();
  return Buffer.concat([png.subarray(0, 33), ...chunks, png.subarray(33)]);
}

/** ImageMagick's and ExifTool's way to keep a block in a text chunk. */
export function rawProfileChunk(name: string, title: string, bytes: Uint8Array): Buffer {
  const text = `\n${title}\n${String(bytes.length).padStart(8)}\n${Buffer.from(bytes).toString('hex')}\n`;
  return chunk('zTXt', Buffer.concat([latin(`Raw profile type ${name}\0\0`), deflateSync(latin(text))]));
}

const prefixes = {
  dc: 'http://purl.org/dc/elements/1.1/',
  tiff: 'http://ns.adobe.com/tiff/1.0/',
  exif: 'http://ns.adobe.com/exif/1.0/',
  xmpNote: 'http://ns.adobe.com/xmp/note/',
  hdrgm: 'http://ns.adobe.com/hdr-gain-map/1.0/',
  GCamera: 'http://ns.google.com/photos/1.0/camera/',
  GPano: 'http://ns.google.com/photos/1.0/panorama/',
  Container: 'http://ns.google.com/photos/1.0/container/',
  Item: 'http://ns.google.com/photos/1.0/container/item/',
  MPRI: 'http://ns.microsoft.com/photo/1.2/t/RegionInfo#',
  MPReg: 'http://ns.microsoft.com/photo/1.2/t/Region#',
  Iptc4xmpExt: 'http://iptc.org/std/Iptc4xmpExt/2008-02-29/',
};

/** An XMP packet of one description. */
export function packet(attributes: string, children = ''): Buffer {
  const names = Object.entries(prefixes).map(([prefix, name]) => `xmlns:${prefix}="${name}"`);
  return Buffer.from(
    `<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" ${names.join(' ')} ${attributes}>${children}</rdf:Description></rdf:RDF></x:xmpmeta>`,
  );
}
export const xmpSegment = (content: Uint8Array): Buffer => segment(0xe1, 'http://ns.adobe.com/xap/1.0/\0', content);

/** IPTC keywords (IIM 2:25), and the Photoshop resource that holds them. */
export const keywords = (...words: readonly string[]): Buffer =>
  Buffer.concat(words.map((word) => Buffer.concat([Buffer.of(0x1c, 2, 25, word.length >> 8, word.length & 255), latin(word)])));
export function resource(id: number, content: Uint8Array): Buffer {
  const head = Buffer.from('8BIM\0\0\0\0\0\0\0\0', 'latin1');
  head.writeUInt16BE(id, 4);
  head.writeUInt32BE(content.length, 8);
  return Buffer.concat([head, content, Buffer.alloc(content.length % 2)]);
}
export const iptcResourceOf = (...words: readonly string[]): Buffer => resource(0x0404, keywords(...words));

const little: TiffLayout = { big: false, littleEndian: true };

export const text = (tag: number, value: string): TiffEntry => ({
  tag,
  type: tiffTypes.ascii.code,
  count: value.length + 1,
  bytes: latin(`${value}\0`),
});
export function doubles(tag: number, values: readonly number[], littleEndian = true): TiffEntry {
  const bytes = Buffer.alloc(8 * values.length);
  values.forEach((value, i) => (littleEndian ? bytes.writeDoubleLE(value, 8 * i) : bytes.writeDoubleBE(value, 8 * i)));
  return { tag, type: tiffTypes.double.code, count: values.length, bytes };
}

/** An EXIF block: its first directory and its EXIF directory. */
export function exifBlock(first: readonly TiffEntry[], exif: readonly TiffEntry[] = []): Buffer {
  const at = (to: number): TiffEntry[] => [...first, ...(exif.length > 0 ? [numbersEntry(pointers.exif, 'long', [to])] : [])];
  const exifAt = 8 + tiffDirectory(at(0), little, 8).length;
  return Buffer.concat([
    tiffHeader(little, 8),
    tiffDirectory(at(exifAt), little, 8),
    exif.length > 0 ? tiffDirectory(exif, little, exifAt) : Buffer.alloc(0),
  ]);
}
export const exifSegment = (block: Uint8Array): Buffer => segment(0xe1, 'Exif\0\0', block);

/** An uncompressed TIFF of 32 × 24 pixels in three colours, with further tags. */
export function tiffWith(tags: (littleEndian: boolean) => readonly TiffEntry[], littleEndian = true): Buffer {
  const layout: TiffLayout = { big: false, littleEndian };
  const samples = Buffer.from(Uint8Array.from({ length: 32 * 24 * 3 }, (_, i) => (i * 7) % 256));
  const entry = (tag: number, type: 'short' | 'long', ...values: number[]): TiffEntry => numbersEntry(tag, type, values, littleEndian);
  const entries = [
    ...[entry(256, 'short', 32), entry(257, 'short', 24), entry(258, 'short', 8, 8, 8), entry(259, 'short', 1), entry(262, 'short', 2)],
    ...[entry(273, 'long', 8), entry(277, 'short', 3), entry(278, 'short', 24), entry(279, 'long', samples.length), entry(284, 'short', 1)],
    ...tags(littleEndian),
  ];
  const directoryAt = 8 + samples.length;
  return Buffer.concat([tiffHeader(layout, directoryAt), samples, tiffDirectory(entries, layout, directoryAt)]);
}

/** A box of ISO base media files. */
export function box(type: string, ...content: readonly Uint8Array[]): Buffer {
  const bytes = Buffer.concat(content);
  const head = Buffer.alloc(8);
  head.writeUInt32BE(bytes.length + 8);
  head.write(type, 4, 'latin1');
  return Buffer.concat([head, bytes]);
}
/** The beginning of a short film. */
export const film = (): Buffer => Buffer.concat([box('ftyp', latin('mp42\0\0\0\0mp42isom')), box('free', Buffer.alloc(1000))]);

/** A GIF extension of sub-blocks. */
export function gifExtension(label: number, identifier: string, content: Uint8Array): Buffer {
  const pieces = Array.from({ length: Math.ceil(content.length / 255) }, (_, i) => content.subarray(i * 255, (i + 1) * 255));
  const first = identifier === '' ? [] : [Buffer.of(identifier.length), latin(identifier)];
  return Buffer.concat([Buffer.of(0x21, label), ...first, ...pieces.flatMap((piece) => [Buffer.of(piece.length), piece]), Buffer.of(0)]);
}
/** The plain GIF with these before its picture. */
export async function gifWith(...extensions: readonly Uint8Array[]): Promise<Buffer> {
  const gif = await plainGif();
  const flags = gif.readUInt8(10);
  const at = 13 + (flags & 0x80 ? 3 << ((flags & 7) + 1) : 0);
  return Buffer.concat([gif.subarray(0, at), ...extensions, gif.subarray(at)]);
}

/** What exiftool, in numbers, finds in the doubled result of this file; and what its report says. */
export async function doubled(
  name: string,
  bytes: Uint8Array,
  format: OutputFormat = name.endsWith('.jpg') ? 'jpeg' : name.endsWith('.tif') ? 'tiff' : 'png',
): Promise<{ tags: Record<string, unknown>; kept: string[]; lost: string[]; result: string }> {
  const folder = await temporaryFolder();
  const source = join(folder, name);
  await writeFile(source, bytes);
  const result = join(folder, `result.${outputFormats[format].extension}`);
  const report = await doublePhoto(source, { destination: result, format });
  const [tags = {}] = JSON.parse(
    execFileSync('exiftool', ['-json', '-m', '-n', '-s', '-G1', '-struct', result], { maxBuffer: 64 << 20 }).toString(),
  ) as Record<string, unknown>[];
  return { tags, result, kept: report.kept.map(english.tell), lost: report.lost.map(english.tell) };
}

/** A photo in each container, with what may lie beside the picture there, by its extension. */
export async function photosOfEveryContainer(): Promise<Record<string, Buffer>> {
  const block = exifBlock([text(0x010e, 'A photo'), text(0x013b, 'somebody')], [text(0xa433, 'lens')]);
  const xmp = packet('dc:source="fuzz" GCamera:MotionPhoto="1"', '<dc:subject><rdf:Bag><rdf:li>one</rdf:li></rdf:Bag></dc:subject>');
  const all = sharp(await plainPng())
    .withExif({ IFD0: { Artist: 'somebody' } })
    .withXmp(xmp.toString())
    .withIccProfile('p3');
  return {
    jpg: await jpegWith([exifSegment(block), xmpSegment(xmp), ...segments(0xed, 'Photoshop 3.0\0', iptcResourceOf('one', 'two'))], film()),
    png: await pngWith(
      chunk('eXIf', block),
      rawProfileChunk('iptc', 'IPTC profile', iptcResourceOf('word')),
      chunk('iTXt', Buffer.concat([Buffer.from('XML:com.adobe.xmp\0\0\0\0\0', 'latin1'), xmp])),
    ),
    webp: await all.clone().webp().toBuffer(),
    avif: await all.clone().avif({ effort: 0 }).toBuffer(),
    tif: tiffWith(() => [text(270, 'A photo'), doubles(33_550, [10, 10, 0])]),
    gif: await gifWith(gifExtension(0xfe, '', Buffer.from('hello'))),
    jxl: boxedJxl(jxlFile('wide'), makeBox('Exif', Buffer.alloc(4), block), makeBox('xml ', xmp)),
  };
}
