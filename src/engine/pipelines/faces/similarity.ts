/** A place in a picture: pixels from its left and top edge, so that the first pixel's centre is at 0.5. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

/** Turns, enlarges and moves: (x, y) → (a x − b y + dx, b x + a y + dy). */
export interface Similarity {
  readonly a: number;
  readonly b: number;
  readonly dx: number;
  readonly dy: number;
}

/**
 * The similarity that takes `from` nearest to `to`, in the sense of least squares (Umeyama, "Least-squares estimation of transformation
 * parameters between two point patterns", 1991; without mirroring). Null where all of `from` are one place.
 */
export function similarityBetween(from: readonly Point[], to: readonly Point[]): Similarity | null {
  const [c, d] = [meanOf(from), meanOf(to)];
  let [along, across, spread] = [0, 0, 0];
  from.forEach((point, index) => {
    const [x, y] = [point.x - c.x, point.y - c.y];
    const [u, v] = [(to[index]?.x ?? d.x) - d.x, (to[index]?.y ?? d.y) - d.y];
    along += x * u + y * v;
    across += x * v - y * u;
    spread += x * x + y * y;
  });
  if (spread === 0) return null;
  const [a, b] = [along / spread, across / spread];
  return { a, b, dx: d.x - a * c.x + b * c.y, dy: d.y - b * c.x - a * c.y };
}

export const applied = ({ a, b, dx, dy }: Similarity, { x, y }: Point): Point => ({ x: a * x - b * y + dx, y: b * x + a * y + dy });

/** How many times as long distances become. */
export const scaleOf = ({ a, b }: Similarity): number => Math.hypot(a, b);

export function inverted({ a, b, dx, dy }: Similarity): Similarity {
  const square = a * a + b * b;
  const [p, q] = [a / square, -b / square];
  return { a: p, b: q, dx: -(p * dx - q * dy), dy: -(q * dx + p * dy) };
}

/** The same for pictures `factor` times as large on the side that it comes from. */
export const fromLarger = ({ a, b, dx, dy }: Similarity, factor: number): Similarity => ({ a: a / factor, b: b / factor, dx, dy });

const meanOf = (points: readonly Point[]): Point => ({
  x: points.reduce((sum, { x }) => sum + x, 0) / points.length,
  y: points.reduce((sum, { y }) => sum + y, 0) / points.length,
});
