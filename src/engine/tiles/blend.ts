import type { FixedPlan } from './fixed.ts';

export type Blend = 'mean' | 'ramp';

/**
 * How much each pixel along a tile counts: all alike, or rising over the overlap at both ends. Never zero, and divided by the sum
 * of all tiles that cover a pixel, so that the weights of every pixel sum to one.
 */
export function tileWeights(tile: number, overlap: number, blend: Blend): Float64Array {
  const rise = blend === 'ramp' && overlap > 0 ? overlap : 0.5;
  return Float64Array.from({ length: tile }, (_, index) => Math.min(1, (index + 0.5) / rise, (tile - index - 0.5) / rise));
}

/** Sums of the weights of all tiles for each pixel of an axis from `first` on. */
function coverage(places: readonly number[], weights: Float64Array, first: number, length: number): Float64Array {
  const sums = new Float64Array(length);
  for (const place of places) {
    weights.forEach((weight, index) => {
      const at = place - first + index;
      if (at < length) sums[at] = (sums[at] ?? 0) + weight;
    });
  }
  return sums;
}

/**
 * Puts overlapping tiles together, row of tiles by row of tiles: holds the sums of one row of tiles, and gives the rows that no
 * later tile touches.
 */
export class Blending {
  readonly #plan: FixedPlan;
  readonly #tile: number;
  readonly #channels: number;
  readonly #weights: Float64Array;
  readonly #columnSums: Float64Array;
  readonly #rowSums: Float64Array;
  readonly #sums: Float32Array;

  constructor(plan: FixedPlan, tile: number, overlap: number, channels: number, blend: Blend) {
    const { covered, columns, rows } = plan;
    this.#plan = plan;
    this.#tile = tile;
    this.#channels = channels;
    this.#weights = tileWeights(tile, overlap, blend);
    this.#columnSums = coverage(columns, this.#weights, covered.left, covered.width);
    this.#rowSums = coverage(rows, this.#weights, covered.top, covered.height);
    this.#sums = new Float32Array(Math.min(tile, covered.height) * covered.width * channels);
  }

  /** Adds a tile, interleaved, of the row of tiles that is now put together; what lies beyond the picture is left out. */
  add(samples: Float32Array, column: number): void {
    const { covered, columns } = this.#plan;
    const left = (columns[column] ?? 0) - covered.left;
    const width = Math.min(this.#tile, covered.width - left);
    const height = Math.min(this.#tile, covered.height);
    const channels = this.#channels;
    for (let y = 0; y < height; y += 1) {
      const rowWeight = this.#weights[y] ?? 0;
      let from = y * this.#tile * channels;
      let to = (y * covered.width + left) * channels;
      for (let x = 0; x < width; x += 1) {
        const weight = rowWeight * (this.#weights[x] ?? 0);
        for (let channel = 0; channel < channels; channel += 1, from += 1, to += 1) {
          this.#sums[to] = (this.#sums[to] ?? 0) + weight * (samples[from] ?? 0);
        }
      }
    }
  }

  /** The rows that are finished once all tiles of row number `row` were added; the sums move on to the next row. */
  finishRow(row: number): Float32Array {
    const { covered, rows } = this.#plan;
    const top = (rows[row] ?? 0) - covered.top;
    const next = rows[row + 1];
    const count = next === undefined ? covered.height - top : next - covered.top - top;
    const length = covered.width * this.#channels;
    const finished = this.#sums.slice(0, count * length);
    for (let y = 0, at = 0; y < count; y += 1) {
      const rowSum = this.#rowSums[top + y] ?? 1;
      for (let x = 0; x < covered.width; x += 1) {
        const sum = rowSum * (this.#columnSums[x] ?? 1);
        for (let channel = 0; channel < this.#channels; channel += 1, at += 1) finished[at] = (finished[at] ?? 0) / sum;
      }
    }
    this.#sums.copyWithin(0, count * length);
    this.#sums.fill(0, this.#sums.length - count * length);
    return finished;
  }
}
