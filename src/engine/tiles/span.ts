/** One tile along one axis, in source pixels: the graph sees [start, start + size), the result of [from, to) is kept. */
export interface Span {
  readonly start: number;
  readonly from: number;
  readonly to: number;
}

export interface Spans {
  /** The same for every span: what the graph sees. */
  readonly size: number;
  readonly spans: readonly Span[];
}

/**
 * Covers the pixels [from, length) of an axis with the fewest windows of one size ≤ `largest`.
 *
 * Every window lies inside the axis and reaches `overlap` beyond what is kept of it, except at the axis' own two ends,
 * where it ends exactly: there the graph pads as it would for the whole photo. The windows are as small as their number
 * allows and shifted inwards at the end, so all have the same size. An axis that fits becomes one window.
 * `largest` must exceed 2·(overlap + grid) unless the axis fits. Windows begin at multiples of `grid`.
 */
export function splitAxis(length: number, from: number, overlap: number, largest: number, grid = 1): Spans {
  const slack = grid - 1;
  const start = Math.max(0, from - overlap - slack);
  const extent = length - start;
  const count = extent <= largest ? 1 : Math.ceil((extent - 2 * overlap) / (largest - 2 * overlap - 2 * slack));
  return splitAxisInto(length, from, overlap, count, grid);
}

/** {@link splitAxis} with a given number of windows ≥ 1. */
export function splitAxisInto(length: number, from: number, overlap: number, count: number, grid = 1): Spans {
  const aligned = (position: number): number => position - (position % grid);
  const first = aligned(Math.max(0, from - overlap));
  const extent = length - first;
  const needed = Math.ceil((extent - 2 * overlap) / count) + 2 * overlap + grid - 1;
  // Both the first window and the one that ends with the axis begin on the grid.
  const size = count === 1 ? extent : Math.min(extent, needed + ((extent - needed) % grid));
  const spans: Span[] = [];
  for (let kept = from; kept < length;) {
    // The window that keeps the most from `kept` on: it begins one overlap before, or ends at the end of the axis.
    const start = Math.min(aligned(Math.max(first, kept - overlap)), length - size);
    const to = start + size === length ? length : start + size - overlap;
    spans.push({ start, from: kept, to });
    kept = to;
  }
  return { size, spans };
}
