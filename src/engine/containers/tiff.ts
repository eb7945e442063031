import { open } from 'node:fs/promises';
import { Problem } from '../../shared/problem.ts';
import { sentence, type Sentence } from '../../shared/sentence.ts';
import { writeFully, type Bytes } from '../image/file-bytes.ts';
import { densityOf, gatherExif, maximumValueBytes, readExif } from '../tiff/exif.ts';
import { TiffReader, type TiffDirectory } from '../tiff/read.ts';
import { stripEntries, stripRowBytes } from '../tiff/strips.ts';
import { writeStrips } from '../tiff/strip-writer.ts';
import { ownLayout, pointers, tiffType, tiffTypes, type TiffLayout, type TiffTypeName } from '../tiff/types.ts';
import { bytesEntry, even, numbersEntry, tiffDirectory, tiffDirectoryBytes, writeDirectory, type TiffEntry } from '../tiff/write.ts';
import {
  bare,
  markText,
  namesOf,
  type Attachments,
  type Block,
  type Choices,
  type Contents,
  type FinishedPicture,
  type Holding,
  type OutputContainer,
} from './container.ts';
import { iptcRecords, iptcResource, recordsApart, sameRecords } from './photoshop.ts';

/** TIFF (TIFF 6.0; BigTIFF). Of its directories the first is walked. */
export const tiff: OutputContainer = {
  begins: (head) => ['II*\0', 'MM\0*', 'II+\0', 'MM\0+'].some((start) => head.startsWith(start)),
  refuse,
  coding: (file) => ({ extraSamples: extraSamples(file) }),
  walk,
  read,
  others: 'pages',
  lossless: true,
  room: {
    exif: Infinity,
    xmp: () => true,
    resources: true,
    iptc: 'apart',
    // How a JPEG is coded, its size, and its interoperability: Exif 2.32 (annex A) and ExifTool allow none of them here.
    unwanted: [0x9101, 0x9102, 0xa002, 0xa003, pointers.interoperability],
    comments: false,
    pngText: false,
    coded: false,
    shot: false,
    density: true,
  },
  colourOnly: false,
  // Descriptive tags that came with the source may be odd, and samples are not coded.
  failOn: 'error',
  mostBytesPerPixel: ({ samples, bits }) => samples * (bits / 8),
  likelyBytesPerPixel: 3,
  encoderBytesPerPixel: 0,
  write,
};

/** Of results of earlier versions. Now the mark is what the file ends with: nothing points to it, so that whoever writes the file anew drops it. */
const earlierMark = 65_440;
/** Tags that are not EXIF's and have a place of their own. */
const holdings: Readonly<Record<number, Holding>> = {
  330: 'copies',
  700: 'xmp',
  33_723: 'resources',
  34_377: 'resources',
  34_675: 'icc',
  37_724: 'layers',
  [earlierMark]: 'mark',
};

function* walk(file: Bytes): Generator<Block> {
  for (const { tag, valuesAt, bytes } of TiffReader.open(file)?.first().tags ?? []) {
    const coded = codingTags.has(tag) ? 'picture' : bytes > maximumValueBytes ? 'other' : 'exif';
    yield { kind: String(tag), offset: valuesAt, bytes, holds: holdings[tag] ?? coded };
  }
  const end = file.length - markText.length;
  if (end > 0 && file.read(end, markText.length).equals(markText))
    yield { kind: 'mark', offset: end, bytes: markText.length, holds: 'mark' };
}

function read(file: Bytes): Contents {
  const first = TiffReader.open(file)?.first();
  if (first === undefined) return bare;
  const exif = gatherExif(first, (tag) => !codingTags.has(tag) && tag !== earlierMark);
  const xmp = first.values(700);
  const apart = recordsApart(first.values(33_723));
  const within = first.values(34_377);
  const records = within && iptcRecords(within);
  const resources = Buffer.concat([within ?? Buffer.alloc(0), apart && !records ? iptcResource(apart) : Buffer.alloc(0)]);
  const isAnother = apart !== null && records !== null && !sameRecords(apart, records);
  return {
    ...bare,
    exif,
    xmp,
    resources: resources.length > 0 ? resources : null,
    icc: first.values(34_675),
    density: densityOf(first),
    orientation: first.number(274),
    broken: [
      ...(isAnother ? [sentence('lost.blocks', { names: ['IPTC (33723)'] })] : []),
      ...(first.unreadable > 0 ? [sentence('lost.unreadable', { count: first.unreadable })] : []),
    ],
    names: namesOf({ EXIF: first.find(pointers.exif) ?? null, XMP: xmp, IPTC: records ?? apart }),
  };
}

/** What of TIFF 6.0 and its supplements the decoder does not know is refused for what it is. */
function refuse(file: Bytes): void {
  const first = TiffReader.open(file)?.first();
  if (first === undefined) return;
  if (isRaw(first)) throw new Problem('unsupported-image', sentence('photo.raw'), { advice: sentence('photo.raw.advice') });
  const reason = unreadReason(first);
  if (reason !== null) throw new Problem('unsupported-image', reason);
}

