import { rm, stat, statfs } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { freeBytes } from '../../shared/disk-room.ts';
import type { Notice } from '../../shared/engine-protocol.ts';
import { defaultOptions, type Options } from '../../shared/options.ts';
import { outputFormats, type OutputFormat } from '../../shared/output-formats.ts';
import { Problem, throwIfCancelled } from '../../shared/problem.ts';
import { sentence, type Sentence } from '../../shared/sentence.ts';
import { syncFile, syncFolder } from '../../system/disk.ts';
import type { Attachments, Choices } from '../containers/container.ts';
import { writeParts } from '../containers/parts.ts';
import { containers } from '../containers/table.ts';
import { withBytes } from '../image/file-bytes.ts';
import type { Pixels } from '../image/pixels.ts';
import { placementOf } from '../image/placement.ts';
import type { StripFile } from '../tiff/strip-file.ts';
import { attach, type AttachmentReport } from './attachments.ts';
import { profileFits } from './colour.ts';
import { compose, type Composition } from './compose.ts';
import { chooseQuality, encode } from './encode.ts';
import { modifiedTime, touch } from './last-touches.ts';
import type { Photo } from './open.ts';
import { notFoundIn } from './kept.ts';
import { place, withTemporary, type Collision } from './safe-file.ts';
import { verifyResult } from './verify.ts';

/** An enlarged picture and the photo it was made from. */
export interface Result {
  readonly pixels: StripFile;
  /** At the source's size: it is enlarged here. */
  readonly alpha: Pixels | null;
  readonly photo: Photo;
  /** Final size: `pixels` are resampled to it (Lanczos 3) where it differs from theirs. */
  readonly width: number;
  readonly height: number;
}

export interface WriteOptions {
  /** Absolute path of the result. */
  readonly destination: string;
  readonly onCollision: Collision;
  /** Files that must not be replaced; the photo itself is added. */
  readonly originals: readonly string[];
  readonly format: OutputFormat;
  readonly quality: Options['quality'];
  /** As usual where absent. */
  readonly choices?: Choices;
  /** `#rrggbb` behind transparency where the format has none. */
  readonly background: string;
  /** Null keeps the source's. */
  readonly dpi: number | null;
  /** An existing folder for this job's temporary files. */
  readonly scratch: string;
  readonly signal?: AbortSignal | undefined;
  onStage?(stage: 'encode' | 'verify'): void;
  /** What the disk would not do for a result that is whole all the same. */
  readonly onNotice?: (notice: Notice) => void;
}

export interface WrittenPhoto {
  /** Null: skipped, because the name was taken. */
  readonly path: string | null;
  readonly fileBytes: number;
  readonly quality: number | null;
  readonly kept: readonly Sentence[];
  readonly converted: readonly Sentence[];
  readonly lost: readonly Sentence[];
}

/**
 * Writes a result so that there is either the whole verified file under its name or nothing: temporary name in the same
 * folder, fsync, complete decode, then one atomic step that never replaces an original. Memory stays bounded by rows
 * where the format's encoder allows it (WebP and AVIF encoders hold the picture). Once verified, the result counts: times,
 * permissions and confirmations that the disk refuses are told, and cost nothing else.
 * @throws Problem not-writable, not-enough-disk, not-verified, already-exists, would-overwrite-original, cancelled
 */
export async function writePhoto(result: Result, options: WriteOptions): Promise<WrittenPhoto> {
  const { format, signal, destination } = options;
  const { photo, width, height } = result;
  options.onStage?.('encode');
  const quality = chooseQuality(options.quality, format, photo);
  const plan = planColours(result, options);
  const placement = placementOf(photo.facts, { width, height });
  const report = attach(plan.metadata, format, { placement, dpi: options.dpi, channels: plan.channels });
  const picture = await composeForFormat(result, options, plan.convertFrom);
  const write = async (temporary: string): Promise<WrittenPhoto> => {
    const lost = await writeFile(picture, report.attachments, {
      ...options,
      quality,
      convert: plan.convertFrom !== null,
      photo,
      temporary,
    });
    throwIfCancelled(signal);
    const unsynced = await syncFile(temporary);
    options.onStage?.('verify');
    await verifyResult(temporary, picture, {
      format,
      bits: bitsIn(format, picture),
      quality,
      sameColours: plan.convertFrom === null,
    });
    throwIfCancelled(signal);
    const notFound = notFoundIn(temporary, format, report.attachments);
    const placed = await finish(temporary, photo, options, unsynced);
    return { ...placed, quality, ...reportOf(result, options, plan, asFound(report, notFound), [...lost, ...placed.lost]) };
  };
  try {
    return await withTemporary(destination, write, {
      mode: photo.metadata.mode,
      onLeft: (path) => options.onNotice?.({ code: 'scratch-left', message: sentence('notice.scratchLeft', { folder: path }) }),
    });
  } finally {
    // Whatever cannot be closed or removed lies in the scratch folder, whose removal tells.
    await picture.close().catch(() => undefined);
  }
}

/** "Kept" is what is in the result. */
const asFound = ({ kept, lost, ...rest }: AttachmentReport, notFound: ReadonlySet<string>): AttachmentReport => ({
  ...rest,
  kept: kept.filter(({ code }) => !notFound.has(code)),
  lost: [...lost, ...kept.filter(({ code }) => notFound.has(code)).map((part) => sentence('lost.notFound', { part }))],
});

