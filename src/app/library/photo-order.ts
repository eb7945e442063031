import type { LibraryQuery } from '../../shared/library.ts';
import type { LibraryFile } from './library-file.ts';
import { mergeInSlices, sortInSlices } from './slices.ts';

const text = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
/** By name, then by folder: always an order, and always the same one. */
const byName = (a: LibraryFile, b: LibraryFile): number =>
  text(a.sortKey, b.sortKey) || text(a.folder, b.folder) || text(a.name, b.name) || a.id - b.id;

const pixels = ({ width, height }: LibraryFile): number => (width ?? 0) * (height ?? 0);

const orders: Readonly<Record<LibraryQuery['sort'], (a: LibraryFile, b: LibraryFile) => number>> = {
  name: byName,
  modified: (a, b) => a.modified - b.modified || byName(a, b),
  size: (a, b) => a.fileBytes - b.fileBytes || byName(a, b),
  pixels: (a, b) => pixels(a) - pixels(b) || byName(a, b),
};

/**
 * Files kept in one order, so that asking again while a folder is being searched costs one merge rather than one sort. Whoever
 * adds, removes or changes a file says so.
 */
export class PhotoOrder {
  readonly #compare: (a: LibraryFile, b: LibraryFile) => number;
  #sorted: readonly LibraryFile[] = [];
  #fresh: Set<LibraryFile>;
  #stale = new Set<LibraryFile>();
  #lastCall: Promise<unknown> = Promise.resolve();

  constructor(sort: LibraryQuery['sort'], files: Iterable<LibraryFile>) {
    this.#compare = orders[sort];
    this.#fresh = new Set(files);
  }

  added(file: LibraryFile): void {
    this.#fresh.add(file);
  }

  removed(file: LibraryFile): void {
    this.#fresh.delete(file);
    this.#stale.add(file);
  }

  /** Where the file stands may have changed. */
  changed(file: LibraryFile): void {
    this.#stale.add(file);
    this.#fresh.add(file);
  }

  /** All files in ascending order. */
  async ascending(): Promise<readonly LibraryFile[]> {
    const answer = this.#lastCall.then(() => this.#bring());
    this.#lastCall = answer.catch(() => undefined);
    return answer;
  }

  async #bring(): Promise<readonly LibraryFile[]> {
    const [fresh, stale] = [this.#fresh, this.#stale];
    if (fresh.size === 0 && stale.size === 0) return this.#sorted;
    this.#fresh = new Set();
    this.#stale = new Set();
    const kept = stale.size === 0 ? this.#sorted : this.#sorted.filter((file) => !stale.has(file));
    this.#sorted = await mergeInSlices(kept, await sortInSlices([...fresh], this.#compare), this.#compare);
    return this.#sorted;
  }
}
