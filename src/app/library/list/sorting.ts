import { setImmediate } from 'node:timers/promises';

/** Longest time that work on many photos keeps everything else waiting. */
const sliceMilliseconds = 8;

/** Lets the event loop turn in the middle of long work. */
class Pace {
  #began = performance.now();

  /** Call between pieces of work of at most a millisecond. */
  async pause(): Promise<void> {
    if (performance.now() - this.#began < sliceMilliseconds) return;
    await setImmediate();
    this.#began = performance.now();
  }
}

/** Visits every item and lets the event loop turn every few milliseconds. */
export async function inSlices<Item>(items: Iterable<Item>, visit: (item: Item) => void): Promise<void> {
  const pace = new Pace();
  let visited = 0;
  for (const item of items) {
    visit(item);
    visited += 1;
    if (visited % 64 === 0) await pace.pause();
  }
}

type Compare<Item> = (a: Item, b: Item) => number;

/** Sorts like `Array.sort`, by merging, and lets the event loop turn every few milliseconds. */
export async function sortInSlices<Item>(items: readonly Item[], compare: Compare<Item>): Promise<Item[]> {
  const runLength = 512;
  const pace = new Pace();
  let runs: Item[][] = [];
  for (let start = 0; start < items.length; start += runLength) {
    runs.push(items.slice(start, start + runLength).sort(compare));
    await pace.pause();
  }
  while (runs.length > 1) {
    const merged: Item[][] = [];
    for (let index = 0; index < runs.length; index += 2) {
      merged.push(await mergeInSlices(runs[index] ?? [], runs[index + 1] ?? [], compare, pace));
    }
    runs = merged;
  }
  return runs[0] ?? [];
}

/** Two sorted lists as one; of equals those of `a` come first. Lets the event loop turn every few milliseconds. */
export async function mergeInSlices<Item>(
  a: readonly Item[],
  b: readonly Item[],
  compare: Compare<Item>,
  pace = new Pace(),
): Promise<Item[]> {
  const merged: Item[] = [];
  let next = 0;
  for (const item of a) {
    for (let other = b[next]; other !== undefined && compare(other, item) < 0; other = b[next]) {
      merged.push(other);
      next += 1;
      if (merged.length % 512 === 0) await pace.pause();
    }
    merged.push(item);
    if (merged.length % 512 === 0) await pace.pause();
  }
  for (const other of b.slice(next)) merged.push(other);
  return merged;
}

/**
 * A text that sorts by plain comparison as people sort names: 2 before 10, without regard to case and accents. Comparing two
 * keys is ten times faster than asking a collator, which matters with 50,000 names.
 */
export const naturalKey = (name: string): string =>
  plain(name).replaceAll(/\d+/g, (digits) => {
    const number = digits.replace(/^0+(?=\d)/, '');
    // How many digits there are, as one character, sorts before the digits themselves.
    return String.fromCharCode(0x30 + Math.min(number.length, 0x4f)) + number;
  });

// eslint-disable-next-line no-control-regex -- all of ASCII is meant
const isAscii = /^[\u0000-\u007f]*$/;
const plain = (name: string): string =>
  isAscii.test(name) ? name.toLowerCase() : name.normalize('NFKD').replaceAll(/\p{M}/gu, '').toLowerCase();
