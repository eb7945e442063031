import type { Region } from '../../../shared/request.ts';
import type { Point, Rectangle, Size } from './geometry.ts';

/** Smaller ones are accidental, in source pixels. */
export const leastRegionSide = 8;

/**
 * The rectangle of the source between two spots (0…1 of the photo) as whole pixels inside the photo. Where it holds more than
 * `mostPixels`, it is made smaller with its shape kept, and stays at the spot where the drag began.
 */
export function regionBetween(from: Point, to: Point, source: Size, mostPixels: number): { region: Region; limited: boolean } {
  const horizontal = span(from.x * source.width, to.x * source.width, source.width);
  const vertical = span(from.y * source.height, to.y * source.height, source.height);
  const shrink = Math.min(1, Math.sqrt(mostPixels / (horizontal.length * vertical.length)));
  // At least one pixel, and floored: the product never exceeds the limit again.
  const width = Math.max(1, Math.floor(horizontal.length * shrink));
  const height = Math.max(1, Math.floor(vertical.length * shrink));
  return {
    region: {
      left: horizontal.backwards ? horizontal.start + horizontal.length - width : horizontal.start,
      top: vertical.backwards ? vertical.start + vertical.length - height : vertical.start,
      width,
      height,
    },
    limited: shrink < 1,
  };
}

function span(from: number, to: number, length: number): { start: number; length: number; backwards: boolean } {
  const inside = (value: number): number => Math.min(Math.max(value, 0), length);
  const start = Math.min(length - 1, Math.floor(inside(Math.min(from, to))));
  const end = Math.max(start + 1, Math.ceil(inside(Math.max(from, to))));
  return { start, length: end - start, backwards: to < from };
}

/** Where a region lies, in 0…1 of the photo. */
export const placeOfRegion = (region: Region, source: Size): Rectangle => ({
  left: region.left / source.width,
  top: region.top / source.height,
  width: region.width / source.width,
  height: region.height / source.height,
});

/** Where the whole photo lies when the region is the whole: {@link placeOfRegion} turned round. */
export const wholeAround = (region: Region, source: Size): Rectangle => ({
  left: -region.left / region.width,
  top: -region.top / region.height,
  width: source.width / region.width,
  height: source.height / region.height,
});
