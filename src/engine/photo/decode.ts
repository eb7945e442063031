import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Sharp } from 'sharp';
import type { PhotoFacts } from '../../shared/engine-protocol.ts';
import { messageOf, Problem } from '../../shared/problem.ts';
import { sentence, type Sentence } from '../../shared/sentence.ts';
import type { Coding } from '../containers/container.ts';
import { decodeHeic, stretch } from '../containers/heic.ts';
import { containerOf } from '../containers/table.ts';
import { picked, uniformEnd, withinCanvas } from '../image/decoded-rows.ts';
import { withBytes } from '../image/file-bytes.ts';
import { upright } from '../image/orientation.ts';
import { memoryBytes } from '../image/pixel-store.ts';
import type { InterleavedRows } from '../image/pixels.ts';
import { openStripReader } from '../tiff/strip-file.ts';
import { causeIn, endsEarly, meaningOf, undecodable, type Meaning, type Strictness } from './complaint.ts';
import { decoder } from './decoder.ts';
import { covers, sourceOf, type Inspected } from './inspect.ts';

/** Decoding slower than this is a hang: far above the slowest format (AVIF) on a slow machine. */
const secondsAllowed = (facts: PhotoFacts): number => 60 + Math.ceil((facts.width * facts.height) / 1e6) * 3;

export interface Decoded {
  /** Upright: 1 or 3 colours in the photo's own RGB or grey, CMYK and Lab as sRGB, and alpha after them where it has it. */
  readonly rows: InterleavedRows;
  /** What of the picture is not in the file; null where all of it is. */
  readonly missing: Sentence | null;
  /** Only the end of the file is missing, of the picture nothing. */
  readonly endless: boolean;
}

/**
 * The photo's first picture. Small photos come decoded in memory; larger ones go through uncompressed files in `scratch`, row by row,
 * so that memory does not grow with the photo. What a damaged file does not hold is as its decoder fills it.
 * @throws Problem damaged-image, unsupported-image
 */
export async function decodeRows({ facts, header, coding }: Inspected, scratch: string): Promise<Decoded> {
  if (header.compression === 'hevc') return { rows: await decodeHevc(facts, coding, scratch), missing: null, endless: false };
  const held = heldShare(facts);
  const { rows, meaning, cause } = await decodeStored({ facts, header, coding }, scratch);
  try {
    const coarse = held === null && header.isProgressive;
    const missing = await missingPart(rows, { held, meaning, cause, coarse, fills: fillsOf(facts) });
    const depth = header.bitsPerSample ?? facts.bits;
    const turned = await upright(onlyPhoto(rows, facts, coding), facts.orientation, join(scratch, 'upright'));
    return {
      rows: header.compression === 'av1' && depth > 8 && depth < 16 ? stretched(turned, depth) : turned,
      missing,
      endless: meaning === 'no-end' || (held === 1 && meaning === 'damage'),
    };
  } catch (error) {
    await rows.close();
    throw error;
  }
}

async function decodeHevc({ path, orientation }: PhotoFacts, { bytes }: Coding, scratch: string): Promise<InterleavedRows> {
  // libheif turns by itself, unless it was kept from it.
  return bytes === undefined
    ? decodeHeic(path)
    : upright(await decodeHeic(await withBytes(path, bytes)), orientation, join(scratch, 'upright'));
}

interface Stored {
  readonly rows: InterleavedRows;
  readonly meaning: Meaning;
  readonly cause: string;
}

/**
 * As the file has it: not turned, with all samples. A decoder first minds everything; what it minds is asked about, and where the
 * picture can be had all the same, it is decoded once more.
 */
async function decodeStored(
  photo: Inspected,
  scratch: string,
  strictness: Strictness = 'warning',
  worst: Pick<Stored, 'meaning' | 'cause'> = { meaning: 'harmless', cause: '' },
): Promise<Stored> {
  const warnings: string[] = [];
  try {
    const rows = await decodeOnce(photo, scratch, strictness, warnings);
    return { rows, ...afterLast(worst, warnings, strictness) };
  } catch (error) {
    const complaints = [messageOf(error), ...warnings];
    const meaning = meaningOf(complaints, strictness);
    if (meaning === 'unsupported' || strictness === 'none') throw undecodable(error);
    if (meaning === 'damage') return decodeStored(photo, scratch, 'none', { meaning, cause: causeIn(complaints) });
    return decodeStored(photo, scratch, strictness === 'warning' ? 'error' : 'none', worst);
  }
}

/** Some complaints are only whole once the decoder has gone on to the end. */
function afterLast(
  worst: Pick<Stored, 'meaning' | 'cause'>,
  warnings: readonly string[],
  at: Strictness,
): Pick<Stored, 'meaning' | 'cause'> {
  if (at !== 'none') return worst;
  const meaning = meaningOf(warnings, 'none');
  if (meaning === 'no-end') return { meaning, cause: '' };
  return worst.meaning === 'damage' || meaning !== 'damage' ? worst : { meaning, cause: causeIn(warnings) };
}

