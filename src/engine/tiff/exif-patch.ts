import { sentence, type Sentence } from '../../shared/sentence.ts';
import { enlargement, placedPixel, turnedPair, type Placement } from '../image/placement.ts';
import { rationalOf, readExif, type Density } from './exif.ts';
import type { TiffDirectory, TiffReader, TiffTag } from './read.ts';
import { pointers, tiffTypes } from './types.ts';
import { removeEntries } from './write.ts';

/** Tags of Exif 2.32 §4.6.4–4.6.7, and of GeoTIFF 1.1 §7.1, that speak of the pixels and so change with them. */
const tags = {
  imageWidth: 0x0100,
  imageLength: 0x0101,
  orientation: 0x0112,
  xResolution: 0x011a,
  yResolution: 0x011b,
  resolutionUnit: 0x0128,
  thumbnailOffset: 0x0201,
  thumbnailLength: 0x0202,
  relatedWidth: 0x1001,
  relatedHeight: 0x1002,
  pixelScale: 0x830e,
  tiepoints: 0x8482,
  transformation: 0x85d8,
  geoKeys: 0x87af,
  microVideo: 0x8897,
  subjectArea: 0x9214,
  makerNote: 0x927c,
  pixelWidth: 0xa002,
  pixelHeight: 0xa003,
  focalPlaneX: 0xa20e,
  focalPlaneY: 0xa20f,
  subjectLocation: 0xa214,
} as const;

const inch = 2;

export interface PatchedExif {
  readonly exif: Uint8Array;
  /** What could not follow the pixels, or announced what is not in the result. */
  readonly lost: readonly Sentence[];
}

/**
 * An EXIF block (a TIFF stream) for the enlarged picture: upright, with the new size (and `density` where given), with what speaks of
 * places in the picture moved, without the embedded thumbnail and without what announces a film. Everything else keeps its bytes and its
 * place, because maker notes point into the block by position; only a thumbnail at the very end is cut off, one in between is zeroed.
 * Null where it is not a TIFF stream.
 */
export function patchExif(
  block: Uint8Array,
  placement: Placement,
  { density, unwanted }: { readonly density: Density | null; readonly unwanted: readonly number[] },
): PatchedExif | null {
  const patch = Patch.of(block);
  if (patch === null) return null;
  const { result } = placement;
  patch.set(patch.first, tags.imageWidth, result.width);
  patch.set(patch.first, tags.imageLength, result.height);
  patch.set(patch.first, tags.orientation, 1);
  if (density !== null) patch.setResolution(density);
  const exif = patch.first.pointed(pointers.exif);
  if (exif !== null) {
    patch.set(exif, tags.pixelWidth, result.width);
    patch.set(exif, tags.pixelHeight, result.height);
    const related = exif.pointed(pointers.interoperability);
    if (related !== null) {
      patch.set(related, tags.relatedWidth, result.width);
      patch.set(related, tags.relatedHeight, result.height);
    }
    patch.setFocalPlane(exif, placement);
    patch.withoutLivePhoto();
    patch.without('exif', unwanted);
  }
  // Only a thumbnail's directory has these.
  patch.without('first', [tags.thumbnailOffset, tags.thumbnailLength]);
  patch.setGeography(placement);
  for (const directory of ['first', 'exif'] as const) patch.setSubjects(directory, placement);
  return patch.withoutThumbnail();
}

/** A copy of a block that is changed in place. */
class Patch {
  readonly #bytes: Buffer;
  readonly #reader: TiffReader;
  readonly #littleEndian: boolean;
  readonly #lost: Sentence[] = [];

  private constructor(bytes: Buffer, reader: TiffReader) {
    this.#bytes = bytes;
    this.#reader = reader;
    this.#littleEndian = reader.layout.littleEndian;
  }

  static of(block: Uint8Array): Patch | null {
    const bytes = Buffer.from(Uint8Array.from(block).buffer);
    const reader = readExif(bytes);
    return reader && new Patch(bytes, reader);
  }

  /** Read anew each time: taking out an entry moves those after it. */
  get first(): TiffDirectory {
    return this.#reader.first();
  }

  /** Sets the only value of a tag in place; a short becomes a long, which takes no more room. */
  set(directory: TiffDirectory, tag: number, value: number): void {
    const found = directory.find(tag);
    if (found?.count !== 1) return;
    const { long, short } = tiffTypes;
    if (found.type === short.code && value <= 0xffff) {
      this.#put(found.valuesAt, 2, value);
    } else if (found.type === short.code || found.type === long.code) {
      this.#put(found.entryAt + 2, 2, long.code);
      this.#put(found.valuesAt, 4, value);
    }
  }

