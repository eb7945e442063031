import type { Region } from '../../../shared/request.ts';
import type { Size } from './geometry.ts';
import { everywhere, type PaneLayer, type TiledPicture } from './tiled-picture.ts';
import { placeOfRegion } from './region.ts';

/** An enhanced rectangle of the source. */
export interface Enhanced {
  readonly picture: TiledPicture;
  readonly region: Region;
}

export interface Sides {
  /** What is measured in: the pixels of the larger side. */
  readonly photo: Size;
  /** Empty where there is nothing to compare with. */
  readonly before: readonly PaneLayer[];
  readonly after: readonly PaneLayer[];
}

/**
 * What lies on the two sides. A preview lies over the result, or over the enlarged source where there is no result yet: outside of
 * it both sides are then the same.
 */
export function sidesOf(
  source: TiledPicture,
  result: TiledPicture | null,
  preview: Enhanced | null,
  enlarged: PaneLayer['enlarged'],
): Sides {
  const original: PaneLayer = { picture: source, at: everywhere, enlarged };
  const { width, height } = source.pyramid;
  const layers: PaneLayer[] = [result === null ? original : { picture: result, at: everywhere, enlarged: 'squares' }];
  let photo: Size = result?.pyramid ?? source.pyramid;
  if (preview !== null) {
    const { picture, region } = preview;
    layers.push({ picture, at: placeOfRegion(region, source.pyramid), enlarged: 'squares' });
    const scale = picture.pyramid.width / region.width;
    // Previews in another scale than the result's are the ones to be seen at true size.
    photo = { width: Math.round(width * scale), height: Math.round(height * scale) };
  }
  return { photo, before: result === null && preview === null ? [] : [original], after: layers };
}
