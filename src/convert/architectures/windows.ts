import type { GraphBuilder } from '../graph/builder.ts';
import { evenly } from './architecture.ts';
import { floats, integers, type Tensor } from '../graph/tensor.ts';

/** What a score gets that attention must not see; the number of Swin's authors. */
const hidden = -100;

/** Rows and columns of a window. */
export interface WindowSize {
  readonly rows: number;
  readonly columns: number;
}

/**
 * The windows of a picture whose sizes are multiples of theirs. The graph computes what depends on the size: how many there
 * are, and the mask of the shifted ones.
 */
export interface Windows extends WindowSize {
  /** How many there are in a column, and in a row: one integer each. */
  readonly counts: readonly [string, string];
  /** The shape [windows in a column, rows, windows in a row, columns, channels], for cutting. */
  readonly cut: string;
  /** The shape [1, H, W, channels], for putting together. */
  readonly whole: string;
  /** [windows, 1, area, area]: what is added to the scores of windows shifted by half their rows and columns. */
  readonly mask: string;
}

/** @param size two integers: height and width of the picture */
export function windowsOf(graph: GraphBuilder, size: string, { rows, columns }: WindowSize): Windows {
  const counts = graph.node('Div', [size, graph.integers(rows, columns)]);
  const [down = '', across = ''] = graph.split(counts, [1, 1], 0);
  return {
    rows,
    columns,
    counts: [down, across],
    cut: graph.concat([down, graph.integers(rows), across, graph.integers(columns), graph.integers(-1)], 0),
    whole: graph.concat([graph.integers(1), size, graph.integers(-1)], 0),
    mask: shiftMask(graph, down, across, { rows, columns }),
  };
}

/**
 * After the shift, the last row of windows holds pixels of the top edge beside those of the bottom edge, and the last column
 * likewise; pixels that are no neighbours must not see each other. All other windows see all of themselves.
 */
function shiftMask(graph: GraphBuilder, down: string, across: string, { rows, columns }: WindowSize): string {
  const isBelow = (place: number): boolean => Math.floor(place / columns) >= Math.ceil(rows / 2);
  const isBeyond = (place: number): boolean => place % columns >= Math.ceil(columns / 2);
  const places = { count: rows * columns, isBelow, isBeyond };
  return maskBetween(graph, [down, across], places, places, `shift mask ${rows} × ${columns}`);
}

/** The places of a window, and which of them come from beyond the picture's lower and right edge once windows are shifted. */
interface Places {
  readonly count: number;
  isBelow(place: number): boolean;
  isBeyond(place: number): boolean;
}

function maskBetween(graph: GraphBuilder, [down, across]: readonly [string, string], from: Places, to: Places, name: string): string {
  const isLast = (count: string, dims: readonly number[]): string => {
    const last = graph.node('Equal', [upTo(graph, count), graph.node('Sub', [count, graph.integers(1)])]);
    return graph.reshape(graph.cast(last, 1), dims);
  };
  const apart = (side: 'isBelow' | 'isBeyond'): Tensor => {
    const score = (pair: number): number => (from[side](Math.floor(pair / to.count)) === to[side](pair % to.count) ? 0 : hidden);
    return floats(
      [1, 1, from.count, to.count],
      Float32Array.from({ length: from.count * to.count }, (_, pair) => score(pair)),
    );
  };
  const vertical = graph.mul(isLast(down, [-1, 1, 1, 1]), apart('isBelow'));
  const horizontal = graph.mul(isLast(across, [1, -1, 1, 1]), apart('isBeyond'));
  return graph.reshape(graph.node('Min', [vertical, horizontal]), [-1, 1, from.count, to.count], name);
}

/** The mask of shifted square windows whose keys are folded 2 × 2: [windows, 1, area, area / 4]. */
export function permutedMask(graph: GraphBuilder, { rows: side, counts }: Windows): string {
  const half = side / 2;
  const places = (length: number, first: number): Places => ({
    count: length ** 2,
    isBelow: (place) => Math.floor(place / length) >= first,
    isBeyond: (place) => place % length >= first,
  });
  return maskBetween(graph, counts, places(side, half), places(half, half - Math.ceil(half / 2)), `permuted shift mask ${side}`);
}

/**
 * Position scores [heads, area, area / 4] of such windows, by the table [(side - 1)², heads]: places of a cell of 2 × 2 have the
 * same.
 */
export function permutedScores(graph: GraphBuilder, name: string, table: Tensor, side: number): string {
  const half = side / 2;
  const entryOf = (to: number, from: number): number => {
    const row = Math.floor(to / side / 2) - Math.floor(from / half) + half - 1;
    return row * (side - 1) + Math.floor((to % side) / 2) - (from % half) + half - 1;
  };
  const entries = graph.shared(`permuted position entries ${side}`, () =>
    integers(
      [side ** 2, half ** 2],
      Array.from({ length: side ** 2 * half ** 2 }, (_, pair) => entryOf(Math.floor(pair / half ** 2), pair % half ** 2)),
    ),
  );
  return graph.transpose(graph.node('Gather', [table, entries], { axis: 0 }, { name }), [2, 0, 1]);
}

/** [1, H, W, C] → [windows, area, C]. */
export function cutWindows(graph: GraphBuilder, x: string, { rows, columns, cut }: Windows, channels: number): string {
  const cells = graph.transpose(graph.reshape(x, cut), [0, 2, 1, 3, 4]);
  return graph.reshape(cells, [-1, rows * columns, channels]);
}

