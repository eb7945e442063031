import type { Rectangle } from '../image/pixels.ts';

/** Tiles of one fixed size that overlap: every pair of a column and a row is one. */
export interface FixedPlan {
  /** Left edges, in order. */
  readonly columns: readonly number[];
  /** Top edges, in order. */
  readonly rows: readonly number[];
  /** What of the picture lies under them. */
  readonly covered: Rectangle;
}

/**
 * First pixels of the tiles along an axis: every tile − overlap pixels, the last one moved back so that it ends with the axis. An
 * axis shorter than a tile has one.
 */
export function placesAlong(length: number, tile: number, overlap: number): number[] {
  const places: number[] = [];
  for (let place = 0; place < length - tile; place += tile - overlap) places.push(place);
  return [...places, Math.max(0, length - tile)];
}

/** The tiles of a picture, or those of them that touch the part `seen`: there, every pixel has all the tiles that it has in the whole. */
export function planFixedTiles(
  { width, height }: { readonly width: number; readonly height: number },
  tile: number,
  overlap: number,
  seen: Rectangle = { left: 0, top: 0, width, height },
): FixedPlan {
  const touching = (length: number, from: number, extent: number): number[] =>
    placesAlong(length, tile, overlap).filter((place) => place < from + extent && place + tile > from);
  const columns = touching(width, seen.left, seen.width);
  const rows = touching(height, seen.top, seen.height);
  const [left = 0, top = 0] = [columns[0], rows[0]];
  const right = Math.min(width, (columns.at(-1) ?? 0) + tile);
  const bottom = Math.min(height, (rows.at(-1) ?? 0) + tile);
  return { columns, rows, covered: { left, top, width: right - left, height: bottom - top } };
}

/** The part of the plan's pixels that is counted as this tile's: from its own edges to those of the next tiles. */
export function cellOf({ columns, rows, covered }: FixedPlan, column: number, row: number): Rectangle {
  const [left = 0, top = 0] = [columns[column], rows[row]];
  const right = columns[column + 1] ?? covered.left + covered.width;
  const bottom = rows[row + 1] ?? covered.top + covered.height;
  return { left, top, width: right - left, height: bottom - top };
}
