import { isUtf8 } from 'node:buffer';
import { constants } from 'node:fs';
import { open, readdir, readlink } from 'node:fs/promises';
import { join, parse, sep } from 'node:path';
import { Problem } from '../../shared/problem.ts';
import { sentence, type Sentence } from '../../shared/sentence.ts';
import { containers, type SourceFormat } from '../containers/table.ts';
import { systemCode } from '../../system/errors.ts';
import { readProblem } from '../image/storage-problem.ts';

/** What a file that is not read is called, so that people learn what they have. */
interface Unsupported {
  /** Offset → bytes there, as Latin-1 text. */
  readonly at: Readonly<Record<number, string>>;
  readonly name: Sentence;
}

/** Tried before the formats that are read: some begin as one of these and are more than it. */
const unsupported: readonly Unsupported[] = [
  { at: { 0: 'II*\0', 8: 'CR' }, name: sentence('kind.raw', { maker: 'Canon' }) },
  { at: { 0: 'IIU\0' }, name: sentence('kind.raw', { maker: 'Panasonic' }) },
  { at: { 0: 'IIRO' }, name: sentence('kind.raw', { maker: 'Olympus' }) },
  { at: { 0: 'IIRS' }, name: sentence('kind.raw', { maker: 'Olympus' }) },
  { at: { 0: 'MMOR' }, name: sentence('kind.raw', { maker: 'Olympus' }) },
  { at: { 0: 'FUJIFILMCCD-RAW' }, name: sentence('kind.raw', { maker: 'Fujifilm' }) },
  { at: { 0: 'FOVb' }, name: sentence('kind.raw', { maker: 'Sigma' }) },
  { at: { 0: '\0MRM' }, name: sentence('kind.raw', { maker: 'Minolta' }) },
  { at: { 4: 'ftypcrx ' }, name: sentence('kind.raw', { maker: 'Canon' }) },
  { at: { 0: '\0\0\0\x0cjP  \r\n\x87\n' }, name: sentence('kind.jpeg2000') },
  { at: { 0: '\xff\x4f\xff\x51' }, name: sentence('kind.jpeg2000') },
  { at: { 0: 'II\xbc\x01' }, name: sentence('kind.photo', { name: 'JPEG XR' }) },
  { at: { 0: '8BPS' }, name: sentence('kind.document', { name: 'Photoshop' }) },
  { at: { 0: 'gimp xcf' }, name: sentence('kind.document', { name: 'GIMP' }) },
  { at: { 0: '%PDF-' }, name: sentence('kind.document', { name: 'PDF' }) },
  { at: { 0: '%!PS' }, name: sentence('kind.document', { name: 'PostScript' }) },
  { at: { 0: '<svg' }, name: sentence('kind.svg') },
  { at: { 0: 'BM', 6: '\0\0\0\0' }, name: sentence('kind.bitmap') },
  { at: { 0: '\0\0\x01\0' }, name: sentence('kind.icon') },
  { at: { 0: '#?RADIANCE' }, name: sentence('kind.image', { name: 'Radiance HDR' }) },
  { at: { 0: 'v/1\x01' }, name: sentence('kind.image', { name: 'OpenEXR' }) },
  { at: { 0: 'SIMPLE  =' }, name: sentence('kind.image', { name: 'FITS' }) },
  { at: { 0: 'DDS ' }, name: sentence('kind.texture') },
  { at: { 0: 'qoif' }, name: sentence('kind.image', { name: 'QOI' }) },
  { at: { 0: 'P5\n' }, name: sentence('kind.greymap') },
  { at: { 0: 'P6\n' }, name: sentence('kind.pixmap') },
  { at: { 4: 'ftypqt  ' }, name: sentence('kind.film') },
  { at: { 4: 'ftypisom' }, name: sentence('kind.film') },
  { at: { 4: 'ftypmp42' }, name: sentence('kind.film') },
  { at: { 0: '\x1a\x45\xdf\xa3' }, name: sentence('kind.film') },
  { at: { 0: 'RIFF', 8: 'AVI ' }, name: sentence('kind.film') },
];

const headBytes = 4096;

/** The format of a file's first bytes, or the name of an unsupported one, or null for anything else. */
export function sniffBytes(head: Uint8Array): SourceFormat | { unsupported: Sentence } | null {
  const text = Buffer.from(head.buffer, head.byteOffset, head.length).toString('latin1');
  const foreign = unsupported.find(({ at }) => Object.entries(at).every(([offset, bytes]) => text.startsWith(bytes, Number(offset))));
  if (foreign) return { unsupported: foreign.name };
  for (const [name, container] of Object.entries(containers)) if (container.begins(text)) return name as SourceFormat;
  // XML may begin with a byte-order mark, a declaration, comments.
  return /^(\xef\xbb\xbf)?\s*<(\?xml|!--|!DOCTYPE svg)[^]*<svg[\s>]/.test(text) ? { unsupported: sentence('kind.svg') } : null;
}

/**
 * The format of the file at `path`.
 * @throws Problem not-found, not-readable, not-an-image, unsupported-image
 */
export async function sniffFile(path: string): Promise<SourceFormat> {
  const head = await readHead(path);
  const format = sniffBytes(head);
  if (format === null) {
    throw new Problem('not-an-image', sentence(head.length === 0 ? 'photo.empty' : 'photo.unknownFormat'));
  }
  if (typeof format === 'object') {
    const kind = format.unsupported;
    const how = kind.code === 'kind.raw' ? { advice: sentence('photo.raw.advice') } : {};
    throw new Problem('unsupported-image', sentence('photo.isKind', { kind }), how);
  }
  return format;
}

async function readHead(path: string): Promise<Uint8Array> {
  try {
    // A pipe that nobody writes to would otherwise hold the opening up for ever.
    const file = await open(path, constants.O_RDONLY | ((constants.O_NONBLOCK as number | undefined) ?? 0));
    try {
      const kind = await file.stat();
      if (!kind.isFile() && !kind.isDirectory()) throw new Problem('not-an-image', sentence('photo.notAFile'), { detail: path });
      const { bytesRead, buffer } = await file.read(Buffer.alloc(headBytes), 0, headBytes, 0);
      return buffer.subarray(0, bytesRead);
    } finally {
      await file.close();
    }
  } catch (error) {
    throw (systemCode(error) === 'ENOENT' ? await missing(path) : null) ?? readProblem(error, path);
  }
}

/** Why nothing is found at a path, though something may be there; null where there is not. */
async function missing(path: string): Promise<Problem | null> {
  const target = await readlink(path).catch(() => null);
  if (target !== null) return new Problem('not-found', sentence('photo.linkToNowhere', { target }), { detail: path });
  if (!(await isNamedOddly(path))) return null;
  return new Problem('not-readable', sentence('photo.oddName'), { detail: path, advice: sentence('photo.oddName.advice') });
}

/** What stands in a text for bytes that are no UTF-8. */
const replacement = '\uFFFD';
const shortened = (text: string): string => text.replaceAll(/\uFFFD+/g, replacement);

/** Whether a path that leads nowhere is that of a file whose name has bytes that are no UTF-8, which no path in Unicode can name. */
async function isNamedOddly(path: string): Promise<boolean> {
  const { root } = parse(path);
  const parts = path.slice(root.length).split(sep);
  const at = parts.findIndex((part) => part.includes(replacement));
  if (at === -1) return false;
  const names = await readdir(join(root, ...parts.slice(0, at)), { encoding: 'buffer' }).catch(() => []);
  return names.some((name) => !isUtf8(name) && shortened(name.toString()) === shortened(parts[at] ?? ''));
}