/** The way back. */
export function joinWindows(graph: GraphBuilder, x: string, { cut, whole }: Windows): string {
  // The shape for cutting with its middle exchanged is what the cells have to be.
  const cells = graph.reshape(x, graph.node('Gather', [cut, graph.integers(0, 2, 1, 3, 4)], { axis: 0 }));
  return graph.reshape(graph.transpose(cells, [0, 2, 1, 3, 4]), whole);
}

/**
 * What lies in and around each window of [1, H, W, C]: the square of side `seenSide` with the window in its middle, zeros
 * outside the picture. Windows are square. @returns [windows, seenSide², C]
 */
export function overlappingWindows(graph: GraphBuilder, x: string, windows: Windows, seenSide: number, channels: number): string {
  const { rows: side, counts } = windows;
  const margin = Math.floor((seenSide - side) / 2);
  const padded = graph.pad(x, [0, margin, margin, 0, 0, margin, margin, 0]);
  const offsets = graph.shared(`places 0 … ${seenSide - 1}`, () =>
    integers(
      [1, seenSide],
      Array.from({ length: seenSide }, (_, place) => place),
    ),
  );
  // Rows become [windows in a column, seenSide], then columns likewise.
  const gathered = counts.reduce((picture, count, index) => {
    const starts = graph.node('Mul', [graph.reshape(upTo(graph, count), [-1, 1]), graph.integers(side)]);
    return graph.node('Gather', [picture, graph.node('Add', [starts, offsets])], { axis: 1 + 2 * index });
  }, padded);
  return graph.reshape(graph.transpose(gathered, [0, 1, 3, 2, 4, 5]), [-1, seenSide ** 2, channels]);
}

/** 0 … count - 1. @param count one integer */
export function upTo(graph: GraphBuilder, count: string): string {
  const scalar = (value: string): string => graph.node('Squeeze', [value, graph.integers(0)]);
  return graph.node('Range', [scalar(graph.integers(0)), scalar(count), scalar(graph.integers(1))]);
}

/** torch.roll of [1, H, W, C]; negative numbers go up and left. */
export function roll(graph: GraphBuilder, x: string, down: number, across: number): string {
  const end = 2 ** 31 - 1;
  return [down, across].reduce((rolled, shift, index) => {
    const tail = graph.slice(rolled, [-shift], [end], [index + 1]);
    const head = graph.slice(rolled, [0], [-shift], [index + 1]);
    return graph.concat([tail, head], index + 1);
  }, x);
}

/**
 * A table of position scores [(2 rows - 1)(2 columns - 1), heads] as scores [heads, area, area]: entry
 * (Δrow + rows - 1)(2 columns - 1) + Δcolumn + columns - 1 belongs to every pair of places that far apart. onnxruntime works
 * it out once, and the file stays small.
 */
export function positionScores(graph: GraphBuilder, name: string, table: Tensor | string, { rows, columns }: WindowSize): string {
  const area = rows * columns;
  const entryOf = (to: number, from: number): number => {
    const row = Math.floor(to / columns) - Math.floor(from / columns) + rows - 1;
    return row * (2 * columns - 1) + (to % columns) - (from % columns) + columns - 1;
  };
  const entries = graph.shared(`position entries ${rows} × ${columns}`, () =>
    integers(
      [area, area],
      Array.from({ length: area ** 2 }, (_, pair) => entryOf(Math.floor(pair / area), pair % area)),
    ),
  );
  const scores = graph.node('Gather', [table, entries], { axis: 0 }, { name });
  return graph.transpose(scores, [2, 0, 1]);
}

interface WindowAttention {
  /** Places of a window: where it looks from, and, unless they are the same, where it looks. 0: as many as there are. */
  readonly area: number;
  readonly seenArea?: number;
  readonly heads: number;
  readonly channels: number;
  /** Of queries and keys, where they have others than the values. */
  readonly keyChannels?: number;
  /** What is added to the scores, in this order. */
  readonly scores: readonly string[];
}

/** softmax(q kᵀ / √d + scores) v for each head of each window. Query, key, value and result are [windows, places, channels]. */
export function windowAttention(
  graph: GraphBuilder,
  [query, key, value]: readonly [string, string, string],
  { area, seenArea = area, heads, channels, keyChannels = channels, scores }: WindowAttention,
): string {
  const perHead = (part: string, places: number, width: number, order: readonly number[]): string =>
    graph.transpose(graph.reshape(part, [places === 0 ? 1 : -1, places === 0 ? -1 : places, heads, evenly(width, heads)]), order);
  const scaled = graph.mul(perHead(query, area, keyChannels, [0, 2, 1, 3]), Math.sqrt(heads / keyChannels));
  // Keys are turned at once.
  const product = graph.matmul(scaled, perHead(key, seenArea, keyChannels, [0, 2, 3, 1]));
  const attention = graph.softmax(scores.reduce((sum, score) => graph.add(sum, score), product));
  const seen = graph.matmul(attention, perHead(value, seenArea, channels, [0, 2, 1, 3]));
  return graph.reshape(graph.transpose(seen, [0, 2, 1, 3]), area === 0 ? [1, -1, channels] : [-1, area, channels]);
}
