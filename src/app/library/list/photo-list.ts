import type { LibraryQuery } from '../../../shared/library.ts';
import { isWithin, type FileOnDisk } from '../../photo-walk.ts';
import { FileIndex } from './file-index.ts';
import { libraryFile, pathOf, versionOf, type LibraryFile } from './library-file.ts';
import { filterOf, PhotoOrder, type OpenedOnes } from './query.ts';
import { ResultLinks, type Reading } from './result-links.ts';
import { inSlices } from './sorting.ts';

export interface PhotoListOptions {
  /** The number of the photo at a path. */
  readonly idOf: (path: string) => number;
  /** Whether the person has taken the photo at a path off the list. */
  readonly isHidden?: (path: string) => boolean;
  /** Of which photos a file may be a result, as far as its path tells. */
  readonly readings: (path: string) => readonly Reading[];
  /** A photo has come onto the list or gone from it. */
  readonly onListed: () => void;
  /** What the card of a photo says has changed. */
  readonly onCard: (photo: LibraryFile) => void;
  /** A file is taken for a result because of its name alone. */
  readonly onSuspect: (file: LibraryFile) => void;
}

/** The photos of the library: which there are, which of them are results of others, and in which order they are shown. */
export class PhotoList {
  readonly files = new FileIndex();
  readonly #options: PhotoListOptions;
  readonly #orders = new Map<LibraryQuery['sort'], PhotoOrder>();
  readonly #links: ResultLinks;
  readonly #visibleIn = new Map<string, number>();
  #visible = 0;

  constructor(options: PhotoListOptions) {
    this.#options = options;
    this.#links = new ResultLinks(this.files, options.readings, (original, result) => {
      if (result.marked === null) options.onSuspect(result);
      this.#settle(original, result);
      options.onCard(original);
    });
  }

  /** How many photos the list shows. */
  get length(): number {
    return this.#visible;
  }

  /** How many of them lie in a folder and below it. */
  lengthWithin(folder: string): number {
    let count = 0;
    for (const [path, photos] of this.#visibleIn) if (isWithin(folder, path)) count += photos;
    return count;
  }

  /** Takes in a file as it is on the disk now. */
  put(found: FileOnDisk, opened: boolean): LibraryFile {
    const known = this.files.at(found.path);
    if (known === null) return this.#add(libraryFile(this.#options.idOf(found.path), found), opened);
    if (opened && !known.opened) {
      known.opened = true;
      this.#settle(known);
    }
    if (versionOf(known) !== versionOf(found)) {
      const { fileBytes, modified, touched } = found;
      Object.assign(known, { fileBytes, modified, touched, width: null, height: null, marked: null });
      if (known.original !== null) this.#options.onSuspect(known);
      this.changed(known);
    }
    return known;
  }

  /**
   * Takes in a file that is of interest only as the result of a photo of the list.
   * @returns whether it is taken for one
   */
  offer(found: FileOnDisk): boolean {
    const known = this.files.at(found.path);
    const file = this.put(found, false);
    if (known !== null && file.original === null) this.#links.added(file);
    if (file.original === null && !file.opened) this.drop(file);
    return file.original !== null;
  }

  /** The file is no longer there, or no longer any business of the library. */
  drop(file: LibraryFile): void {
    const { original, results } = file;
    this.files.remove(file);
    this.#links.removed(file);
    file.opened = false;
    this.#settle(file, ...results);
    if (original !== null) this.#options.onCard(original);
  }

  /** A job says so, or has put it there. */
  link(original: LibraryFile, result: LibraryFile): void {
    result.marked = true;
    const before = result.original;
    this.#links.link(original, result);
    this.#settle(result, ...result.results);
    for (const photo of [before, result.original]) if (photo !== null) this.#options.onCard(photo);
  }

  /** What the file itself says: one without our mark is no result, whatever it is called. */
  judged(file: LibraryFile, marked: boolean): void {
    file.marked = marked;
    const { original } = file;
    if (marked || original === null) return;
    this.#links.unlink(file);
    this.#settle(file);
    this.#options.onCard(original);
    if (!file.opened) this.files.remove(file);
  }

  hide(file: LibraryFile, hidden: boolean): void {
    file.hidden = hidden;
    this.#settle(file);
  }

  /** Something that its card, its place in the list or its original's card says has changed. */
  changed(file: LibraryFile): void {
    if (file.visible) for (const order of this.#orders.values()) order.changed(file);
    this.#options.onCard(file.original ?? file);
  }

  /** The ids of the photos that a query finds, in its order; never keeps anything else waiting for long. */
  async find(query: LibraryQuery, opened: OpenedOnes): Promise<number[]> {
    const fits = filterOf(query, opened);
    const ids: number[] = [];
    await inSlices(await this.#orderBy(query.sort).ascending(), (file) => {
      if (file.visible && fits(file)) ids.push(file.id);
    });
    return query.descending ? ids.reverse() : ids;
  }

  #orderBy(sort: LibraryQuery['sort']): PhotoOrder {
    let order = this.#orders.get(sort);
    if (order === undefined) {
      order = new PhotoOrder(
        sort,
        [...this.files.all()].filter(({ visible }) => visible),
      );
      this.#orders.set(sort, order);
    }
    return order;
  }

  #add(file: LibraryFile, opened: boolean): LibraryFile {
    file.opened = opened;
    file.hidden = this.#options.isHidden?.(pathOf(file)) === true;
    this.files.add(file);
    this.#links.added(file);
    this.#settle(file);
    return file;
  }

  /** Brings the list into line with what has become of some files. */
  #settle(...files: readonly LibraryFile[]): void {
    for (const file of files) {
      const visible = file.opened && !file.hidden && file.original === null;
      if (visible === file.visible) continue;
      file.visible = visible;
      this.#visible += visible ? 1 : -1;
      this.#visibleIn.set(file.folder, (this.#visibleIn.get(file.folder) ?? 0) + (visible ? 1 : -1));
      for (const order of this.#orders.values()) {
        if (visible) order.added(file);
        else order.removed(file);
      }
      this.#options.onListed();
    }
  }
}
