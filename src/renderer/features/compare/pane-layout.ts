import type { CompareMode } from './modes.ts';
import type { Point, Rectangle, Size } from './geometry.ts';

/** Between two panes, in device pixels. */
const gap = 2;

export interface PaneLayout {
  /** The same for every pane, so that all show the same spot in the same place. Device pixels. */
  readonly pane: Size;
  readonly before: Rectangle;
  readonly after: Rectangle;
  readonly arrangement: 'stacked' | 'beside' | 'below';
}

/** Where the two panes lie in the viewport: over each other, or beside or below each other, whichever shows more of the photo. */
export function paneLayout(viewport: Size, mode: CompareMode, photo: Size): PaneLayout {
  if (mode !== 'side-by-side') {
    const whole = { left: 0, top: 0, ...viewport };
    return { pane: viewport, before: whole, after: whole, arrangement: 'stacked' };
  }
  const beside = { width: half(viewport.width), height: viewport.height };
  const below = { width: viewport.width, height: half(viewport.height) };
  const fits = (pane: Size): number => Math.min(pane.width / photo.width, pane.height / photo.height);
  return fits(beside) >= fits(below)
    ? {
        pane: beside,
        before: { left: 0, top: 0, ...beside },
        after: { left: viewport.width - beside.width, top: 0, ...beside },
        arrangement: 'beside',
      }
    : {
        pane: below,
        before: { left: 0, top: 0, ...below },
        after: { left: 0, top: viewport.height - below.height, ...below },
        arrangement: 'below',
      };
}

/** A point of the viewport as a point of the pane that it lies on. */
export function panePoint(at: Point, { after, arrangement }: PaneLayout): Point {
  if (arrangement === 'beside' && at.x >= after.left) return { x: at.x - after.left, y: at.y };
  if (arrangement === 'below' && at.y >= after.top) return { x: at.x, y: at.y - after.top };
  return at;
}

/**
 * Equal cells for so many pictures of one shape, as large as the viewport allows and no larger than a picture that fills them, but for
 * room for a heading of `least` pixels. `cell` is what is left below the heading, in whole device pixels as everything here.
 */
export function cellLayout(
  viewport: Size,
  count: number,
  picture: Size,
  { spacing, heading, least }: { readonly spacing: number; readonly heading: number; readonly least: number },
): { readonly columns: number; readonly cell: Size } {
  let best = { columns: 1, cell: { width: 0, height: 0 }, fits: -1 };
  for (let columns = 1; columns <= Math.max(1, count); columns += 1) {
    const rows = Math.ceil(count / columns);
    const cell = {
      width: Math.max(0, Math.floor((viewport.width - spacing * (columns + 1)) / columns)),
      height: Math.max(0, Math.floor((viewport.height - spacing * (rows + 1)) / rows) - heading),
    };
    const fits = Math.min(cell.width / picture.width, cell.height / picture.height);
    if (fits > best.fits) best = { columns, cell, fits };
  }
  const { columns, cell, fits } = best;
  const filled = Math.max(Math.ceil(picture.width * fits), Math.min(least, cell.width));
  return { columns, cell: { width: Math.min(cell.width, filled), height: Math.min(cell.height, Math.ceil(picture.height * fits)) } };
}

const half = (length: number): number => Math.max(0, Math.floor((length - gap) / 2));