const [unsigned, signed] = [1, 2];

function unreadReason(first: TiffDirectory): Sentence | null {
  const number = (tag: number, usual: number): number => first.number(tag) ?? usual;
  const bits = number(258, 1);
  const format = number(339, unsigned);
  if (format === signed && !labPhotometrics.includes(number(262, 0))) return sentence('photo.signed', { bits });
  // Floats go on to be told apart by their size.
  if (format === unsigned && ![1, 2, 4, 8, 16].includes(bits)) return sentence('photo.bits', { bits, format: 'TIFF' });
  if (bits === 8 && labPhotometrics.includes(number(262, 0))) return sentence('photo.lab8');
  if (first.find(322) !== undefined && number(284, 1) === 2 && number(277, 1) > 1) return sentence('photo.tiledPlanes');
  return number(259, 1) === 6 ? sentence('photo.oldJpeg') : null;
}

const labPhotometrics: readonly number[] = [8, 9, 10];
/** Colour filter arrays and LinearRaw (DNG specification), and compressions that only raw photos have. */
const rawPhotometrics: readonly number[] = [32_803, 34_892];
const rawCompressions: readonly number[] = [34_713, 32_767, 32_769, 32_770, 65_000];

/** Raw photos of several makers are TIFF files whose first directory is a small preview: enlarging that would be wrong. */
function isRaw(first: TiffDirectory): boolean {
  const isDng = first.find(50_706) !== undefined;
  const isPreview = ((first.number(254) ?? 0) & 1) === 1 && first.find(330) !== undefined;
  const further = [...first.numbers(330).slice(0, 8), first.next].filter((at) => at > 0).map((at) => first.reader.directory(at));
  const holdsRaw = [first, ...further].some(
    (directory) => rawPhotometrics.includes(directory.number(262) ?? 0) || rawCompressions.includes(directory.number(259) ?? 1),
  );
  return isDng || isPreview || holdsRaw;
}

/** Colours of a pixel by photometric interpretation, where not three. */
const coloursOf: Readonly<Record<number, number>> = { 0: 1, 1: 1, 3: 1, 4: 1, 5: 4 };

/**
 * What the samples after the colours are: opacity (premultiplied or not) only where the file says so, for the first of them that is
 * (TIFF 6.0, ExtraSamples). Undefined where there are none.
 */
function extraSamples(file: Bytes): ('alpha' | 'other')[] | undefined {
  const first = TiffReader.open(file)?.first();
  if (first === undefined) return undefined;
  const samples = first.number(277) ?? 1;
  const said = first.numbers(338);
  const photometric = first.number(262) ?? 0;
  const count = said.length > 0 ? Math.min(said.length, samples - 1) : samples - (coloursOf[photometric] ?? 3);
  if (count <= 0) return undefined;
  const opacity = said.findIndex((meaning) => meaning === 1 || meaning === 2);
  return Array.from({ length: count }, (_, index) => (index === opacity ? 'alpha' : 'other'));
}

/** Tags of a TIFF file that describe its picture's coding, not the photo: they make no sense in a result. */
const codingTags = new Set([
  254, 255, 256, 257, 258, 259, 262, 263, 264, 265, 266, 273, 277, 278, 279, 280, 281, 284, 288, 289, 290, 291, 292, 293, 297, 301, 317,
  318, 319, 320, 321, 322, 323, 324, 325, 330, 332, 333, 334, 336, 337, 338, 339, 340, 341, 342, 347, 529, 530, 531, 532, 512, 513, 514,
  515, 517, 518, 519, 520, 521, 559, 700, 33_723, 34_377, 34_675, 37_724,
]);

/** Classic TIFF addresses 4 GiB; beyond this the file is a BigTIFF, which fewer programs read. */
const classicBytes = 3.9e9;

/**
 * Uncompressed unless asked for: no encoder pass is needed, memory is a few rows, every program reads it; deflate saves a fifth of a
 * photo at ten times the time.
 *
 * The EXIF block is put at the very start of the file, in its own byte order, so that all positions within it — those of
 * maker notes too — stay true; only its first directory is written anew, after the pixels.
 */
async function write(picture: FinishedPicture, attachments: Attachments, to: string, { compression }: Choices): Promise<Sentence[]> {
  const exif = attachments.exif && readExif(evenlyPlaced(attachments.exif));
  const pixelBytes = stripRowBytes(picture) * picture.height;
  const big = pixelBytes > classicBytes;
  const layout: TiffLayout = { big, littleEndian: big || (exif?.layout.littleEndian ?? true) };
  const file = await open(to, 'w');
  try {
    const start = exif !== null && !big ? exif.bytes() : new Uint8Array(big ? 16 : 8);
    await writeFully(file, start, 0);
    const dataOffset = even(start.length);
    const { end, strips } = await writeStrips(file, picture, layout, { dataOffset, deflated: compression === 'deflate' });
    const described = exif === null ? nothing : big ? bigEntries(exif, even(end)) : classicEntries(exif);
    await writeFully(file, described.bytes, even(end));
    const kept = byTag(described.entries.filter((entry) => !codingTags.has(entry.tag) && !isOddUnit(entry, layout)));
    const own = byTag([...stripEntries(picture, { ...layout, dataOffset }, strips), ...attachedEntries(attachments, layout, kept)]);
    const entries = [...new Map([...kept, ...own]).values()];
    const directoryAt = even(end) + described.bytes.length;
    await writeDirectory(file, entries, layout, directoryAt);
    await writeFully(file, markText, (await file.stat()).size);
  } finally {
    await file.close();
  }
  return exif !== null && big ? [sentence('lost.makerNote')] : [];
}

