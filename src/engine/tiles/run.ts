import { setImmediate } from 'node:timers/promises';
import { Problem, throwIfCancelled } from '../../shared/problem.ts';
import { sentence } from '../../shared/sentence.ts';
import type { Pixels, Rectangle, Samples } from '../image/pixels.ts';
import { newSamples } from '../image/samples.ts';
import { columnsOf, enlarged } from '../image/window-pixels.ts';
import { defaultPixelLimit, planTiles, type Tile, type TileRow } from './plan.ts';

/**
 * Computes one tile: height · width · channels samples of the source's kind in, scale² times as many out.
 * `smaller`: there was not enough memory; the tile is cut in half and asked for again.
 */
export type Infer = (input: Samples, width: number, height: number) => Promise<Samples | 'smaller'>;

export interface TileRun {
  readonly scale: number;
  readonly overlap: number;
  readonly grid?: number | undefined;
  readonly tileRows?: number | undefined;
  /** Source pixels of a tile; by default what most models have memory for. */
  readonly pixelLimit?: number | undefined;
  readonly region?: Rectangle | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly infer: Infer;
  /** Receives finished result rows of the photo (or region), top to bottom. The samples are the receiver's to keep. */
  readonly sink: (rows: Samples) => Promise<void>;
  /** What of the result is now computed, in result pixels of the whole photo. */
  readonly onTile?: ((tile: Rectangle) => void) | undefined;
  /** Memory ran out: tiles have at most so many source pixels from now on. */
  readonly onSmaller?: ((pixelLimit: number) => void) | undefined;
}

/** Below this many source pixels a tile is not halved again. */
const smallestTile = 64 * 64;

/**
 * Enlarges `source` tile by tile. Between tiles it lets the event loop turn (inference blocks it), so that a
 * cancellation can arrive. Throws `cancelled` when the signal is aborted, `not-enough-memory` when even small tiles do
 * not fit; the sink gets nothing after that.
 */
export async function runTiles(source: Pixels, run: TileRun): Promise<void> {
  const whole: Rectangle = { left: 0, top: 0, width: source.width, height: source.height };
  const part = { ...run, region: run.region ?? whole };
  let { pixelLimit = defaultPixelLimit(run.scale) } = run;
  let fromRow = 0;
  for (;;) {
    const { width, height } = source;
    const plan = planTiles({ ...part, width, height, pixelLimit, fromRow });
    const failed = await runRows(source, plan.rows, part);
    if (failed === null) return;
    pixelLimit = halve(pixelLimit, plan.tileWidth * plan.tileHeight);
    run.onSmaller?.(pixelLimit);
    fromRow = failed.top;
  }
}

/** Half of what was just tried, whichever of limit and tile was the smaller. */
function halve(pixelLimit: number, tilePixels: number): number {
  const half = Math.floor(Math.min(pixelLimit, tilePixels) / 2);
  if (half < smallestTile) throw new Problem('not-enough-memory', sentence('memory.smallTiles'));
  return half;
}

type PartRun = TileRun & { readonly region: Rectangle };

/** Hands finished rows to the sink; answers the first row of tiles that did not fit into memory, or null. */
async function runRows(source: Pixels, rows: readonly TileRow[], run: PartRun): Promise<TileRow | null> {
  for (const row of rows) {
    const band = new Band(source, row, run.region, run.scale);
    const strip = await source.readRows(row.sourceTop, row.sourceHeight);
    for (const tile of row.tiles) {
      await setImmediate();
      throwIfCancelled(run.signal);
      const { width, height } = tile.source;
      const { channels } = source;
      const input = columnsOf(strip, source.width * channels, tile.source.left * channels, width * channels);
      const output = await run.infer(input, width, height);
      if (output === 'smaller') return row;
      band.place(output, tile);
      run.onTile?.(enlarged(tile.core, run.scale));
    }
    throwIfCancelled(run.signal);
    await run.sink(band.samples);
  }
  return null;
}

/** The result rows that one row of tiles finishes, as wide as the region. */
class Band {
  samples: Samples;
  readonly #format: Pixels;
  readonly #kept: Rectangle;
  readonly #scale: number;

  constructor(source: Pixels, row: TileRow, region: Rectangle, scale: number) {
    const top = Math.max(row.top, region.top);
    const bottom = Math.min(row.top + row.height, region.top + region.height);
    this.#kept = { left: region.left, top, width: region.width, height: bottom - top };
    this.#format = source;
    this.#scale = scale;
    this.samples = newSamples(source.bits, 0);
  }

  /** Copies what is kept of a tile's result. A tile that fills the whole band becomes it. */
  place(output: Samples, tile: Tile): void {
    const scale = this.#scale;
    const { channels } = this.#format;
    const kept = this.#kept;
    const left = Math.max(tile.core.left, kept.left);
    const right = Math.min(tile.core.left + tile.core.width, kept.left + kept.width);
    const from = (kept.top - tile.source.top) * scale;
    const rowLength = tile.source.width * scale * channels;
    if (left === tile.source.left && right === tile.source.left + tile.source.width) {
      this.samples = output.subarray(from * rowLength, (from + kept.height * scale) * rowLength);
      return;
    }
    const bandLength = kept.width * scale * channels;
    if (this.samples.length === 0) this.samples = newSamples(this.#format.bits, bandLength * kept.height * scale);
    const begin = (left - tile.source.left) * scale * channels;
    const end = (right - tile.source.left) * scale * channels;
    const at = (left - kept.left) * scale * channels;
    for (let y = 0; y < kept.height * scale; y += 1) {
      const rowStart = (from + y) * rowLength;
      this.samples.set(output.subarray(rowStart + begin, rowStart + end), y * bandLength + at);
    }
  }
}
