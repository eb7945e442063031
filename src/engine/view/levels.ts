import type { Pyramid } from '../../shared/engine-protocol.ts';
import { tileSide } from '../../shared/photo-addresses.ts';
import { Problem } from '../../shared/problem.ts';
import { sentence } from '../../shared/sentence.ts';
import type { Rectangle } from '../image/pixels.ts';

/**
 * The pyramid of a picture: the last level has its size, each one before it half of that, rounded up (as Deep Zoom images have
 * it), and level 0 fits into one tile.
 */
export function pyramidOf(width: number, height: number): Pyramid {
  const levels = [{ width, height }];
  for (let size = { width, height }; Math.max(size.width, size.height) > tileSide;) {
    size = { width: Math.ceil(size.width / 2), height: Math.ceil(size.height / 2) };
    levels.unshift(size);
  }
  return { width, height, tileSide, levels };
}

/** How many tiles lie beside and below one another in a level. */
export const tilesOf = ({ width, height }: { width: number; height: number }): { columns: number; rows: number } => ({
  columns: Math.ceil(width / tileSide),
  rows: Math.ceil(height / tileSide),
});

/**
 * The part of its level that a tile shows; those at the right and lower edges are smaller.
 * @throws Problem not-found
 */
export function tilePlace(level: { width: number; height: number } | undefined, column: number, row: number): Rectangle {
  const { columns, rows } = level === undefined ? { columns: 0, rows: 0 } : tilesOf(level);
  if (level === undefined || column >= columns || row >= rows) throw new Problem('not-found', sentence('photo.noTile'));
  const [left, top] = [column * tileSide, row * tileSide];
  return { left, top, width: Math.min(tileSide, level.width - left), height: Math.min(tileSide, level.height - top) };
}
