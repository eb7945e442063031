import { readFileSync } from 'node:fs';
import sharp, { type Sharp, type SharpOptions } from 'sharp';

// Operations are one-shot: a cache of them would only hold memory.
sharp.cache(false);

/**
 * sharp on a file of ours or of the person's, or on its bytes: read from top to bottom, without sharp's own pixel limit (the limit is
 * checked by `inspectPhoto` before anything is decoded), with values left in the file's own colours.
 */
export function decoder(source: string | Uint8Array, options: SharpOptions = {}): Sharp {
  return sharp(typeof source === 'string' && hasOptions(source) ? readFileSync(source) : source, {
    limitInputPixels: false,
    unlimited: true,
    sequentialRead: true,
    ignoreIcc: true,
    failOn: 'error',
    ...options,
  });
}

/**
 * libvips takes brackets at the end of a name for options, so that `photo.jpg[1]` would be page 1 of `photo.jpg`; there is no way to write
 * them otherwise. Such a file is given as its bytes.
 */
const hasOptions = (path: string): boolean => /\]\s*$/.test(path);

/** What sharp reads from a file's header. */
export const headerOf = (source: string | Uint8Array): ReturnType<Sharp['metadata']> => decoder(source, { failOn: 'none' }).metadata();
export type Header = Awaited<ReturnType<typeof headerOf>>;

/** A profile for colours whose own one could not be kept, or which were described in another way than by a profile. */
export async function builtInProfile(name: 'srgb' | 'p3'): Promise<Uint8Array> {
  const tiny = await sharp({ create: { width: 1, height: 1, channels: 3, background: 'black' } })
    .withIccProfile(name)
    .png()
    .toBuffer();
  const { icc } = await sharp(tiny).metadata();
  if (icc === undefined) throw new Error('sharp made no profile');
  return icc;
}
