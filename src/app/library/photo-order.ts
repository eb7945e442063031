import type { LibraryQuery } from '../../shared/library.ts';
import type { LibraryFile } from './library-file.ts';
import { mergeInSlices, sortInSlices } from './slices.ts';

type Sort = LibraryQuery['sort'];

const text = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
/** By name, then by folder: always an order, and always the same one. */
const byName = (a: LibraryFile, b: LibraryFile): number =>
  text(a.sortKey, b.sortKey) || text(a.folder, b.folder) || text(a.name, b.name) || a.id - b.id;

const pixels = ({ width, height }: LibraryFile): number => (width ?? 0) * (height ?? 0);

const orders: Readonly<Record<Sort, (a: LibraryFile, b: LibraryFile) => number>> = {
  name: byName,
  modified: (a, b) => a.modified - b.modified || byName(a, b),
  size: (a, b) => a.fileBytes - b.fileBytes || byName(a, b),
  pixels: (a, b) => pixels(a) - pixels(b) || byName(a, b),
};

/**
 * Files kept in the order that was asked for last, so that asking again while a folder is being searched costs one merge rather
 * than one sort. Whoever adds, removes or changes a file says so.
 */
export class PhotoOrder {
  #sort: Sort = 'name';
  #sorted: readonly LibraryFile[] = [];
  #fresh = new Set<LibraryFile>();
  #stale = new Set<LibraryFile>();
  #lastCall: Promise<unknown> = Promise.resolve();

  added(file: LibraryFile): void {
    this.#fresh.add(file);
  }

  removed(file: LibraryFile): void {
    if (!this.#fresh.delete(file)) this.#stale.add(file);
  }

  /** Where the file stands may have changed. */
  changed(file: LibraryFile): void {
    if (this.#fresh.has(file)) return;
    this.#stale.add(file);
    this.#fresh.add(file);
  }

  /** All files in ascending order. */
  async by(sort: Sort): Promise<readonly LibraryFile[]> {
    const answer = this.#lastCall.then(() => this.#bring(sort));
    this.#lastCall = answer.catch(() => undefined);
    return answer;
  }

  async #bring(sort: Sort): Promise<readonly LibraryFile[]> {
    const [fresh, stale] = [this.#fresh, this.#stale];
    this.#fresh = new Set();
    this.#stale = new Set();
    const compare = orders[sort];
    const kept = stale.size === 0 ? this.#sorted : this.#sorted.filter((file) => !stale.has(file));
    if (sort !== this.#sort) this.#sorted = await sortInSlices([...kept, ...fresh], compare);
    else if (fresh.size > 0 || stale.size > 0) this.#sorted = await mergeInSlices(kept, await sortInSlices([...fresh], compare), compare);
    this.#sort = sort;
    return this.#sorted;
  }
}
