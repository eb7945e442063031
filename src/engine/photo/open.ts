import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { PhotoFacts } from '../../shared/engine-protocol.ts';
import { Problem, throwIfCancelled } from '../../shared/problem.ts';
import { sentence, type Sentence } from '../../shared/sentence.ts';
import { leftOutOf, type Carried, type Coding, type Contents } from '../containers/container.ts';
import { containerOf } from '../containers/table.ts';
import { withBytes } from '../image/file-bytes.ts';
import type { InterleavedRows, Pixels, Samples } from '../image/pixels.ts';
import { readProblem } from '../image/storage-problem.ts';
import { splitAlpha } from '../image/split-alpha.ts';
import type { Density } from '../tiff/exif.ts';
import { describeColour } from './colour.ts';
import { decodeRows } from './decode.ts';
import type { Header } from './decoder.ts';
import { inspectWithHeader, type Inspected } from './inspect.ts';
import { permissionBits } from './last-touches.ts';
import { soundProfile } from './profile.ts';
import { toneOf, type Tone } from './tone.ts';

/** What travels with the picture from source to result, and what of the source decides how the result is written. */
export interface PhotoMetadata extends Carried {
  /** Null where there is none, or where the pixels have left its colours. */
  readonly icc: Uint8Array | null;
  /** Whether it came with the photo. */
  readonly hasOwnProfile: boolean;
  /** What the photo's file says of which way is up; null where it says nothing. */
  readonly orientation: number | null;
  /** As the photo's file states it, before the picture was turned. */
  readonly density: Density | null;
  /** JPEG chroma of the source. */
  readonly chroma: '4:4:4' | '4:2:0' | null;
  /** Whether the source kept every value in a format that can do both. */
  readonly lossless: boolean;
  readonly accessed: Date;
  readonly modified: Date;
  /** Permissions of the file, as `0o644`. */
  readonly mode: number;
}

export interface Photo {
  readonly facts: PhotoFacts;
  /** Colour: 3 channels, or 1 for grey photos. */
  readonly pixels: Pixels;
  /** Null where there is no transparency. Same size as `pixels`. */
  readonly alpha: Pixels | null;
  readonly metadata: PhotoMetadata;
  /** Bits of a sample as the file has them, where these are more than 8. */
  readonly depth: number;
  /** How its values differ from those that models know; null: hardly. */
  readonly tone: Tone | null;
  /** What decoding changed. */
  readonly converted: readonly Sentence[];
  /** What is in the source and is not in `pixels`, `alpha` and `metadata`, and why. */
  readonly lost: readonly Sentence[];
  /** Closes and deletes what lies in the scratch folder. */
  close(): Promise<void>;
}

export interface OpenOptions {
  readonly maxMegapixels: number;
  /** An existing folder for this job's temporary files. */
  readonly scratch: string;
  /** Refuse a photo of which the file does not have all. */
  readonly strict?: boolean | undefined;
  /** Of each colour, at least: photos of 8 bits are spread over 16 where these are asked for. */
  readonly bits?: 8 | 16 | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Decodes a photo once. Memory does not grow with the photo beyond what its format's decoder itself needs (progressive
 * JPEG, interlaced PNG, WebP, AVIF, HEIC and JPEG XL are held whole by their decoders).
 * @throws Problem as inspectPhoto does; damaged-image, cancelled
 */
export async function openPhoto(path: string, { maxMegapixels, scratch, strict = false, bits, signal }: OpenOptions): Promise<Photo> {
  const { contents, ...inspected } = await inspectWithHeader(path, { maxMegapixels });
  const { facts, header, coding } = inspected;
  throwIfCancelled(signal);
  const metadata = await metadataOf(path, header, contents);
  const { rows, missing, endless } = await decodeRows(inspected, scratch);
  try {
    if (missing !== null && strict) throw new Problem('damaged-image', missing);
    throwIfCancelled(signal);
    checkSize(rows, facts);
    const parts = await partsOf(rows, scratch);
    const pixels = deepened(parts.pixels, bits);
    const profile = profileOf({ ...inspected, contents });
    const described = await describeColour(facts);
    const { coded } = described;
    const icc = described.icc ?? profile.icc;
    const hasOwnProfile = described.icc === null;
    const wasOpaque = rows.channels % 2 === 0 && parts.alpha === null;
    return {
      facts,
      ...parts,
      pixels,
      metadata: { ...metadata, icc, coded, hasOwnProfile },
      depth: header.bitsPerSample ?? facts.bits,
      tone: toneOf({ icc, gamma: icc === null ? gammaOf(contents) : null, coded }, pixels.channels, pixels.bits),
      converted: [
        ...conversions(facts, header),
        ...(profile.repaired ? [sentence('converted.profile')] : []),
        ...(wasOpaque ? [sentence('converted.opaque')] : []),
        ...(endless ? [sentence('converted.endless')] : []),
      ],
      lost: [
        ...(missing === null ? [] : [missing]),
        ...losses(facts, header, coding, contents.broken),
        ...(profile.damaged ? [sentence('lost.damagedProfile')] : []),
      ],
    };
  } catch (error) {
    await rows.close();
    throw error;
  }
}

