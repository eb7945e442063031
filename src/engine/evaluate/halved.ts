/**
 * Half the size as MATLAB's `imresize(…, 0.5)` makes it: bicubic (Keys, a = -0.5), twice as wide as for enlarging, borders
 * mirrored with the edge repeated. The centre of a half pixel lies between two pixels, so that eight of them count.
 */
const reach = 4;
const weights = (() => {
  const raw = Float64Array.from({ length: 2 * reach }, (_, index) => cubic((index - reach + 0.5) / 2));
  const sum = raw.reduce((total, weight) => total + weight, 0);
  return raw.map((weight) => weight / sum);
})();

function cubic(x: number): number {
  const t = Math.abs(x);
  return t <= 1 ? 1.5 * t ** 3 - 2.5 * t ** 2 + 1 : -0.5 * t ** 3 + 2.5 * t ** 2 - 4 * t + 2;
}

/** The rows of a picture of `height` rows that `count` rows of its half from `first` on depend on, as far as both exist. */
export function neededRows(first: number, count: number, height: number): { first: number; count: number } {
  const top = Math.max(0, 2 * first - reach + 1);
  const bottom = Math.min(height, 2 * (first + count - 1) + reach + 1);
  return { first: top, count: bottom - top };
}

/** Rows `from` … `to - 1` of the half, as far as it has them, by their number. `values` has the rows that they need, beginning with `first`. */
export function halvedRows(
  values: Float64Array,
  first: number,
  { width, height }: { readonly width: number; readonly height: number },
  from: number,
  to: number,
): (row: number) => Float64Array {
  const rows = Array.from({ length: Math.min(to, height / 2) - from }, (_, index) => {
    const tall = new Float64Array(width);
    weights.forEach((weight, tap) => {
      const start = (mirrored(2 * (from + index) + tap - reach + 1, height) - first) * width;
      for (let x = 0; x < width; x++) tall[x]! += weight * values[start + x]!;
    });
    return halvedAcross(tall);
  });
  return (row) => rows[row - from]!;
}

function halvedAcross(row: Float64Array): Float64Array {
  return Float64Array.from({ length: row.length / 2 }, (_, x) =>
    weights.reduce((sum, weight, tap) => sum + weight * row[mirrored(2 * x + tap - reach + 1, row.length)]!, 0),
  );
}

const mirrored = (index: number, length: number): number => (index < 0 ? -index - 1 : index >= length ? 2 * length - 1 - index : index);