async function decodeOnce(
  { facts, header, coding }: Inspected,
  scratch: string,
  failOn: Strictness,
  warnings: string[],
): Promise<InterleavedRows> {
  const convert = facts.colour === 'cmyk' || facts.colour === 'lab';
  const image = decoder(await sourceOf(facts.path, coding), { failOn, ignoreIcc: !convert, page: header.pagePrimary ?? 0, pages: 1 })
    .toColourspace(workingSpace(facts))
    .timeout({ seconds: secondsAllowed(facts) })
    .on('warning', (warning: string) => warnings.push(warning));
  const bytes = facts.width * facts.height * Math.max(header.channels, 3) * (facts.bits / 8);
  // sharp gives the first channel alone of 8-bit grey in memory.
  const inMemory = bytes <= memoryBytes && !(facts.colour === 'grey' && facts.bits === 8 && header.channels > 1);
  return inMemory ? decodeInMemory(image, facts) : decodeToFile(image, scratch);
}

/** sharp's name for the space in which nothing is converted, or into which CMYK and Lab are. */
function workingSpace({ colour, bits }: PhotoFacts): string {
  if (colour === 'grey') return bits === 16 ? 'grey16' : 'b-w';
  return bits === 16 ? 'rgb16' : 'srgb';
}

async function decodeInMemory(image: Sharp, { bits }: PhotoFacts): Promise<InterleavedRows> {
  const { data, info } = await image.raw({ depth: bits === 16 ? 'ushort' : 'uchar' }).toBuffer({ resolveWithObject: true });
  const samples =
    bits === 16
      ? new Uint16Array(data.buffer, data.byteOffset, data.length / 2)
      : new Uint8Array(data.buffer, data.byteOffset, data.length);
  const row = info.width * info.channels;
  return {
    width: info.width,
    height: info.height,
    channels: info.channels,
    bits,
    readRows: (top, rows) => Promise.resolve(samples.slice(top * row, (top + rows) * row)),
    close: () => Promise.resolve(),
  };
}

async function decodeToFile(image: Sharp, scratch: string): Promise<InterleavedRows> {
  const path = join(scratch, 'decoded.tif');
  await image
    .tiff({ compression: 'none', bigtiff: true })
    .toFile(path)
    .catch(async (error: unknown) => {
      await rm(path, { force: true });
      throw error;
    });
  const reader = await openStripReader(path);
  return {
    ...reader,
    async close() {
      await reader.close();
      await rm(path, { force: true });
    },
  };
}

/** Colours and opacity, without what else a pixel has; on its canvas, of which the rest is transparent. */
function onlyPhoto(rows: InterleavedRows, { colour }: PhotoFacts, { extraSamples, frame }: Coding): InterleavedRows {
  const colours = colour === 'grey' ? 1 : 3;
  const opacity = extraSamples?.indexOf('alpha') ?? 0;
  const kept = Array.from({ length: Math.min(colours, rows.channels) }, (_, index) => index);
  if (opacity >= 0 && colours + opacity < rows.channels) kept.push(colours + opacity);
  const photo = kept.length === rows.channels ? rows : picked(rows, kept);
  return frame === undefined || covers(frame, rows.width, rows.height) ? photo : withinCanvas(photo, frame, colours);
}

/**
 * Of what the picture should be, what the file has data for, where its format tells: 0…1.
 * @throws Problem damaged-image where that cannot be much: decoding what is not there would take minutes
 */
function heldShare({ path, format, width, height }: PhotoFacts): number | null {
  return withBytes(path, (file) => {
    const container = containerOf(format);
    const share = container.heldShare?.(file) ?? null;
    const most = share ?? (container.pixelsAtMost?.(file) ?? Infinity) / (width * height);
    if (most < leastShare) throw nearlyNothing('');
    return share;
  });
}

const nearlyNothing = (detail: string): Problem => new Problem('damaged-image', sentence('photo.mostMissing'), { detail });

/** What decoders fill with: libjpeg with middle grey, others with black. Null where that has been converted: any one colour. */
const fillsOf = ({ colour, bits }: PhotoFacts): readonly number[] | null =>
  colour === 'cmyk' || colour === 'lab' ? null : bits === 8 ? [0, 128] : [0];

/** A file that has less of its picture is no photo any more, and often was made to take up time. */
const leastShare = 0.05;

interface Findings extends Pick<Stored, 'meaning' | 'cause'> {
  /** Null: the format does not tell. */
  readonly held: number | null;
  /** Coded in several goes over the whole picture. */
  readonly coarse: boolean;
  readonly fills: readonly number[] | null;
}

async function missingPart(rows: InterleavedRows, { held, meaning, cause, coarse, fills }: Findings): Promise<Sentence | null> {
  if (held === 1 || (held === null && meaning !== 'damage')) return null;
  if (coarse) return sentence('lost.coarse');
  const share = held === null ? (endsEarly(cause) ? await uniformEnd(rows, fills) : 0) : 1 - held;
  if (1 - share < leastShare) throw nearlyNothing(cause);
  return share > 0 ? sentence('lost.rows', { percent: Math.max(1, Math.round(share * 100)) }) : sentence('lost.garbled');
}

/** libvips shifts 10- and 12-bit values up, so that white would not be quite white. */
const stretched = (rows: InterleavedRows, depth: number): InterleavedRows => ({
  ...rows,
  readRows: async (top, count) => (await rows.readRows(top, count)).map((value) => stretch(value >> (16 - depth), depth)),
});