interface Described {
  readonly entries: readonly TiffEntry[];
  /** What the entries point to. */
  readonly bytes: Uint8Array;
}

const nothing: Described = { entries: [], bytes: new Uint8Array() };

const byTag = (entries: readonly TiffEntry[]): Map<number, TiffEntry> => new Map(entries.map((entry) => [entry.tag, entry]));

/** The tags of the block's first directory, with pointers as they are: the block keeps its place at the start of the file. */
const classicEntries = (exif: TiffReader): Described => ({
  entries: exif.first().tags.map((tag) => ({ tag: tag.tag, type: tag.type, count: tag.count, bytes: exif.values(tag) })),
  bytes: nothing.bytes,
});

/** The block's directories written anew for a little-endian BigTIFF, from file position `offset` on. */
function bigEntries(exif: TiffReader, offset: number): Described {
  const written: Uint8Array[] = [];
  let at = offset;
  const convert = (directory: TiffDirectory, depth: number): TiffEntry[] =>
    directory.tags.map((tag) => {
      const to = directory.number(tag.tag);
      // Interoperability lies two levels below the first. What points further may point in a circle.
      if (!Object.values<number>(pointers).includes(tag.tag) || to === null || depth === 2) {
        return { tag: tag.tag, type: tag.type, count: tag.count, bytes: littleEndianValues(exif, tag.type, exif.values(tag)) };
      }
      const inner = convert(exif.directory(to), depth + 1);
      const bytes = tiffDirectory(inner, ownLayout, at);
      written.push(bytes);
      const entry = numbersEntry(tag.tag, 'ifd8', [at]);
      at += tiffDirectoryBytes(inner, ownLayout);
      return entry;
    });
  return { entries: convert(exif.first(), 0), bytes: Buffer.concat(written) };
}

function littleEndianValues({ layout }: TiffReader, type: number, values: Buffer): Uint8Array {
  const copy = Buffer.from(values);
  if (layout.littleEndian) return copy;
  switch (tiffType(type)?.unit) {
    case 2:
      return copy.swap16();
    case 4:
      return copy.swap32();
    case 8:
      return copy.swap64();
    default:
      return copy;
  }
}

/** As numbers of four bytes, as Photoshop and ExifTool write them; the bytes stay in their order. */
const recordsEntry = (iptc: Uint8Array): TiffEntry => ({ tag: 33_723, type: tiffTypes.long.code, count: iptc.length / 4, bytes: iptc });

/** TIFF wants values at even places, EXIF in other formats does not. Without a maker note nothing depends on where they lie. */
function evenlyPlaced(block: Uint8Array): Uint8Array {
  const first = readExif(block)?.first();
  const hasMakerNote = first?.pointed(pointers.exif)?.find(makerNote) !== undefined;
  return first === undefined || hasMakerNote ? block : (gatherExif(first, () => true) ?? block);
}
const makerNote = 0x927c;

function attachedEntries(attachments: Attachments, { littleEndian }: TiffLayout, described: ReadonlyMap<number, TiffEntry>): TiffEntry[] {
  const { xmp, iptc, resources, icc, density } = attachments;
  const entry = (tag: number, type: TiffTypeName, values: number[]): TiffEntry => numbersEntry(tag, type, values, littleEndian);
  const thousandths = (tag: number, value: number): TiffEntry => entry(tag, 'rational', [Math.round(value * 1000), 1000]);
  // That of the EXIF block, which has been set already, is more exact. Every TIFF file has one; without a unit it says that pixels are square.
  const resolution = [thousandths(282, density?.x ?? 1), thousandths(283, density?.y ?? 1)];
  return [
    entry(274, 'short', [1]),
    ...[...resolution, entry(296, 'short', [density === null ? 1 : 2])].filter(({ tag }) => !described.has(tag)),
    ...(xmp ? [bytesEntry(700, 'byte', xmp)] : []),
    ...(iptc ? [recordsEntry(iptc)] : []),
    ...(resources ? [bytesEntry(34_377, 'byte', resources)] : []),
    ...(icc ? [bytesEntry(34_675, 'undefined', icc)] : []),
  ];
}

/** Readers refuse a TIFF for an impossible resolution unit; in EXIF they pass over it. */
function isOddUnit({ tag, bytes }: TiffEntry, { littleEndian }: TiffLayout): boolean {
  const [low = 0, high = 0] = littleEndian ? bytes : bytes.toReversed();
  const unit = low | (high << 8);
  return tag === 296 && (unit < 1 || unit > 3);
}
