import type { Pyramid } from '../../../shared/engine-protocol.ts';
import type { Region } from '../../../shared/request.ts';

/** A piece of a photo that lies within one tile of its pyramid: the tile is what it looked like before. */
export interface SampleRegion {
  readonly region: Region;
  readonly tile: { readonly level: number; readonly column: number; readonly row: number };
  /** Where the tile lies when the region is the whole, as fractions of the region's width and height. */
  readonly tileAt: { readonly left: number; readonly top: number; readonly width: number; readonly height: number };
}

/** A spot of a photo, in 0…1 of its width and height. */
export interface Spot {
  readonly x: number;
  readonly y: number;
}
export const middle: Spot = { x: 0.5, y: 0.5 };

/**
 * @param side of the piece in source pixels: its width; it is two thirds as high, and smaller only where the photo is
 * @param spot what it has in its middle, as nearly as the edges of tiles allow
 */
export function sampleRegion({ width, height, tileSide, levels }: Pyramid, side: number, spot = middle): SampleRegion {
  const across = piece(width, spot.x, side, tileSide);
  const down = piece(height, spot.y, Math.round((side * 2) / 3), tileSide);
  return {
    region: { left: across.start, top: down.start, width: across.length, height: down.length },
    tile: { level: levels.length - 1, column: across.tile, row: down.tile },
    tileAt: {
      left: (across.tileStart - across.start) / across.length,
      top: (down.tileStart - down.start) / down.length,
      width: across.tileLength / across.length,
      height: down.tileLength / down.length,
    },
  };
}

function piece(whole: number, share: number, wanted: number, tileSide: number) {
  const centre = whole * Math.min(Math.max(share, 0), 1);
  const tile = Math.min(Math.floor(centre / tileSide), Math.ceil(whole / tileSide) - 1);
  const tileStart = tile * tileSide;
  const tileLength = Math.min(tileSide, whole - tileStart);
  const length = Math.min(wanted, tileLength);
  const start = Math.round(Math.min(Math.max(centre - length / 2, tileStart), tileStart + tileLength - length));
  return { start, length, tile, tileStart, tileLength };
}
