/**
 * File extensions of photos and the format they stand for. Only folders are sifted by them, and likely results guessed; what a
 * file is, its bytes decide.
 */
export const photoExtensions: Readonly<Record<string, string>> = {
  jpg: 'jpeg',
  jpeg: 'jpeg',
  jpe: 'jpeg',
  jfif: 'jpeg',
  png: 'png',
  webp: 'webp',
  tif: 'tiff',
  tiff: 'tiff',
  avif: 'avif',
  heic: 'heic',
  heif: 'heic',
  hif: 'heic',
  gif: 'gif',
  jp2: 'jp2',
  j2k: 'jp2',
  jpf: 'jp2',
  jpx: 'jp2',
};

/** What each format is called among media types; a desktop may know it by any of them. */
export const photoMimeTypes: Readonly<Record<string, readonly string[]>> = {
  jpeg: ['image/jpeg'],
  png: ['image/png'],
  webp: ['image/webp'],
  tiff: ['image/tiff'],
  avif: ['image/avif'],
  heic: ['image/heif', 'image/heic'],
  gif: ['image/gif'],
  jp2: ['image/jp2', 'image/jpx', 'image/x-jp2-codestream'],
};

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
