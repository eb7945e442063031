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
      if (at < length) sums[at] = sums[at]! + weight;
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
  readonly #channels: number;
  readonly #rowWeights: Float64Array;
  readonly #rowSums: Float64Array;
  /** Of samples, as they are interleaved. */
  readonly #columnWeights: Float64Array;
  readonly #columnSums: Float64Array;
  readonly #sums: Float32Array;
  /** How many of the sums were given away as finished. */
  #finished = 0;

  constructor(plan: FixedPlan, tile: number, overlap: number, channels: number, blend: Blend) {
    const { covered, columns, rows } = plan;
    this.#plan = plan;
    this.#channels = channels;
    const weights = tileWeights(tile, overlap, blend);
    this.#rowWeights = weights;
    this.#rowSums = coverage(rows, weights, covered.top, covered.height);
    this.#columnWeights = perSample(weights, channels);
    this.#columnSums = perSample(coverage(columns, weights, covered.left, covered.width), channels);
    this.#sums = new Float32Array(Math.min(tile, covered.height) * covered.width * channels);
  }

  /** Adds a tile, interleaved, of the row of tiles that is now put together; what lies beyond the picture is left out. */
  add(samples: Float32Array, column: number): void {
    if (this.#finished > 0) this.#moveOn();
    const { covered, columns } = this.#plan;
    const sums = this.#sums;
    const weights = this.#columnWeights;
    const length = covered.width * this.#channels;
    const left = (columns[column]! - covered.left) * this.#channels;
    const width = Math.min(weights.length, length - left);
    const height = sums.length / length;
    for (let y = 0; y < height; y += 1) {
      const rowWeight = this.#rowWeights[y]!;
      const from = y * weights.length;
      const to = y * length + left;
      for (let x = 0; x < width; x += 1) {
        sums[to + x] = sums[to + x]! + rowWeight * weights[x]! * samples[from + x]!;
      }
    }
  }

  /**
   * The rows that are finished once all tiles of row number `row` were added, clipped to 0…`full`. They may be used until the next
   * tile is added.
   */
  finishRow(row: number, full: number): Float32Array {
    const { covered, rows } = this.#plan;
    const top = rows[row]! - covered.top;
    const next = rows[row + 1];
    const count = next === undefined ? covered.height - top : next - covered.top - top;
    const columnSums = this.#columnSums;
    this.#finished = count * columnSums.length;
    const finished = this.#sums.subarray(0, this.#finished);
    for (let y = 0, at = 0; y < count; y += 1) {
      const rowSum = this.#rowSums[top + y]!;
      for (let x = 0; x < columnSums.length; x += 1, at += 1) {
        finished[at] = Math.min(full, Math.max(0, finished[at]! / (rowSum * columnSums[x]!)));
      }
    }
    return finished;
  }

  /** What was finished makes room for the sums of the next rows. */
  #moveOn(): void {
    this.#sums.copyWithin(0, this.#finished);
    this.#sums.fill(0, this.#sums.length - this.#finished);
    this.#finished = 0;
  }
}

/** Of pixels → of their interleaved samples. */
const perSample = (weights: Float64Array, channels: number): Float64Array =>
  Float64Array.from({ length: weights.length * channels }, (_, index) => weights[Math.floor(index / channels)]!);
