import { diskWords } from '../disk-words.ts';
import { walkPhotos, type WalkedFile } from '../photo-walk.ts';
import type { LibraryFile } from './library-file.ts';
import type { OpenedRoots, Root } from './opened-roots.ts';
import type { PhotoList } from './photo-list.ts';
import { inSlices } from './slices.ts';

interface RootSearchOptions {
  readonly list: PhotoList;
  readonly roots: OpenedRoots;
  /** Takes in a file that was found. */
  readonly take: (file: WalkedFile) => void;
  /** The folder for results: not searched when it lies inside an opened folder. */
  readonly without: () => string | null;
  /** Told of each folder that is searched. */
  readonly onFolder: (folder: string) => void;
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
    const { list, roots } = this.#options;
    const missing = new Set<LibraryFile>(list.files.within(root.path).filter(({ opened }) => opened));
    root.problem = null;
    await this.below(root.path, (file) => missing.delete(file), root);
    if (roots.get(root.path) !== root) return;
    await inSlices(missing, (file) => {
      list.drop(file);
    });
  }

  /** Takes in everything in a folder that has come into an opened one, and below it. */
  async below(folder: string, onFile: (file: LibraryFile) => void, root: Root): Promise<void> {
    const { list, roots, take, without, onFolder } = this.#options;
    for await (const step of walkPhotos(folder, { without: without() })) {
      if (roots.get(root.path) !== root) return;
      if (step.problem !== undefined) {
        if (step.folder === root.path) root.problem = diskWords('The folder', step.problem);
        continue;
      }
      onFolder(step.folder);
      for (const found of step.photos) {
        take(found);
        const file = list.files.at(found.path);
        if (file !== null) onFile(file);
      }
    }
  }
}
