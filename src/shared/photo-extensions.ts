import { outputFormats } from './output-formats.ts';

interface Names {
  readonly extensions: readonly string[];
  readonly mimeTypes: readonly string[];
}

/** Formats of photos by name: those that are written, and those that are only read. */
const formats: Readonly<Record<string, Names>> = {
  ...Object.fromEntries(
    Object.entries(outputFormats).map(([name, { extension, alsoNamed, mimeTypes }]) => [
      name,
      { extensions: [extension, ...alsoNamed], mimeTypes },
    ]),
  ),
  heic: { extensions: ['heic', 'heif', 'hif'], mimeTypes: ['image/heif', 'image/heic'] },
  jxl: { extensions: ['jxl'], mimeTypes: ['image/jxl'] },
  gif: { extensions: ['gif'], mimeTypes: ['image/gif'] },
  jp2: { extensions: ['jp2', 'j2k', 'jpf', 'jpx'], mimeTypes: ['image/jp2', 'image/jpx', 'image/x-jp2-codestream'] },
};

/**
 * File extensions of photos and the format they stand for. Only folders are sifted by them, and likely results guessed; what a
 * file is, its bytes decide.
 */
export const photoExtensions: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(formats).flatMap(([name, { extensions }]) => extensions.map((extension) => [extension, name])),
);

/** What each format is called among media types. */
export const photoMimeTypes: Readonly<Record<string, readonly string[]>> = Object.fromEntries(
  Object.entries(formats).map(([name, { mimeTypes }]) => [name, mimeTypes]),
);

/** The extension of a path or name, lower case, without the dot; empty where there is none. */
export function extensionOf(path: string): string {
  const name = fileNameOf(path);
  const dot = name.lastIndexOf('.');
  return dot > 0 ? name.slice(dot + 1).toLowerCase() : '';
}

/** The name without its extension. */
export function stemOf(name: string): string {
  const dot = name.lastIndexOf('.');
  return dot > 0 ? name.slice(0, dot) : name;
}

export const isPhotoName = (name: string): boolean => Object.hasOwn(photoExtensions, extensionOf(name));

const fileNameOf = (path: string): string => path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1);
