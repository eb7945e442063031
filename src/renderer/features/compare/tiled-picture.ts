import type { Pyramid } from '../../../shared/engine-protocol.ts';
import { photoAddress } from '../../../shared/photo-addresses.ts';
import type { Rectangle } from './geometry.ts';

/** A photo, a result or a preview whose pyramid is there. */
export interface TiledPicture {
  readonly id: number;
  readonly version: string;
  readonly pyramid: Pyramid;
}

/** A picture somewhere on the photo. Later layers lie over earlier ones. */
export interface PaneLayer {
  readonly picture: TiledPicture;
  /** In 0…1 of the photo that the pane shows. */
  readonly at: Rectangle;
  /** How its pixels are shown once they are larger than the screen's: blended into each other, or as squares. */
  readonly enlarged: 'smooth' | 'squares';
}

export const everywhere: Rectangle = { left: 0, top: 0, width: 1, height: 1 };

export const pictureKey = (picture: TiledPicture): string => `${picture.id}@${picture.version}`;

/**
 * One tile of a picture, decoded. Whoever gets it closes it.
 * `raw`: the numbers as they are stored; otherwise the colours that the picture's profile means.
 * Rejects if the tile cannot be loaded, and when `signal` is aborted.
 */
export async function loadTile(
  picture: TiledPicture,
  tile: { readonly level: number; readonly column: number; readonly row: number },
  colours: 'raw' | 'shown',
  signal: AbortSignal,
): Promise<ImageBitmap> {
  const response = await fetch(photoAddress({ kind: 'tile', photo: picture.id, ...tile }, picture.version), { signal });
  if (!response.ok) throw new Error(`The tile was answered with ${response.status}.`);
  return createImageBitmap(await response.blob(), colours === 'raw' ? { colorSpaceConversion: 'none', premultiplyAlpha: 'none' } : {});
}
