import { setImmediate } from 'node:timers/promises';

/** Longest time that work on many photos keeps everything else waiting. */
const sliceMilliseconds = 8;

/** Visits every item and lets the event loop turn every few milliseconds; looks at the clock after every `stride` items. */
export async function inSlices<Item>(items: Iterable<Item>, visit: (item: Item) => void, stride = 64): Promise<void> {
  let began = performance.now();
  let index = 0;
  for (const item of items) {
    visit(item);
    index += 1;
    if (index % stride !== 0 || performance.now() - began < sliceMilliseconds) continue;
    await setImmediate();
    began = performance.now();
  }
}

type Compare<Item> = (a: Item, b: Item) => number;

/** Sorts like `Array.sort`, by merging, and lets the event loop turn every few milliseconds. */
export async function sortInSlices<Item>(items: readonly Item[], compare: Compare<Item>): Promise<Item[]> {
  const runLength = 512;
  const starts = Array.from({ length: Math.ceil(items.length / runLength) }, (_, index) => index * runLength);
  let runs: Item[][] = [];
  await inSlices(starts, (start) => runs.push(items.slice(start, start + runLength).sort(compare)), 1);
  while (runs.length > 1) {
    const merged: Item[][] = [];
    for (let index = 0; index < runs.length; index += 2) {
      merged.push(await mergeInSlices(runs[index] ?? [], runs[index + 1] ?? [], compare));
    }
    runs = merged;
  }
  return runs[0] ?? [];
}

/** Two sorted lists as one; of equals those of `a` come first. */
export async function mergeInSlices<Item>(a: readonly Item[], b: readonly Item[], compare: Compare<Item>): Promise<Item[]> {
  const merged: Item[] = [];
  await inSlices(inOrder(a, b, compare), (item) => merged.push(item));
  return merged;
}

function* inOrder<Item>(a: readonly Item[], b: readonly Item[], compare: Compare<Item>): Generator<Item, void, undefined> {
  let next = 0;
  for (const item of a) {
    for (let other = b[next]; other !== undefined && compare(other, item) < 0; other = b[next]) {
      yield other;
      next += 1;
    }
    yield item;
  }
  yield* b.slice(next);
}
