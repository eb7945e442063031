import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { PhotoFacts } from '../../shared/engine-protocol.ts';
import { Problem, throwIfCancelled } from '../../shared/problem.ts';
import { sentence, type Sentence } from '../../shared/sentence.ts';
import type { Carried, Coding, Contents } from '../containers/container.ts';
import { containerOf } from '../containers/table.ts';
import type { InterleavedRows, Pixels } from '../image/pixels.ts';
import { readProblem } from '../image/storage-problem.ts';
import { splitAlpha } from '../image/split-alpha.ts';
import { describeColour } from './colour.ts';
import { decodeRows } from './decode.ts';
import type { Header } from './decoder.ts';
import { inspectWithHeader } from './inspect.ts';
import { permissionBits } from './last-touches.ts';

/** What travels with the picture from source to result, and what of the source decides how the result is written. */
export interface PhotoMetadata extends Carried {
  /** Null where there is none, or where the pixels have left its colours. */
  readonly icc: Uint8Array | null;
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
  readonly signal?: AbortSignal | undefined;
}

/**
 * Decodes a photo once. Memory does not grow with the photo beyond what its format's decoder itself needs (progressive
 * JPEG, interlaced PNG, WebP, AVIF and HEIC are held whole by their decoders).
 * @throws Problem as inspectPhoto does; damaged-image, cancelled
 */
export async function openPhoto(path: string, { maxMegapixels, scratch, strict = false, signal }: OpenOptions): Promise<Photo> {
  const { contents, ...inspected } = await inspectWithHeader(path, { maxMegapixels });
  const { facts, header, coding } = inspected;
  throwIfCancelled(signal);
  const metadata = await metadataOf(path, header, contents);
  const { rows, missing, endless } = await decodeRows(inspected, scratch);
  try {
    if (missing !== null && strict) throw new Problem('damaged-image', missing);
    throwIfCancelled(signal);
    if (rows.width !== facts.width || rows.height !== facts.height) {
      const detail = `decoded ${rows.width} × ${rows.height} pixels, the header says ${facts.width} × ${facts.height}`;
      throw new Problem('damaged-image', sentence('photo.damaged'), { detail });
    }
    const parts = await partsOf(rows, scratch);
    const colour = await describeColour(facts);
    const converted = conversions(facts, header);
    if (rows.channels % 2 === 0 && parts.alpha === null) converted.push(sentence('converted.opaque'));
    if (endless) converted.push(sentence('converted.endless'));
    return {
      facts,
      pixels: parts.pixels,
      alpha: parts.alpha,
      metadata: colour.icc ? { ...metadata, icc: colour.icc } : metadata,
      converted,
      lost: [...(missing === null ? [] : [missing]), ...losses(facts, header, coding), ...colour.lost],
      close: parts.close,
    };
  } catch (error) {
    await rows.close();
    throw error;
  }
}

async function metadataOf(path: string, { icc, chromaSubsampling }: Header, contents: Contents): Promise<PhotoMetadata> {
  const { atime, mtime, mode } = await stat(path).catch((error: unknown) => {
    throw readProblem(error, path);
  });
  return {
    ...contents,
    icc: icc ?? null,
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

function losses({ format, frames }: PhotoFacts, header: Header, { extraSamples = [], frames: filmed }: Coding): Sentence[] {
  const count = extraSamples.filter((sample) => sample === 'other').length;
  const more = frames - 1;
  const others = header.delay === undefined && filmed === undefined ? containerOf(format).others : 'frames';
  const left = {
    frames: sentence('lost.frames', { frames }),
    pages: sentence('lost.pictures.first', { more }),
    pictures: sentence('lost.pictures.primary', { more }),
  }[others];
  return [
    ...(count > 0 ? [sentence('lost.extraChannels', { count })] : []),
    ...(frames > 1 ? [left] : []),
    ...(header.gainMap === undefined ? [] : [sentence('lost.gainMap')]),
  ];
}