  setResolution({ x, y }: Density): void {
    this.#setRational(this.first.find(tags.xResolution), x);
    this.#setRational(this.first.find(tags.yResolution), y);
    this.set(this.first, tags.resolutionUnit, inch);
  }

  /** Pixels per unit of the sensor: there are more of them now. */
  setFocalPlane(exif: TiffDirectory, placement: Placement): void {
    const [across, down] = [exif.find(tags.focalPlaneX), exif.find(tags.focalPlaneY)];
    const [x, y] = turnedPair(placement, [this.#rational(across), this.#rational(down)]);
    const [scaleX, scaleY] = enlargement(placement);
    if (x !== null) this.#setRational(across, x * scaleX);
    if (y !== null) this.#setRational(down, y * scaleY);
  }

  /**
   * Where the main subject is, in pixels of the stored picture: a point, a circle (centre, diameter), or a rectangle (centre, width,
   * height).
   */
  setSubjects(within: 'first' | 'exif', placement: Placement): void {
    const directory = within === 'first' ? this.first : this.first.pointed(pointers.exif);
    if (directory === null) return;
    const beyond: number[] = [];
    for (const tag of [tags.subjectArea, tags.subjectLocation]) {
      const found = directory.find(tag);
      const values = directory.numbers(tag);
      const [x, y] = values;
      if (found?.type !== tiffTypes.short.code || x === undefined || y === undefined || values.length > 4) continue;
      const moved = [...placedPixel(placement, [x, y]), ...enlargedExtent(values.slice(2), placement)].map(Math.round);
      if (moved.some((value) => value > 0xffff)) beyond.push(tag);
      else moved.forEach((value, index) => this.#put(found.valuesAt + 2 * index, 2, value));
    }
    if (beyond.length > 0) {
      this.#remove(directory, beyond);
      this.#lost.push(sentence('lost.subject'));
    }
  }

  /** GeoTIFF 1.1 §7.1: how pixels and places on the ground go together. */
  setGeography(placement: Placement): void {
    const { first } = this;
    const all = [tags.pixelScale, tags.tiepoints, tags.transformation];
    const present = all.filter((tag) => first.find(tag)?.type === tiffTypes.double.code);
    if (present.length === 0) return;
    if (placement.orientation !== 1) {
      this.#remove(first, all);
      this.#lost.push(sentence('lost.geography'));
      return;
    }
    const [scaleX, scaleY] = enlargement(placement);
    const shift = pixelsArePoints(first.numbers(tags.geoKeys)) ? 0.5 : 0;
    const edit = (tag: number, change: (values: number[]) => number[]): void => {
      const found = first.find(tag);
      if (found?.type === tiffTypes.double.code) change(this.#doubles(found)).forEach((v, i) => this.#putDouble(found.valuesAt + 8 * i, v));
    };
    edit(tags.pixelScale, ([x = 0, y = 0, ...rest]) => [x / scaleX, y / scaleY, ...rest]);
    // Sixes of a pixel's column, row and depth, and its place on the ground.
    edit(tags.tiepoints, (values) =>
      values.map((value, i) => {
        const scale = [scaleX, scaleY][i % 6];
        return scale === undefined ? value : (value + shift) * scale - shift;
      }),
    );
    // Rows of a matrix that takes (column, row, depth, 1) to the ground.
    edit(tags.transformation, (values) =>
      values.map((value, i) => {
        const [a = 0, b = 0] = values.slice(i - (i % 4), i - (i % 4) + 2);
        const moved = a * (shift / scaleX - shift) + b * (shift / scaleY - shift);
        return [value / scaleX, value / scaleY, value, value + moved][i % 4] ?? value;
      }),
    );
  }

  without(from: 'first' | 'exif', unwanted: readonly number[]): void {
    const directory = from === 'first' ? this.first : this.first.pointed(pointers.exif);
    if (directory && unwanted.some((tag) => directory.find(tag))) this.#remove(directory, unwanted);
  }

  /** Apple's maker note names the film beside the photo, and other makers have a flag for one in the file: the result has neither. */
  withoutLivePhoto(): void {
    this.without('exif', [tags.microVideo]);
    const note = this.first.pointed(pointers.exif)?.find(tags.makerNote);
    if (note === undefined || note.bytes < 16) return;
    const bytes = this.#bytes.subarray(note.valuesAt, note.valuesAt + note.bytes);
    if (bytes.toString('latin1', 0, 10) !== 'Apple iOS\0' || bytes.toString('latin1', 12, 14) !== 'MM') return;
    const removed = removeEntries(bytes, appleDirectory, appleFilm, false);
    if (removed > 0) this.#lost.push(sentence('lost.livePhoto'));
  }

  /** The second directory of an EXIF block is the thumbnail's. */
  withoutThumbnail(): PatchedExif {
    const { next, nextAt } = this.first;
    if (next === 0) return this.#patched(this.#bytes);
    const second = this.#reader.directory(next);
    const offset = second.number(tags.thumbnailOffset) ?? 0;
    const length = second.number(tags.thumbnailLength) ?? 0;
    this.#put(nextAt, 4, 0);
    if (second.tags.length > 0) this.#lost.push(sentence('lost.thumbnail'));
    const end = offset + length;
    if (offset === 0 || length === 0 || end > this.#bytes.length) return this.#patched(this.#bytes);
    // Some bytes of padding may follow the thumbnail.
    if (this.#bytes.length - end < 4 && offset > this.#highestReference()) return this.#patched(this.#bytes.subarray(0, offset));
    this.#bytes.fill(0, offset, end);
    return this.#patched(this.#bytes);
  }

  #patched(exif: Uint8Array): PatchedExif {
    return { exif, lost: this.#lost };
  }

  /** The last byte that the directories other than the thumbnail's use. */
  #highestReference(): number {
    const used = [this.first, this.first.pointed(pointers.exif), this.first.pointed(pointers.gps)];
    const ends = used.flatMap((directory) => directory?.tags ?? []).map(({ valuesAt, bytes }) => valuesAt + bytes);
    return Math.max(0, ...ends);
  }

  /** Values that lie outside the entries stay where they are, of no use to anybody. */
  #remove(directory: TiffDirectory, unwanted: readonly number[]): void {
    removeEntries(this.#bytes, directory.at, unwanted, this.#littleEndian);
  }

  #rational(tag: TiffTag | undefined): number | null {
    if (tag?.type !== tiffTypes.rational.code || tag.count !== 1) return null;
    return rationalOf(this.#reader, this.#reader.values(tag));
  }

  #setRational(tag: TiffTag | undefined, value: number): void {
    if (tag?.type !== tiffTypes.rational.code || tag.count !== 1) return;
    const denominator = value < 4e6 ? 1000 : 1;
    this.#put(tag.valuesAt, 4, Math.min(0xffffffff, Math.round(value * denominator)));
    this.#put(tag.valuesAt + 4, 4, denominator);
  }

  #doubles({ valuesAt, count }: TiffTag): number[] {
    const at = (i: number): number => valuesAt + 8 * i;
    return Array.from({ length: count }, (_, i) =>
      this.#littleEndian ? this.#bytes.readDoubleLE(at(i)) : this.#bytes.readDoubleBE(at(i)),
    );
  }

  #putDouble(at: number, value: number): void {
    if (this.#littleEndian) this.#bytes.writeDoubleLE(value, at);
    else this.#bytes.writeDoubleBE(value, at);
  }

  #put(at: number, size: 2 | 4, value: number): void {
    if (this.#littleEndian) this.#bytes.writeUIntLE(value, at, size);
    else this.#bytes.writeUIntBE(value, at, size);
  }
}

/** Where the directory of an Apple maker note lies in it, and its entries that belong to a Live Photo (ExifTool, Image::ExifTool::Apple). */
const appleDirectory = 14;
const appleFilm = [0x0011, 0x0017];

/** A diameter, or width and height. */
function enlargedExtent(extent: readonly number[], placement: Placement): number[] {
  const [scaleX, scaleY] = enlargement(placement);
  const [width, height] = extent;
  if (width === undefined) return [];
  if (height === undefined) return [width * Math.sqrt(scaleX * scaleY)];
  const [across, down] = turnedPair(placement, [width, height]);
  return [across * scaleX, down * scaleY];
}

/** Whether a raster's positions mean the middle of pixels (GTRasterTypeGeoKey 1025 is 2), not their corners. */
function pixelsArePoints(keys: readonly number[]): boolean {
  for (let i = 4; i + 3 < keys.length; i += 4) if (keys[i] === 1025) return keys[i + 1] === 0 && keys[i + 3] === 2;
  return false;
}
