import { stat } from 'node:fs/promises';
import type { PhotoFacts } from '../../shared/engine-protocol.ts';
import { Problem } from '../../shared/problem.ts';
import { sentence } from '../../shared/sentence.ts';
import { markText, type Contents } from '../containers/container.ts';
import { containerOf, containers } from '../containers/table.ts';
import { withBytes } from '../image/file-bytes.ts';
import { profileName } from './colour.ts';
import { headerOf, type Header } from './decoder.ts';
import { sniffFile } from './sniff.ts';

/**
 * What a photo is, from its header alone: never decodes pixels.
 * @param limits.maxMegapixels photos that claim more are refused
 * @throws Problem not-found, not-readable, not-an-image, unsupported-image, damaged-image, too-many-pixels
 */
export async function inspectPhoto(path: string, limits: { maxMegapixels: number }): Promise<PhotoFacts> {
  return (await inspectWithHeader(path, limits)).facts;
}

/** {@link inspectPhoto}, with what decoding needs to know besides. */
export async function inspectWithHeader(
  path: string,
  { maxMegapixels }: { maxMegapixels: number },
): Promise<{ facts: PhotoFacts; header: Header; contents: Contents }> {
  const format = await sniffFile(path);
  const container = containerOf(format);
  withBytes(path, (file) => container.refuse?.(file));
  const header = await headerOf(path).catch((error: unknown) => {
    throw damaged(error);
  });
  const contents = withBytes(path, (file) => container.read(file, header));
  const orientation = header.orientation ?? contents.orientation ?? 1;
  const [width, height] = orientation >= 5 ? [header.height, header.width] : [header.width, header.height];
  const megapixels = (width * height) / 1e6;
  if (megapixels > maxMegapixels) {
    throw new Problem(
      'too-many-pixels',
      sentence('photo.tooManyPixels', { width, height, megapixels: megapixels.toFixed(0), limit: maxMegapixels }),
    );
  }
  const facts: PhotoFacts = {
    path,
    fileBytes: (await stat(path)).size,
    format,
    width,
    height,
    bits: bitsOf(header),
    colour: colourOf(header),
    profile: header.icc === undefined ? null : (profileName(header.icc) ?? 'unnamed'),
    alpha: header.hasAlpha,
    orientation,
    dpi: contents.dpi,
    frames: header.pages ?? 1,
    quality: contents.quality,
    metadata: namesOf(header, contents),
  };
  return { facts, header, contents };
}

/** Whether the file at `path` is a result of ours, unchanged since. False for anything unreadable. */
export async function hasMark(path: string): Promise<boolean> {
  const format = await sniffFile(path).catch(() => null);
  const container = format === null ? null : containers[format];
  if (container === null || !('mark' in container)) return false;
  return withBytes(path, (file) => {
    for (const { kind, offset } of container.walk(file))
      if (kind === container.mark && file.read(offset, markText.length).equals(markText)) return true;
    return false;
  });
}

/** A file that its own decoder cannot make sense of. */
export const damaged = (cause: unknown): Problem =>
  new Problem('damaged-image', sentence('photo.damaged'), {
    detail: cause instanceof Error ? (cause.message.split('\n')[0] ?? '') : String(cause),
    cause,
  });

function bitsOf({ depth }: Header): 8 | 16 {
  if (depth === 'uchar') return 8;
  if (depth === 'ushort' || depth === 'short') return 16;
  throw new Problem('unsupported-image', sentence('photo.samples', { depth }));
}

function colourOf({ space, channels, hasAlpha }: Header): string {
  const colours = channels - (hasAlpha ? 1 : 0);
  if (space === 'cmyk' && colours >= 4) return 'cmyk';
  if (space === 'lab' || space === 'labs') return 'lab';
  if (colours === 1) return 'grey';
  if (colours === 3) return 'rgb';
  throw new Problem('unsupported-image', sentence('photo.channels', { channels, space }));
}

function namesOf(header: Header, { names }: Contents): string[] {
  const found = {
    EXIF: header.exif,
    XMP: header.xmp,
    IPTC: header.iptc,
    ICC: header.icc,
    comment: undefined,
    text: undefined,
    'gain map': header.gainMap,
  };
  return Object.entries(found).flatMap(([name, inHeader]) => (inHeader !== undefined || names.includes(name) ? [name] : []));
}
