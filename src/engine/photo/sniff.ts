import { open } from 'node:fs/promises';
import { Problem } from '../../shared/problem.ts';

/** The formats that are read. What a file is, is decided by its bytes, never by its name. */
export type SourceFormat = 'jpeg' | 'png' | 'webp' | 'tiff' | 'avif' | 'heic' | 'gif';

interface Signature {
  /** Offset → bytes there, as Latin-1 text. */
  readonly at: Readonly<Record<number, string>>;
  /** A format that is read, or the name of one that is not. */
  readonly format: SourceFormat | { readonly unsupported: string };
}

const unsupported = (name: string): { unsupported: string } => ({ unsupported: name });

/** Tried in order: the more specific come first. */
const signatures: readonly Signature[] = [
  { at: { 0: '\xff\xd8\xff' }, format: 'jpeg' },
  { at: { 0: '\x89PNG\r\n\x1a\n' }, format: 'png' },
  { at: { 0: 'RIFF', 8: 'WEBP' }, format: 'webp' },
  { at: { 0: 'GIF87a' }, format: 'gif' },
  { at: { 0: 'GIF89a' }, format: 'gif' },
  { at: { 0: 'II*\0', 8: 'CR' }, format: unsupported('a Canon raw photo') },
  { at: { 0: 'IIU\0' }, format: unsupported('a Panasonic raw photo') },
  { at: { 0: 'IIRO' }, format: unsupported('an Olympus raw photo') },
  { at: { 0: 'IIRS' }, format: unsupported('an Olympus raw photo') },
  { at: { 0: 'MMOR' }, format: unsupported('an Olympus raw photo') },
  { at: { 0: 'FUJIFILMCCD-RAW' }, format: unsupported('a Fujifilm raw photo') },
  { at: { 0: 'FOVb' }, format: unsupported('a Sigma raw photo') },
  { at: { 0: '\0MRM' }, format: unsupported('a Minolta raw photo') },
  { at: { 4: 'ftypcrx ' }, format: unsupported('a Canon raw photo') },
  { at: { 0: 'II*\0' }, format: 'tiff' },
  { at: { 0: 'MM\0*' }, format: 'tiff' },
  { at: { 0: 'II+\0' }, format: 'tiff' },
  { at: { 0: 'MM\0+' }, format: 'tiff' },
  { at: { 0: '\0\0\0\x0cjP  \r\n\x87\n' }, format: unsupported('a JPEG 2000 photo, which this build cannot decode') },
  { at: { 0: '\xff\x4f\xff\x51' }, format: unsupported('a JPEG 2000 photo, which this build cannot decode') },
  { at: { 0: '\0\0\0\x0cJXL \r\n\x87\n' }, format: unsupported('a JPEG XL photo') },
  { at: { 0: '\xff\x0a' }, format: unsupported('a JPEG XL photo') },
  { at: { 0: 'II\xbc\x01' }, format: unsupported('a JPEG XR photo') },
  { at: { 0: '8BPS' }, format: unsupported('a Photoshop document') },
  { at: { 0: 'gimp xcf' }, format: unsupported('a GIMP document') },
  { at: { 0: '%PDF-' }, format: unsupported('a PDF document') },
  { at: { 0: '%!PS' }, format: unsupported('a PostScript document') },
  { at: { 0: '<svg' }, format: unsupported('an SVG drawing') },
  { at: { 0: 'BM', 6: '\0\0\0\0' }, format: unsupported('a Windows bitmap') },
  { at: { 0: '\0\0\x01\0' }, format: unsupported('a Windows icon') },
  { at: { 0: '#?RADIANCE' }, format: unsupported('a Radiance HDR image') },
  { at: { 0: 'v/1\x01' }, format: unsupported('an OpenEXR image') },
  { at: { 0: 'SIMPLE  =' }, format: unsupported('a FITS image') },
  { at: { 0: 'DDS ' }, format: unsupported('a DirectDraw texture') },
  { at: { 0: 'qoif' }, format: unsupported('a QOI image') },
  { at: { 0: 'P5\n' }, format: unsupported('a portable greymap') },
  { at: { 0: 'P6\n' }, format: unsupported('a portable pixmap') },
  { at: { 4: 'ftypqt  ' }, format: unsupported('a film') },
  { at: { 4: 'ftypisom' }, format: unsupported('a film') },
  { at: { 4: 'ftypmp42' }, format: unsupported('a film') },
  { at: { 0: '\x1a\x45\xdf\xa3' }, format: unsupported('a film') },
  { at: { 0: 'RIFF', 8: 'AVI ' }, format: unsupported('a film') },
];

const headBytes = 4096;

/** The format of a file's first bytes, or the name of an unsupported one, or null for anything else. */
export function sniffBytes(head: Uint8Array): SourceFormat | { unsupported: string } | null {
  const text = Buffer.from(head.buffer, head.byteOffset, head.length).toString('latin1');
  const match = signatures.find(({ at }) => Object.entries(at).every(([offset, bytes]) => text.startsWith(bytes, Number(offset))));
  if (match) return match.format;
  if (text.startsWith('ftyp', 4)) return sniffBrands(text);
  // XML may begin with a byte-order mark, a declaration, comments.
  return /^(\xef\xbb\xbf)?\s*<(\?xml|!--|!DOCTYPE svg)[^]*<svg[\s>]/.test(text) ? unsupported('an SVG drawing') : null;
}

/** HEIF container (ISO/IEC 23008-12): the brands say which codec. The major brand may be a general one such as `mif1`. */
function sniffBrands(text: string): SourceFormat | null {
  const length = (text.charCodeAt(2) << 8) | text.charCodeAt(3);
  const brands = [text.slice(8, 12), ...(text.slice(16, length).match(/[^]{4}/g) ?? [])];
  if (brands.includes('avif') || brands.includes('avis')) return 'avif';
  return brands.some((brand) => ['heic', 'heix', 'hevc', 'hevx', 'heim', 'heis', 'mif1', 'msf1', 'mif2'].includes(brand)) ? 'heic' : null;
}

/**
 * The format of the file at `path`.
 * @throws Problem not-found, not-readable, not-an-image, unsupported-image
 */
export async function sniffFile(path: string): Promise<SourceFormat> {
  const head = await readHead(path);
  const format = sniffBytes(head);
  if (format === null) {
    throw new Problem(
      'not-an-image',
      head.length === 0 ? 'The file is empty.' : 'The file is not a photo in any format that is known here.',
    );
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
  if (code === 'ENOENT' || code === 'ENOTDIR') return new Problem('not-found', 'The file does not exist.', { detail: path, cause: error });
  if (code === 'EISDIR') return new Problem('not-an-image', 'This is a folder, not a photo.', { detail: path, cause: error });
  if (code === 'EACCES' || code === 'EPERM' || code === 'EIO' || code === 'EBUSY') {
    return new Problem('not-readable', 'The file cannot be read.', { detail: `${path}: ${code}`, cause: error });
  }
  return error;
}
