import type { WordKey } from '../../shared/sentence.ts';
import type { OutputFormat } from '../../shared/output-formats.ts';
import type { Attachments, Chunk, Contents } from '../containers/container.ts';
import { iptcRecords } from '../containers/photoshop.ts';
import { containers } from '../containers/table.ts';
import { statements } from '../containers/xmp.ts';
import { withBytes } from '../image/file-bytes.ts';
import { readExif } from '../tiff/exif.ts';
import type { TiffDirectory } from '../tiff/read.ts';
import { pointers } from '../tiff/types.ts';

/** Reads a result back: the parts that were put into it and are not found there as they were. */
export function notFoundIn(path: string, format: OutputFormat, put: Attachments): Set<WordKey> {
  const found = withBytes(path, (file) => containers[format].read(file));
  const missing = Object.entries(checks).filter(([, isThere]) => !isThere(put, found));
  return new Set(missing.map(([code]) => code as WordKey));
}

/** By the name under which each is told. */
const checks: Partial<Record<WordKey, (put: Attachments, found: Contents) => boolean>> = {
  'part.exif': ({ exif }, found) => exif === null || (found.exif !== null && saysAsMuch(exif, found.exif)),
  'part.xmp': ({ xmp }, found) => xmp === null || (found.xmp !== null && (same(xmp, found.xmp) || statesTheSame(xmp, found.xmp))),
  'part.iptc': ({ iptc }, found) => iptc === null || (found.resources !== null && beginsWith(iptcRecords(found.resources), iptc)),
  'part.resources': ({ resources }, found) => resources === null || beginsWith(found.resources, resources),
  'part.profile': ({ icc }, found) => icc === null || (found.icc !== null && same(icc, found.icc)),
  'part.comment': ({ comments, pngText }, found) =>
    comments.length === 0 || found.comments.length === comments.length || found.pngText.length >= pngText.length + comments.length,
  'part.pngText': ({ pngText }, found) => pngText.every((chunk) => hasChunk(found.pngText, chunk)),
  'part.shot': ({ shot }, found) => shot.every((payload) => found.shot.some((other) => same(payload, other))),
  'part.dpi': ({ density }, found) => density === null || found.density === null || isNear(density.x, found.density.x),
};

const same = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0;
/** Padding may follow. */
const beginsWith = (bytes: Uint8Array | null, start: Uint8Array): boolean => bytes !== null && same(bytes.subarray(0, start.length), start);
const hasChunk = (chunks: readonly Chunk[], { type, bytes }: Chunk): boolean =>
  chunks.some((other) => other.type === type && same(other.bytes, bytes));
/** Some formats have whole numbers only. */
const isNear = (a: number, b: number): boolean => Math.abs(a - b) <= 1;

/** A long packet comes back joined from its pieces, in another order. */
function statesTheSame(a: Uint8Array, b: Uint8Array): boolean {
  const [before, after] = [statements(a), statements(b)];
  return before !== null && after !== null && before.join('\n') === after.join('\n');
}

/** Every tag of the block's directories is in the other's, with as many values: formats that write them anew may do so in other bytes. */
function saysAsMuch(block: Uint8Array, other: Uint8Array): boolean {
  if (same(block, other)) return true;
  const [before, after] = [readExif(block)?.first(), readExif(other)?.first()];
  if (before === undefined || after === undefined) return false;
  const has = (a: TiffDirectory | null, b: TiffDirectory | null, isMeant: (tag: number) => boolean): boolean =>
    a === null ||
    a.tags.every(({ tag, count }) => !isMeant(tag) || b?.find(tag)?.count === count || Object.values<number>(pointers).includes(tag));
  // Those below describe pixels and their coding in a TIFF file, which has its own.
  return (
    has(before, after, (tag) => !pictureTags.has(tag)) &&
    has(before.pointed(pointers.exif), after.pointed(pointers.exif), () => true) &&
    has(before.pointed(pointers.gps), after.pointed(pointers.gps), () => true)
  );
}

const pictureTags = new Set([
  254, 255, 256, 257, 258, 259, 262, 266, 273, 274, 277, 278, 279, 282, 283, 284, 296, 317, 322, 323, 324, 325, 330, 338, 339, 513, 514,
  529, 530, 531, 532,
]);
