import { bytesInMemory, type Bytes } from '../image/file-bytes.ts';
import { TiffReader } from '../tiff/read.ts';
import type { Block, Holding } from './container.ts';

/** What lies behind the picture of a JPEG file: further pictures, gain maps, films, and what programs hang on. */
export function* behindPicture(file: Bytes, segments: readonly Block[]): Generator<Block> {
  const scan = segments.findLast(({ kind }) => kind === 'SOS');
  if (scan === undefined) return;
  let at = endOfImage(file, scan.offset) ?? file.length;
  const listed = segments.filter(({ kind }) => kind === 'APP2').flatMap((segment) => furtherImages(file, segment));
  for (const image of listed.toSorted((a, b) => a.offset - b.offset)) {
    if (image.offset < at || image.offset + image.bytes > file.length) continue;
    yield* trailer(file, at, image.offset);
    yield image;
    at = image.offset + image.bytes;
  }
  yield* trailer(file, at, file.length);
}

const endMarker = 0xd9;
const windowBytes = 1 << 20;
/** With the length after it. */
const markerBytes = 4;

/**
 * Just after the end marker of the picture whose first scan is at `at`, or null where there is none. Within scans a marker is told from
 * data by the byte after 0xff (ITU-T T.81 §B.1.1.5).
 */
export function endOfImage(file: Bytes, at: number): number | null {
  let start = at;
  let bytes = file.read(start, windowBytes);
  for (let position = at; position + 2 <= file.length;) {
    if (position + markerBytes > start + bytes.length) {
      start = position;
      bytes = file.read(start, windowBytes);
    }
    const found = bytes.indexOf(0xff, position - start);
    position = start + (found < 0 ? bytes.length : found);
    // What a window cuts is looked at in the next.
    if (found < 0 || (found + markerBytes > bytes.length && start + bytes.length < file.length)) continue;
    if (position + markerBytes > file.length) return position + 2 === file.length && bytes[found + 1] === endMarker ? file.length : null;
    const marker = bytes.readUInt8(found + 1);
    if (marker === endMarker) return position + 2;
    position += bytesAfter(marker, bytes.readUInt16BE(found + 2));
  }
  return null;
}

/** How far it is from a 0xff to what follows its marker: one repeated, one that is data, or a segment of this length. */
function bytesAfter(marker: number, length: number): number {
  if (marker === 0xff) return 1;
  const isData = marker === 0 || marker === 1 || (marker >= 0xd0 && marker <= 0xd7);
  return isData ? 2 : 2 + Math.max(2, length);
}

const indexPrefix = 'MPF\0';
/** Tag of the list, bytes of an entry, and kinds of pictures (CIPA DC-007 §5.2.3.3). */
const list = 0xb002;
const entryBytes = 16;
const kinds: Readonly<Record<number, Holding>> = { 0x010001: 'copies', 0x010002: 'copies', 0x050000: 'gainMap' };

/** The pictures of a Multi-Picture index but the first. */
function furtherImages(file: Bytes, { offset, bytes }: Block): Block[] {
  const payload = file.read(offset, bytes);
  if (payload.toString('latin1', 0, indexPrefix.length) !== indexPrefix) return [];
  const reader = TiffReader.open(bytesInMemory(payload.subarray(indexPrefix.length)));
  const entries = reader?.first().values(list);
  if (!reader || !entries) return [];
  const base = offset + indexPrefix.length;
  return Array.from({ length: Math.floor(entries.length / entryBytes) }, (_, index) => index * entryBytes)
    .map((at) => ({
      kind: reader.unsigned(entries, at, 4) & 0xffffff,
      bytes: reader.unsigned(entries, at + 4, 4),
      at: reader.unsigned(entries, at + 8, 4),
    }))
    .filter(({ at }) => at > 0)
    .map(({ kind, bytes: length, at }) => ({
      kind: 'picture',
      offset: base + at,
      bytes: length,
      holds: kinds[kind] ?? (isGainMap(file, base + at) ? 'gainMap' : 'pictures'),
    }));
}

const gainMapWords = [
  'http://ns.adobe.com/hdr-gain-map/1.0/',
  'http://ns.apple.com/HDRGainMap/1.0/',
  'urn:com:apple:photo:2020:aux:hdrgainmap',
  'urn:iso:std:iso:ts:21496:-1',
];
/** Pictures that say of themselves, near their beginning, that they are a gain map. */
function isGainMap(file: Bytes, at: number): boolean {
  const head = file.read(at, 64 << 10).toString('latin1');
  return gainMapWords.some((word) => head.includes(word));
}

/** Padding holds nothing; a film is known by its first box. */
function* trailer(file: Bytes, start: number, end: number): Generator<Block> {
  if (end <= start) return;
  const head = file.read(start, Math.min(end - start, 64 << 10));
  if (head.length === end - start && head.every((byte) => byte === 0)) return;
  const text = head.toString('latin1');
  const holds = /ftyp(isom|mp4|qt {2}|avc|hvc|iso|3gp|M4V|heic)/.test(text)
    ? 'film'
    : gainMapWords.some((word) => text.includes(word))
      ? 'gainMap'
      : 'trailer';
  yield { kind: 'trailer', offset: start, bytes: end - start, holds };
}