/** Gives a verified result what it has of its photo, and its name. */
async function finish(
  temporary: string,
  { facts, metadata }: Photo,
  { destination, onCollision, originals, ...options }: WriteOptions,
  unsynced: string | null,
): Promise<Pick<WrittenPhoto, 'path' | 'fileBytes' | 'lost'>> {
  const { size } = await stat(temporary);
  const modified = onCollision === 'overwrite-result' ? await modifiedTime(metadata.modified, destination) : metadata.modified;
  const lost = await touch(temporary, { ...metadata, modified });
  const path = await place(temporary, destination, { onCollision, originals: [facts.path, ...originals] });
  const told = unsynced ?? (await syncFolder(dirname(destination)));
  if (told !== null && path !== null) options.onNotice?.({ code: 'not-synced', message: sentence('notice.notSynced', { code: told }) });
  return { path, fileBytes: path === null ? 0 : size, lost };
}

/** 16 bits where format and picture have them. */
const bitsIn = (format: OutputFormat, { bits }: Pick<Pixels, 'bits'>): 8 | 16 =>
  bits === 16 && (outputFormats[format].bits as readonly number[]).includes(16) ? 16 : 8;

interface ColourPlan {
  readonly metadata: Photo['metadata'];
  /** Colours in the written file. */
  readonly channels: 1 | 3;
  /** A grey profile that the format cannot carry: the encoder converts from it to sRGB. */
  readonly convertFrom: Uint8Array | null;
}

function planColours({ pixels, photo }: Result, { format }: WriteOptions): ColourPlan {
  const { metadata } = photo;
  const { colourOnly } = containers[format];
  const channels = colourOnly ? 3 : pixels.channels;
  const convertFrom = colourOnly && pixels.channels === 1 && metadata.icc !== null && profileFits(metadata.icc, 1) ? metadata.icc : null;
  return { metadata, channels, convertFrom };
}

async function composeForFormat(result: Result, options: WriteOptions, profile: Uint8Array | null): Promise<Composition> {
  const { pixels, alpha, width, height } = result;
  const { scratch, signal } = options;
  const flattenOn = outputFormats[options.format].alpha ? null : options.background;
  return withScratch(scratch, () => compose({ pixels, alpha, width, height, scratch, signal, flattenOn, profile }));
}

async function writeFile(
  picture: Composition,
  attachments: Attachments,
  how: Pick<WriteOptions, 'format' | 'scratch' | 'signal' | 'choices'> & {
    quality: number | null;
    convert: boolean;
    photo: Photo;
    temporary: string;
  },
): Promise<Sentence[]> {
  const { format, scratch, quality, convert, photo, temporary, choices = defaultOptions } = how;
  const { write } = containers[format];
  if (typeof write === 'function') return write(picture, attachments, temporary, choices);
  const encoded = join(scratch, `encoded.${outputFormats[format].extension}`);
  try {
    const { chroma } = photo.metadata;
    await withScratch(scratch, () => encode(picture, encoded, write, { bits: bitsIn(format, picture), quality, convert, chroma, choices }));
    throwIfCancelled(how.signal);
    const parts = withBytes(encoded, (file) => write.parts(file, attachments, picture));
    await writeParts(encoded, parts, temporary);
  } finally {
    // What stays lies in the scratch folder, whose removal tells.
    await rm(encoded, { force: true }).catch(() => undefined);
  }
  return [];
}

/** Less room than this on a disk, after an encoder failed, is why it failed: sharp's own message says only that it could not write. */
const fullBytes = 1 << 20;

async function withScratch<T>(scratch: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Problem) throw error;
    const disk = await statfs(scratch).catch(() => null);
    throw disk !== null && freeBytes(disk) < fullBytes
      ? new Problem('not-enough-disk', sentence('disk.temporaryFull'), { detail: scratch, cause: error })
      : error;
  }
}

function reportOf(
  { pixels, alpha, photo }: Result,
  { format, background }: WriteOptions,
  plan: ColourPlan,
  { kept, lost }: AttachmentReport,
  lostInWriting: readonly Sentence[],
): Pick<WrittenPhoto, 'kept' | 'converted' | 'lost'> {
  const { label } = outputFormats[format];
  const { depth } = photo;
  const narrowed = photo.facts.bits === 16 && bitsIn(format, pixels) === 8;
  const flattened = alpha !== null && !outputFormats[format].alpha;
  const { icc } = photo.metadata;
  const droppedProfile = icc !== null && plan.convertFrom === null && !profileFits(icc, plan.channels);
  return {
    kept: [
      ...kept.filter(({ code }) => code !== 'part.times' || !lostInWriting.some((loss) => loss.code === 'lost.times')),
      ...(photo.facts.bits === 16 && !narrowed ? [depth === 16 ? sentence('part.bits16') : sentence('part.depth', { bits: depth })] : []),
      ...(alpha !== null && !flattened ? [sentence('part.transparency')] : []),
    ],
    converted: [
      ...photo.converted,
      ...(narrowed
        ? [depth === 16 ? sentence('converted.bits', { format: label }) : sentence('converted.depth', { bits: depth, format: label })]
        : []),
      ...(flattened ? [sentence('converted.flattened', { background, format: label })] : []),
      ...(plan.convertFrom ? [sentence('converted.grey', { format: label })] : []),
    ],
    lost: once([...photo.lost, ...lost, ...lostInWriting, ...(droppedProfile ? [sentence('lost.profile')] : [])]),
  };
}

/** Several parts of a file may have held the same, such as a thumbnail. */
const once = (sentences: readonly Sentence[]): Sentence[] => [...new Map(sentences.map((each) => [JSON.stringify(each), each])).values()];
