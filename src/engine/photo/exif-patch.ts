import { TiffStream, type TiffDirectory } from './tiff-tags.ts';

/** Tags of Exif 2.32 §4.6.4–4.6.5 that describe the pixels and so change with them. */
const tags = {
  imageWidth: 0x0100,
  imageLength: 0x0101,
  orientation: 0x0112,
  xResolution: 0x011a,
  yResolution: 0x011b,
  resolutionUnit: 0x0128,
  thumbnailOffset: 0x0201,
  thumbnailLength: 0x0202,
  exifPointer: 0x8769,
  gpsPointer: 0x8825,
  makerNote: 0x927c,
  pixelWidth: 0xa002,
  pixelHeight: 0xa003,
} as const;

const inch = 2;

export interface PatchedExif {
  readonly exif: Uint8Array;
  readonly hadThumbnail: boolean;
}

/**
 * An EXIF block (a TIFF stream) for the enlarged picture: upright, with the new size (and `dpi` where given), without the
 * embedded thumbnail. Everything else keeps its bytes and its place, because maker notes point into the block by
 * position; only a thumbnail at the very end is cut off, one in between is zeroed. Null where it is not a TIFF stream.
 */
export function patchExif(block: Uint8Array, result: { width: number; height: number; dpi: number | null }): PatchedExif | null {
  const stream = TiffStream.open(Uint8Array.from(block));
  if (stream === null) return null;
  const first = stream.first();
  const set = (directory: TiffDirectory, tag: number, value: number): void => {
    const found = stream.find(directory, tag);
    if (found) stream.setNumber(found, value);
  };
  set(first, tags.imageWidth, result.width);
  set(first, tags.imageLength, result.height);
  set(first, tags.orientation, 1);
  if (result.dpi !== null) setResolution(stream, first, result.dpi);
  const exifAt = pointerAt(stream, first);
  if (exifAt !== null) {
    const exif = stream.directory(exifAt);
    set(exif, tags.pixelWidth, result.width);
    set(exif, tags.pixelHeight, result.height);
  }
  return removeThumbnail(stream, first);
}

function pointerAt(stream: TiffStream, first: TiffDirectory): number | null {
  const pointer = stream.find(first, tags.exifPointer);
  return pointer ? stream.number(pointer) : null;
}

function setResolution(stream: TiffStream, first: TiffDirectory, dpi: number): void {
  for (const tag of [tags.xResolution, tags.yResolution]) {
    const found = stream.find(first, tag);
    if (found?.type !== 5 || found.count !== 1) continue;
    stream.writeLong(found.valueOffset, Math.round(dpi * 1000));
    stream.writeLong(found.valueOffset + 4, 1000);
  }
  const unit = stream.find(first, tags.resolutionUnit);
  if (unit) stream.setNumber(unit, inch);
}

/** The second directory of an EXIF block is the thumbnail's. */
function removeThumbnail(stream: TiffStream, first: TiffDirectory): PatchedExif {
  if (first.next === 0) return { exif: stream.bytes, hadThumbnail: false };
  const second = stream.directory(first.next);
  const offsetTag = stream.find(second, tags.thumbnailOffset);
  const lengthTag = stream.find(second, tags.thumbnailLength);
  const offset = (offsetTag && stream.number(offsetTag)) ?? 0;
  const length = (lengthTag && stream.number(lengthTag)) ?? 0;
  stream.writeLong(first.nextOffset, 0);
  const hadThumbnail = offset > 0 && length > 0 && offset + length <= stream.bytes.length;
  if (!hadThumbnail) return { exif: stream.bytes, hadThumbnail: false };
  // Some bytes of padding may follow the thumbnail.
  if (stream.bytes.length - (offset + length) < 4 && offset > highestReference(stream, first)) {
    return { exif: stream.bytes.subarray(0, offset), hadThumbnail: true };
  }
  stream.bytes.fill(0, offset, offset + length);
  return { exif: stream.bytes, hadThumbnail: true };
}

/** The last byte that the directories other than the thumbnail's use. */
function highestReference(stream: TiffStream, first: TiffDirectory): number {
  const ends = [...first.tags, ...[tags.exifPointer, tags.gpsPointer].flatMap((tag) => pointedTags(stream, first, tag))];
  return Math.max(0, ...ends.map((tag) => tag.valueOffset + stream.values(tag).length));
}

function pointedTags(stream: TiffStream, first: TiffDirectory, tag: number): TiffDirectory['tags'] {
  const pointer = stream.find(first, tag);
  const at = pointer && stream.number(pointer);
  return at ? stream.directory(at).tags : [];
}

/** The orientation 1…8 that an EXIF block states, or null. */
export function exifOrientation(block: Uint8Array): number | null {
  const stream = TiffStream.open(block);
  const found = stream?.find(stream.first(), tags.orientation);
  const value = (stream && found && stream.number(found)) ?? 0;
  return value >= 1 && value <= 8 ? value : null;
}

/** Whether an EXIF block states dots per inch. */
export function hasResolution(block: Uint8Array): boolean {
  const stream = TiffStream.open(block);
  return stream?.find(stream.first(), tags.xResolution) !== undefined;
}

/** Names of what an EXIF block holds that people care about: for the report. */
export function exifContents(block: Uint8Array): string[] {
  const stream = TiffStream.open(block);
  if (stream === null) return [];
  const first = stream.first();
  const has = (tag: number, within: number): boolean => pointedTags(stream, first, tag).some((each) => each.tag === within);
  return [
    ...(pointedTags(stream, first, tags.gpsPointer).some(({ tag }) => tag !== 0) ? ['GPS position'] : []),
    ...(has(tags.exifPointer, tags.makerNote) ? ['maker note'] : []),
  ];
}
