import type { LibraryQuery } from '../../../shared/library.ts';
import { isWithin } from '../../photo-walk.ts';
import { pathOf, stateOf, type LibraryFile } from './library-file.ts';
import { mergeInSlices, sortInSlices } from './sorting.ts';
import { Turns } from '../../turns.ts';

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
  readonly #turns = new Turns();

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
    return this.#turns.take(() => this.#bring());
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

/** What a query asks of what was opened. */
export interface OpenedOnes {
  /** What of a folder's path is searched for text. */
  readonly shownFolder: (folder: string) => string;
  /** Whether a file was opened by itself. */
  readonly isSingle: (path: string) => boolean;
}

/**
 * Whether a photo of the list is one that the query asks for. Photos whose size nobody has looked up pass no limit on megapixels.
 */
export function filterOf(query: LibraryQuery, { shownFolder, isSingle }: OpenedOnes): (file: LibraryFile) => boolean {
  const search = query.search.trim().toLowerCase();
  const { folder: wanted, single, states, formats, minMegapixels, maxMegapixels } = query;
  const tests: ((file: LibraryFile) => boolean)[] = [];
  if (single) tests.push((file) => isSingle(pathOf(file)));
  if (wanted !== null) tests.push(ofFolder((folder) => isWithin(wanted, folder)));
  if (formats.length > 0) tests.push(({ format }) => formats.includes(format));
  if (states.length > 0) tests.push((file) => states.includes(stateOf(file)));
  if (minMegapixels !== null) tests.push((file) => (megapixels(file) ?? -1) >= minMegapixels);
  if (maxMegapixels !== null) tests.push((file) => (megapixels(file) ?? Infinity) <= maxMegapixels);
  if (search !== '') {
    const isInFolder = ofFolder((folder) => shownFolder(folder).toLowerCase().includes(search));
    tests.push((file) => isInFolder(file) || file.name.toLowerCase().includes(search));
  }
  return (file) => tests.every((test) => test(file));
}

/** Whether sizes in pixels decide what the query finds or in which order. */
export const usesPixels = ({ sort, minMegapixels, maxMegapixels }: LibraryQuery): boolean =>
  sort === 'pixels' || minMegapixels !== null || maxMegapixels !== null;

const megapixels = ({ width, height }: LibraryFile): number | null => (width === null || height === null ? null : (width * height) / 1e6);

/** A test of a file's folder, made once for each folder. */
function ofFolder(test: (folder: string) => boolean): (file: LibraryFile) => boolean {
  const answers = new Map<string, boolean>();
  return ({ folder }) => {
    const known = answers.get(folder);
    if (known !== undefined) return known;
    const answer = test(folder);
    answers.set(folder, answer);
    return answer;
  };
}
