import { open } from 'node:fs/promises';
import { Problem } from '../../shared/problem.ts';
import { sentence } from '../../shared/sentence.ts';
import { containers, type SourceFormat } from '../containers/table.ts';

/** What a file that is not read is called, so that people learn what they have. */
interface Unsupported {
  /** Offset → bytes there, as Latin-1 text. */
  readonly at: Readonly<Record<number, string>>;
  readonly name: string;
}

/** Tried before the formats that are read: some begin as one of these and are more than it. */
const unsupported: readonly Unsupported[] = [
  { at: { 0: 'II*\0', 8: 'CR' }, name: 'a Canon raw photo' },
  { at: { 0: 'IIU\0' }, name: 'a Panasonic raw photo' },
  { at: { 0: 'IIRO' }, name: 'an Olympus raw photo' },
  { at: { 0: 'IIRS' }, name: 'an Olympus raw photo' },
  { at: { 0: 'MMOR' }, name: 'an Olympus raw photo' },
  { at: { 0: 'FUJIFILMCCD-RAW' }, name: 'a Fujifilm raw photo' },
  { at: { 0: 'FOVb' }, name: 'a Sigma raw photo' },
  { at: { 0: '\0MRM' }, name: 'a Minolta raw photo' },
  { at: { 4: 'ftypcrx ' }, name: 'a Canon raw photo' },
  { at: { 0: '\0\0\0\x0cjP  \r\n\x87\n' }, name: 'a JPEG 2000 photo, which this build cannot decode' },
  { at: { 0: '\xff\x4f\xff\x51' }, name: 'a JPEG 2000 photo, which this build cannot decode' },
  { at: { 0: '\0\0\0\x0cJXL \r\n\x87\n' }, name: 'a JPEG XL photo' },
  { at: { 0: '\xff\x0a' }, name: 'a JPEG XL photo' },
  { at: { 0: 'II\xbc\x01' }, name: 'a JPEG XR photo' },
  { at: { 0: '8BPS' }, name: 'a Photoshop document' },
  { at: { 0: 'gimp xcf' }, name: 'a GIMP document' },
  { at: { 0: '%PDF-' }, name: 'a PDF document' },
  { at: { 0: '%!PS' }, name: 'a PostScript document' },
  { at: { 0: '<svg' }, name: 'an SVG drawing' },
  { at: { 0: 'BM', 6: '\0\0\0\0' }, name: 'a Windows bitmap' },
  { at: { 0: '\0\0\x01\0' }, name: 'a Windows icon' },
  { at: { 0: '#?RADIANCE' }, name: 'a Radiance HDR image' },
  { at: { 0: 'v/1\x01' }, name: 'an OpenEXR image' },
  { at: { 0: 'SIMPLE  =' }, name: 'a FITS image' },
  { at: { 0: 'DDS ' }, name: 'a DirectDraw texture' },
  { at: { 0: 'qoif' }, name: 'a QOI image' },
  { at: { 0: 'P5\n' }, name: 'a portable greymap' },
  { at: { 0: 'P6\n' }, name: 'a portable pixmap' },
  { at: { 4: 'ftypqt  ' }, name: 'a film' },
  { at: { 4: 'ftypisom' }, name: 'a film' },
  { at: { 4: 'ftypmp42' }, name: 'a film' },
  { at: { 0: '\x1a\x45\xdf\xa3' }, name: 'a film' },
  { at: { 0: 'RIFF', 8: 'AVI ' }, name: 'a film' },
];

const headBytes = 4096;

/** The format of a file's first bytes, or the name of an unsupported one, or null for anything else. */
export function sniffBytes(head: Uint8Array): SourceFormat | { unsupported: string } | null {
  const text = Buffer.from(head.buffer, head.byteOffset, head.length).toString('latin1');
  const foreign = unsupported.find(({ at }) => Object.entries(at).every(([offset, bytes]) => text.startsWith(bytes, Number(offset))));
  if (foreign) return { unsupported: foreign.name };
  for (const [name, container] of Object.entries(containers)) if (container.begins(text)) return name as SourceFormat;
  // XML may begin with a byte-order mark, a declaration, comments.
  return /^(\xef\xbb\xbf)?\s*<(\?xml|!--|!DOCTYPE svg)[^]*<svg[\s>]/.test(text) ? { unsupported: 'an SVG drawing' } : null;
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
  if (typeof format === 'object') throw new Problem('unsupported-image', `The file is ${format.unsupported}.`);
  return format;
}

async function readHead(path: string): Promise<Uint8Array> {
  try {
    const file = await open(path, 'r');
    try {
      const { bytesRead, buffer } = await file.read(Buffer.alloc(headBytes), 0, headBytes, 0);
      return buffer.subarray(0, bytesRead);
    } finally {
      await file.close();
    }
  } catch (error) {
    throw readProblem(error, path);
  }
}

/** What an error of the file system on reading a photo means. */
export function readProblem(error: unknown, path: string): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ENOENT' || code === 'ENOTDIR') return new Problem('not-found', sentence('photo.missing'), { detail: path, cause: error });
  if (code === 'EISDIR') return new Problem('not-an-image', sentence('photo.isFolder'), { detail: path, cause: error });
  if (code === 'EACCES' || code === 'EPERM' || code === 'EIO' || code === 'EBUSY') {
    return new Problem('not-readable', sentence('problem.not-readable'), { detail: `${path}: ${code}`, cause: error });
  }
  return error;
}
