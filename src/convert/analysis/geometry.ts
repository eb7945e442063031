import type { Graph } from '../graph/graph.ts';
import { traceGraph } from './trace.ts';

/** How the size of a network's result follows from that of its picture: scale · size - loss, for sizes ≡ remainder (mod multiple). */
export interface Geometry {
  readonly scale: number;
  /** Result pixels that are missing along an axis, as convolutions without padding eat them. */
  readonly loss: number;
  readonly multiple: number;
  readonly remainder: number;
}

/** Large enough that no known network eats a picture of this size. */
const base = 256;
const multiples = [1, 2, 4, 8, 16, 32, 64];
/** Of these many multiples beyond the first, some would break a rule that only holds for larger multiples. */
const checkedSteps = [0, 1, 2, 3, 5, 8, 13, 21];

/** Null where the network is not a plain convolutional one, or its sizes follow no rule of this form. */
export function geometryOf(graph: Graph): Geometry | null {
  const sizes = new Map<number, number | null>();
  const result = (size: number): number | null => {
    let known = sizes.get(size);
    if (known === undefined) {
      const [, , height, width] = traceGraph(graph, size, size)?.dims ?? [];
      known = height !== undefined && height === width ? height : null;
      sizes.set(size, known);
    }
    return known;
  };
  for (const multiple of multiples) {
    for (let remainder = 0; remainder < multiple; remainder += 1) {
      const [first, second] = [result(base + remainder), result(base + remainder + 64)];
      if (first === null || second === null) continue;
      const scale = (second - first) / 64;
      const loss = scale * (base + remainder) - first;
      if (!Number.isInteger(scale) || scale < 1 || scale > 16 || loss < 0 || loss % 2 !== 0) continue;
      const isRule = checkedSteps.map((step) => base + remainder + step * multiple).every((size) => result(size) === scale * size - loss);
      if (isRule) return { scale, loss, multiple, remainder: (base + remainder) % multiple };
    }
  }
  return null;
}