/** The same picture with samples of so many bits, if it has fewer. */
function deepened(pixels: Pixels, bits: 8 | 16 | undefined): Pixels {
  if (bits !== 16 || pixels.bits === 16) return pixels;
  const { width, height, channels } = pixels;
  // 255 becomes 65,535.
  const readRows = async (top: number, rows: number): Promise<Samples> =>
    Uint16Array.from(await pixels.readRows(top, rows), (value) => value * 257);
  return { width, height, channels, bits: 16, readRows };
}

function checkSize(rows: InterleavedRows, { width, height }: PhotoFacts): void {
  if (rows.width === width && rows.height === height) return;
  const detail = `decoded ${rows.width} × ${rows.height} pixels, the header says ${width} × ${height}`;
  throw new Problem('damaged-image', sentence('photo.damaged'), { detail });
}

/** The file's profile, if it is whole; `damaged` where it has one that is not, or that sharp cannot make sense of. */
function profileOf({ header, coding, contents }: Inspected & { readonly contents: Contents }): {
  icc: Uint8Array | null;
  repaired: boolean;
  damaged: boolean;
} {
  const found = header.icc ?? contents.icc;
  if (found === null) return { icc: null, repaired: false, damaged: coding.hasProfile === true };
  const sound = soundProfile(found);
  return { ...sound, damaged: sound.icc === null };
}

/** Of PNG's gAMA chunk; null where there is none, or where the file says otherwise how its values are meant. */
function gammaOf({ pngColour }: Contents): number | null {
  const gamma = pngColour.find(({ type }) => type === 'gAMA')?.bytes;
  const isSrgb = pngColour.some(({ type }) => type === 'sRGB' || type === 'cICP');
  return isSrgb || gamma?.length !== 4 ? null : gamma.readUInt32BE(0);
}

async function metadataOf(path: string, header: Header, contents: Contents): Promise<Omit<PhotoMetadata, 'icc' | 'hasOwnProfile'>> {
  const { atime, mtime, mode } = await stat(path).catch((error: unknown) => {
    throw readProblem(error, path);
  });
  const { chromaSubsampling } = header;
  return {
    ...contents,
    orientation: header.orientation ?? contents.orientation,
    chroma: chromaSubsampling === undefined ? null : chromaSubsampling.startsWith('4:4:4') ? '4:4:4' : '4:2:0',
    accessed: atime,
    modified: mtime,
    mode: mode & permissionBits,
  };
}

async function partsOf(
  rows: InterleavedRows,
  scratch: string,
): Promise<{ pixels: Pixels; alpha: Pixels | null; close: () => Promise<void> }> {
  const { channels } = rows;
  if (channels === 1 || channels === 3) return { pixels: { ...rows, channels }, alpha: null, close: () => rows.close() };
  const { colour, alpha } = await splitAlpha(rows, join(scratch, 'source'));
  await rows.close();
  return {
    pixels: colour,
    alpha,
    async close() {
      await colour.close();
      await alpha?.close();
    },
  };
}

function conversions({ colour, profile, orientation }: PhotoFacts, header: Header): Sentence[] {
  const space = { cmyk: 'CMYK', lab: 'Lab' }[colour];
  const isNamed = profile !== null;
  const values = isNamed ? { space: space ?? '', profile } : { space: space ?? '' };
  return [
    ...(space === undefined ? [] : [sentence(isNamed ? 'converted.coloursOf' : 'converted.colours', values)]),
    ...(orientation === 1 ? [] : [sentence('converted.orientation')]),
    ...(header.isPalette ? [sentence('converted.palette')] : []),
  ];
}

/** What of the file is in no result. Those of its pictures that sharp does not count are among its blocks. */
function losses(
  { path, format, frames }: PhotoFacts,
  header: Header,
  { extraSamples = [], undecoded = 0, frames: filmed }: Coding,
  broken: readonly Sentence[],
): Sentence[] {
  const count = extraSamples.filter((sample) => sample === 'other').length + undecoded;
  const container = containerOf(format);
  const others = header.delay === undefined && filmed === undefined ? container.others : 'frames';
  const further = {
    frames: [sentence('lost.frames', { frames })],
    pages: [sentence('lost.pictures.first', { more: frames - 1 })],
    pictures: [],
  }[others];
  const leftOut = withBytes(path, (file) => leftOutOf(container, file));
  const hasGainMap = header.gainMap !== undefined && !leftOut.some(({ code }) => code === 'lost.gainMap');
  return [
    ...(count > 0 ? [sentence('lost.extraChannels', { count })] : []),
    ...(frames > 1 ? further : []),
    ...(hasGainMap ? [sentence('lost.gainMap')] : []),
    ...leftOut,
    ...broken,
  ];
}
