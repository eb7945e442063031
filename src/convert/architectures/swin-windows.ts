import type { GraphBuilder } from '../graph/builder.ts';
import { floats, integers, type Tensor } from '../graph/tensor.ts';
import { sizeOf } from './sizes.ts';

/** What a score gets that attention must not see; the authors' number. */
const hidden = -100;

/**
 * The windows of a picture whose sizes are multiples of `side`. The graph computes what depends on the size: how many there
 * are, and the mask of the shifted ones.
 */
export interface Windows {
  readonly side: number;
  /** The shape [rows of windows, side, windows in a row, side, channels], for cutting. */
  readonly cut: string;
  /** The shape [1, H, W, channels], for putting together. */
  readonly whole: string;
  /** [windows, 1, side², side²]: what is added to the scores of windows shifted by half their side. */
  readonly mask: string;
}

/** @param x [1, channels, H, W] */
export function windowsOf(graph: GraphBuilder, x: string, side: number, channels: number): Windows {
  const size = sizeOf(graph, x);
  const counts = graph.node('Div', [size, graph.integers(side)]);
  const [down = '', across = ''] = graph.split(counts, [1, 1], 0);
  const sides = graph.integers(side);
  return {
    side,
    cut: graph.concat([down, sides, across, sides, graph.integers(channels)], 0),
    whole: graph.concat([graph.integers(1), size, graph.integers(channels)], 0),
    mask: shiftMask(graph, down, across, side),
  };
}

/**
 * After the shift, the last row of windows holds pixels of the top edge beside those of the bottom edge, and the last column
 * likewise; pixels that are no neighbours must not see each other. All other windows see all of themselves.
 */
function shiftMask(graph: GraphBuilder, down: string, across: string, side: number): string {
  const area = side ** 2;
  const shift = Math.floor(side / 2);
  const scalar = (value: string): string => graph.node('Squeeze', [value, graph.integers(0)]);
  const isLast = (count: string, dims: readonly number[]): string => {
    const all = graph.node('Range', [scalar(graph.integers(0)), scalar(count), scalar(graph.integers(1))]);
    const last = graph.node('Equal', [all, graph.node('Sub', [count, graph.integers(1)])]);
    return graph.reshape(graph.cast(last, 1), dims);
  };
  const apart = (part: (place: number) => number): Tensor => {
    const isWrapped = (place: number): boolean => part(place) >= side - shift;
    const scores = Array.from({ length: area ** 2 }, (_, pair) =>
      isWrapped(Math.floor(pair / area)) === isWrapped(pair % area) ? 0 : hidden,
    );
    return floats([1, 1, area, area], scores);
  };
  const rows = graph.mul(
    isLast(down, [-1, 1, 1, 1]),
    apart((place) => Math.floor(place / side)),
  );
  const columns = graph.mul(
    isLast(across, [1, -1, 1, 1]),
    apart((place) => place % side),
  );
  return graph.reshape(graph.node('Min', [rows, columns]), [-1, 1, area, area], 'shift mask');
}

/** [1, H, W, C] → [windows, side², C]. */
export function cutWindows(graph: GraphBuilder, x: string, { side, cut }: Windows, channels: number): string {
  const cells = graph.transpose(graph.reshape(x, cut), [0, 2, 1, 3, 4]);
  return graph.reshape(cells, [-1, side ** 2, channels]);
}

/** The way back. */
export function joinWindows(graph: GraphBuilder, x: string, { cut, whole }: Windows): string {
  // [rows, side, columns, side, C] with its middle exchanged is what the cells have to be.
  const cells = graph.reshape(x, graph.node('Gather', [cut, graph.integers(0, 2, 1, 3, 4)], { axis: 0 }));
  return graph.reshape(graph.transpose(cells, [0, 2, 1, 3, 4]), whole);
}

/** torch.roll of [1, H, W, C] by `shift` along both axes; negative ones go up and left. */
export function roll(graph: GraphBuilder, x: string, shift: number): string {
  const end = 2 ** 31 - 1;
  return [1, 2].reduce((rolled, axis) => {
    const tail = graph.slice(rolled, [-shift], [end], [axis]);
    const head = graph.slice(rolled, [0], [-shift], [axis]);
    return graph.concat([tail, head], axis);
  }, x);
}

/**
 * The table of position scores as scores [heads, side², side²]: entry (Δrow + side - 1)(2 side - 1) + Δcolumn + side - 1
 * belongs to every pair of places that far apart. onnxruntime works it out once, and the file stays small.
 */
export function positionScores(graph: GraphBuilder, name: string, table: Tensor, side: number): string {
  const area = side ** 2;
  const entryOf = (to: number, from: number): number => {
    const rows = Math.floor(to / side) - Math.floor(from / side) + side - 1;
    return rows * (2 * side - 1) + (to % side) - (from % side) + side - 1;
  };
  const entries = graph.shared('position entries', () =>
    integers(
      [area, area],
      Array.from({ length: area ** 2 }, (_, pair) => entryOf(Math.floor(pair / area), pair % area)),
    ),
  );
  const scores = graph.node('Gather', [table, entries], { axis: 0 }, { name });
  return graph.transpose(scores, [2, 0, 1]);
}
