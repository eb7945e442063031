import type { Rectangle } from '../image/pixels.ts';
import { splitAxis, splitAxisInto, type Spans } from './span.ts';

/** A piece of the photo, in its pixels. All tiles of a plan show the graph the same size. */
export interface Tile {
  /** What the graph sees. */
  readonly source: Rectangle;
  /** The part of it whose result is kept. */
  readonly core: Rectangle;
}

/** Tiles side by side over the whole width; result rows of their cores are finished together. */
export interface TileRow {
  /** Rows kept. */
  readonly top: number;
  readonly height: number;
  /** Rows needed for them. */
  readonly sourceTop: number;
  readonly sourceHeight: number;
  readonly tiles: readonly Tile[];
}

export interface TilePlan {
  readonly tileWidth: number;
  readonly tileHeight: number;
  readonly rows: readonly TileRow[];
}

export interface TileRequest {
  readonly width: number;
  readonly height: number;
  /** Source pixels needed around what is kept. */
  readonly overlap: number;
  readonly scale: number;
  /** Tiles begin at multiples of this many source pixels; 1 where nothing is said. */
  readonly grid?: number | undefined;
  /** Rows that the graph sees at once; 0 or nothing: chosen. */
  readonly tileRows?: number | undefined;
  /** Only tiles of the whole photo's plan that touch this part. */
  readonly region?: Rectangle | undefined;
  /** Source pixels that the graph may see at once; halved when memory runs out. */
  readonly pixelLimit?: number | undefined;
  /** First row that is still missing. */
  readonly fromRow?: number | undefined;
}

/**
 * Source pixels of a tile. Feature maps live at source resolution, so this bounds memory: 64 channels in 32 bit took
 * 150 MB per 62 500 pixels, 8-bit graphs 90 MB. Larger tiles would save little overlap and are not faster by themselves.
 */
const largestSource = 512 * 512;
/** Result pixels of a tile: 12 MiB of 8-bit RGB. */
const largestResult = 2048 * 2048;
/** Result pixels of a row of tiles, which is put together in memory before it is written: 96 MiB of 8-bit RGB. */
const largestBand = 2 ** 25;
/** A tile keeps at least this many pixels of each axis, or the overlap would be nearly all of the work. */
const smallestCore = 16;

/** Memory of a tile of a model that says how much it takes for a pixel. */
const mostTileBytes = 768 * 2 ** 20;

/** The pixel limit that {@link planTiles} uses where none is given, for models that take so much memory for a source pixel. */
export const defaultPixelLimit = (scale: number, bytesPerPixel = 1): number =>
  Math.min(largestSource, Math.floor(largestResult / scale ** 2), Math.floor(mostTileBytes / bytesPerPixel));

/**
 * Cuts a photo into tiles of one shape: the one with the least arithmetic among those that fit into memory. That is one
 * column (full-width strips) for narrow photos and a few wide columns for others.
 *
 * What is kept of the tiles covers the photo (from `fromRow` on) exactly once. Where the overlap is at least the graph's
 * receptive radius, every kept pixel is the one that the untiled photo would give.
 */
export function planTiles(request: TileRequest): TilePlan {
  const { columns, rows } = chooseGrid(request);
  const region = request.region;
  const touches = (from: number, to: number, begin: number, extent: number): boolean => from < begin + extent && to > begin;
  const kept: TileRow[] = [];
  for (const row of rows.spans) {
    if (region !== undefined && !touches(row.from, row.to, region.top, region.height)) continue;
    const tiles = columns.spans
      .filter((column) => region === undefined || touches(column.from, column.to, region.left, region.width))
      .map((column) => ({
        source: { left: column.start, top: row.start, width: columns.size, height: rows.size },
        core: { left: column.from, top: row.from, width: column.to - column.from, height: row.to - row.from },
      }));
    kept.push({ top: row.from, height: row.to - row.from, sourceTop: row.start, sourceHeight: rows.size, tiles });
  }
  return { tileWidth: columns.size, tileHeight: rows.size, rows: kept };
}

function chooseGrid(request: TileRequest): { columns: Spans; rows: Spans } {
  const { width, height, overlap, scale, grid = 1, fromRow = 0 } = request;
  const limit = request.pixelLimit ?? defaultPixelLimit(scale);
  const smallest = 2 * (overlap + grid - 1) + smallestCore;
  const bandRows = Math.floor(largestBand / (width * scale ** 2)) + 2 * overlap;
  const asked = request.tileRows ?? 0;
  const tallest = Math.max(smallest, asked > 0 ? asked : bandRows);

  let best: { columns: Spans; rows: Spans } | null = null;
  let leastWork = Number.POSITIVE_INFINITY;
  for (let count = 1; ; count += 1) {
    const columns = splitAxisInto(width, 0, overlap, count, grid);
    const fits = Math.floor(limit / columns.size);
    const last = columns.size <= smallest;
    // The user's rows rule; otherwise any height that memory allows.
    const possible = fits >= Math.min(asked > 0 ? tallest : smallest, height);
    if (possible || last) {
      const rows = splitAxis(height, fromRow, overlap, Math.max(smallest, Math.min(tallest, fits)), grid);
      const work = columns.size * columns.spans.length * rows.size * rows.spans.length;
      if (work < leastWork) [best, leastWork] = [{ columns, rows }, work];
      if (asked > 0 && best !== null) return best;
    }
    if (last && best !== null) return best;
  }
}
