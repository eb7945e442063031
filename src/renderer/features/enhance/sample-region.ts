import type { Pyramid } from '../../../shared/engine-protocol.ts';
import type { Region } from '../../../shared/request.ts';

/** A piece from the middle of a photo that lies within one tile of its pyramid: the tile is what it looked like before. */
export interface SampleRegion {
  readonly region: Region;
  readonly tile: { readonly level: number; readonly column: number; readonly row: number };
  /** Where the tile lies when the region is the whole, as fractions of the region's width and height. */
  readonly tileAt: { readonly left: number; readonly top: number; readonly width: number; readonly height: number };
}

/** @param side of the piece in source pixels: its width; it is two thirds as high, and smaller only where the photo is */
export function sampleRegion({ width, height, tileSide, levels }: Pyramid, side: number): SampleRegion {
  const across = piece(width, side, tileSide);
  const down = piece(height, Math.round((side * 2) / 3), tileSide);
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

function piece(whole: number, wanted: number, tileSide: number) {
  const middle = whole / 2;
  const tile = Math.min(Math.floor(middle / tileSide), Math.ceil(whole / tileSide) - 1);
  const tileStart = tile * tileSide;
  const tileLength = Math.min(tileSide, whole - tileStart);
  const length = Math.min(wanted, tileLength);
  const start = Math.round(Math.min(Math.max(middle - length / 2, tileStart), tileStart + tileLength - length));
  return { start, length, tile, tileStart, tileLength };
}
