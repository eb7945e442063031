import { isTurned } from './orientation.ts';

/** From a picture as it is stored to the upright, enlarged one: what metadata that speaks of places has to follow. */
export interface Placement {
  /** The EXIF orientation 1…8 that was applied to the pixels (Exif 2.32 §4.6.4). */
  readonly orientation: number;
  /** The picture as it is stored, before it was turned. */
  readonly stored: { readonly width: number; readonly height: number };
  /** The result. */
  readonly result: { readonly width: number; readonly height: number };
}

/** Of a photo whose size is this when it is upright. */
export function placementOf(
  { orientation, width, height }: { readonly orientation: number; readonly width: number; readonly height: number },
  result: Placement['result'],
): Placement {
  const stored = isTurned(orientation) ? { width: height, height: width } : { width, height };
  return { orientation, stored, result };
}

/** A point of the stored picture, as fractions of its width and height, in the upright one. */
export function placed({ orientation }: Pick<Placement, 'orientation'>, [x, y]: readonly [number, number]): [number, number] {
  switch (orientation) {
    case 2:
      return [1 - x, y];
    case 3:
      return [1 - x, 1 - y];
    case 4:
      return [x, 1 - y];
    case 5:
      return [y, x];
    case 6:
      return [1 - y, x];
    case 7:
      return [1 - y, 1 - x];
    case 8:
      return [y, 1 - x];
    default:
      return [x, y];
  }
}

/** A pair of widths, or of anything else that goes with the two axes. */
export const turnedPair = <T>({ orientation }: Pick<Placement, 'orientation'>, [x, y]: readonly [T, T]): [T, T] =>
  isTurned(orientation) ? [y, x] : [x, y];

/** Pixels of the result per pixel of the stored picture, along the result's axes. */
export function enlargement({ orientation, stored, result }: Placement): [number, number] {
  const [width, height] = turnedPair({ orientation }, [stored.width, stored.height]);
  return [result.width / width, result.height / height];
}

/** A point in pixels of the stored picture, in pixels of the result. */
export function placedPixel(placement: Placement, [x, y]: readonly [number, number]): [number, number] {
  const { stored, result } = placement;
  const [u, v] = placed(placement, [x / stored.width, y / stored.height]);
  return [u * result.width, v * result.height];
}
