import { stat } from 'node:fs/promises';
import type { PhotoFacts } from '../../shared/engine-protocol.ts';
import { Problem } from '../../shared/problem.ts';
import { sentence } from '../../shared/sentence.ts';
import { type Coding, type Contents } from '../containers/container.ts';
import { containerOf, containers } from '../containers/table.ts';
import { isTurned } from '../image/orientation.ts';
import { withBytes } from '../image/file-bytes.ts';
import type { Rectangle } from '../image/pixels.ts';
import { codedName, isHdr, profileName } from './colour.ts';
import { undecodable } from './complaint.ts';
import { headerOf, type Header } from './decoder.ts';
import { soundProfile } from './profile.ts';
import { sniffFile } from './sniff.ts';

/**
 * What a photo is, from its header alone: never decodes pixels.
 * @param limits.maxMegapixels photos that claim more are refused
 * @throws Problem not-found, not-readable, not-an-image, unsupported-image, damaged-image, too-many-pixels
 */
export async function inspectPhoto(path: string, limits: { maxMegapixels: number }): Promise<PhotoFacts> {
  return (await inspectWithHeader(path, limits)).facts;
}

/** What decoding needs to know of a photo. */
export interface Inspected {
  readonly facts: PhotoFacts;
  readonly header: Header;
  readonly coding: Coding;
}

/** {@link inspectPhoto}, with what decoding and writing need to know besides. */
export async function inspectWithHeader(
  path: string,
  { maxMegapixels }: { maxMegapixels: number },
): Promise<Inspected & { readonly contents: Contents }> {
  const format = await sniffFile(path);
  const container = containerOf(format);
  const coding = await withBytes(path, (file) => {
    container.refuse?.(file);
    return container.coding?.(file) ?? {};
  });
  const header = await headerOf(await headerSourceOf(path, coding)).catch((error: unknown) => {
    throw undecodable(error);
  });
  const contents = withBytes(path, (file) => container.read(file));
  const orientation = coding.orientation ?? header.orientation ?? contents.orientation ?? 1;
  const [width, height] = isTurned(orientation) ? [header.height, header.width] : [header.width, header.height];
  const megapixels = (width * height) / 1e6;
  if (megapixels > maxMegapixels) {
    throw new Problem(
      'too-many-pixels',
      sentence('photo.tooManyPixels', { width, height, megapixels: megapixels.toFixed(0), limit: maxMegapixels }),
    );
  }
  const icc = header.icc === undefined ? null : soundProfile(header.icc).icc;
  const coded = icc === null ? withBytes(path, (file) => container.codedColour?.(file) ?? null) : null;
  const facts: PhotoFacts = {
    path,
    fileBytes: (await stat(path)).size,
    format,
    width,
    height,
    bits: bitsOf(header),
    colour: colourOf(header, coding),
    profile: icc === null ? null : (profileName(icc) ?? 'unnamed'),
    alpha: hasOpacity(header, coding),
    orientation,
    ...resolutionOf(contents),
    frames: coding.frames ?? coding.pictures ?? contents.frames ?? header.pages ?? 1,
    quality: contents.quality,
    metadata: namesIn(header, contents),
    ...(isHdr(coded) ? { notes: [sentence('photo.hdr', { name: codedName(coded) })] } : {}),
  };
  return { facts, header, coding, contents };
}

/** Whether the file at `path` is a result of ours, unchanged since. False for anything unreadable. */
export async function hasMark(path: string): Promise<boolean> {
  const format = await sniffFile(path).catch(() => null);
  const container = format === null ? null : containers[format];
  if (container === null) return false;
  return withBytes(path, (file) => {
    for (const { holds } of container.walk(file)) if (holds === 'mark') return true;
    return false;
  });
}

function resolutionOf({ density }: Contents): Pick<PhotoFacts, 'dpi' | 'dpiDown'> {
  if (density === null) return { dpi: null };
  return density.x === density.y ? { dpi: density.x } : { dpi: density.x, dpiDown: density.y };
}

function bitsOf({ depth, space }: Header): 8 | 16 {
  if (depth === 'uchar') return 8;
  // Lab has a sign, and is converted.
  if (depth === 'ushort' || (depth === 'short' && space === 'labs')) return 16;
  throw new Problem('unsupported-image', sentence('photo.samples', { depth }));
}

/** Samples of a pixel beside its colours. */
const extrasIn = ({ hasAlpha }: Header, { extraSamples }: Coding): number => extraSamples?.length ?? (hasAlpha ? 1 : 0);

/** What is decoded of a photo: its file, or what is made of that. */
export const sourceOf = (path: string, { bytes }: Coding): string | Uint8Array | Promise<Uint8Array> =>
  bytes === undefined ? path : withBytes(path, bytes);

const headerSourceOf = (path: string, coding: Coding): string | Uint8Array | Promise<Uint8Array> => coding.header ?? sourceOf(path, coding);

/** A picture smaller than its canvas leaves the rest of it transparent. */
const hasOpacity = ({ hasAlpha, width, height }: Header, { extraSamples, frame }: Coding): boolean =>
  (frame !== undefined && !covers(frame, width, height)) || (extraSamples?.includes('alpha') ?? hasAlpha);

export const covers = ({ left, top, width, height }: Rectangle, toWidth: number, toHeight: number): boolean =>
  left === 0 && top === 0 && width >= toWidth && height >= toHeight;

function colourOf(header: Header, coding: Coding): string {
  const { space, channels } = header;
  const colours = channels - extrasIn(header, coding);
  if (space === 'cmyk' && colours >= 4) return 'cmyk';
  if (space === 'lab' || space === 'labs') return 'lab';
  if (colours === 1) return 'grey';
  if (colours === 3) return 'rgb';
  throw new Problem('unsupported-image', sentence('photo.channels', { channels, space }));
}

/** In the order that `info` shows. */
function namesIn(header: Header, { names }: Contents): string[] {
  const found = new Set([...names, ...(header.icc === undefined ? [] : ['ICC']), ...(header.gainMap === undefined ? [] : ['gain map'])]);
  return ['EXIF', 'XMP', 'IPTC', 'ICC', 'comment', 'text', 'gain map'].filter((name) => found.has(name));
}
