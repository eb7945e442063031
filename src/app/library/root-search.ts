import { diskWords } from '../disk-words.ts';
import { walkPhotos, type FileOnDisk } from '../photo-walk.ts';
import type { LibraryFile } from './library-file.ts';
import type { OpenedRoots, Root } from './opened-roots.ts';
import type { PhotoList } from './photo-list.ts';
import { inSlices } from './slices.ts';

interface RootSearchOptions {
  readonly list: PhotoList;
  readonly roots: OpenedRoots;
  /** Takes in a file that was found. */
  readonly take: (file: FileOnDisk) => LibraryFile;
  /** The folder for results: not searched when it lies inside an opened folder. */
  readonly without: () => string | null;
  /** Told of each folder that is searched. */
  readonly onFolder: (folder: string) => void;
  /** Everything was found; the search counts as ended when this has resolved. */
  readonly onSearched: () => Promise<void>;
  /** A search has begun or ended. */
  readonly onRoot: () => void;
}

/** Searches opened folders, bit by bit: what is found is in the list at once, what is no longer there leaves it at the end. */
export class RootSearch {
  readonly #options: RootSearchOptions;

  constructor(options: RootSearchOptions) {
    this.#options = options;
  }

  /** Begins a search unless one is under way. Never rejects: what cannot be read is the root's `problem`. */
  begin(root: Root): void {
    root.scan ??= this.#search(root).finally(() => {
      root.scan = null;
      this.#options.onRoot();
    });
    this.#options.onRoot();
  }

  async #search(root: Root): Promise<void> {
    const { list, roots, take, without, onFolder, onSearched } = this.#options;
    const missing = new Set<LibraryFile>(list.files.within(root.path).filter(({ opened }) => opened));
    root.problem = null;
    root.isThere = true;
    for await (const step of walkPhotos(root.path, { without: without() })) {
      if (roots.get(root.path) !== root) return;
      if (step.problem === undefined) {
        onFolder(step.folder);
        for (const found of step.photos) missing.delete(take(found));
      } else if (step.folder === root.path) {
        root.problem = diskWords('The folder', step.problem);
        root.isThere = (step.problem as NodeJS.ErrnoException).code !== 'ENOENT';
      }
    }
    if (roots.get(root.path) !== root) return;
    await inSlices(missing, (file) => {
      list.drop(file);
    });
    await onSearched();
  }
}
