import { watch, type FSWatcher } from 'node:fs';
import { join } from 'node:path';
import { isWithin } from './file-index.ts';

export interface FolderWatchOptions {
  /** Whether the system watches a whole tree with one watch (macOS and Windows do); otherwise each folder has its own. */
  readonly wholeTrees: boolean;
  /** Something at this path has come, changed or gone. */
  readonly onTouched: (path: string) => void;
  /** The system refuses to watch, so that changes from here on down go unnoticed. */
  readonly onRefused: (folder: string, error: NodeJS.ErrnoException) => void;
  readonly watchFolder?: typeof watch | undefined;
}

/**
 * Watches folders, not files: a folder of 50,000 photos is one watch and no memory (docs/decisions/0006-watching-folders.md).
 * It tells where to look and never what has happened, because that is where systems differ.
 */
export class FolderWatch {
  readonly #options: FolderWatchOptions;
  readonly #watchers = new Map<string, FSWatcher>();

  constructor(options: FolderWatchOptions) {
    this.#options = options;
  }

  isWatched(folder: string): boolean {
    if (!this.#options.wholeTrees) return this.#watchers.has(folder);
    return [...this.#watchers.keys()].some((watched) => isWithin(watched, folder));
  }

  add(folder: string): void {
    if (this.isWatched(folder)) return;
    const { wholeTrees, onTouched, onRefused, watchFolder = watch } = this.#options;
    try {
      const watcher = watchFolder(folder, { recursive: wholeTrees }, (_, name) => {
        onTouched(name === null ? folder : join(folder, name));
      });
      // A folder that is removed ends its watch with an error on some systems: the look at its path tells.
      watcher.on('error', () => {
        this.#end(folder);
        onTouched(folder);
      });
      this.#watchers.set(folder, watcher);
    } catch (error) {
      onRefused(folder, error as NodeJS.ErrnoException);
    }
  }

  /** Ends the watches of a folder and of everything below it. */
  remove(folder: string): void {
    for (const watched of [...this.#watchers.keys()]) if (isWithin(folder, watched)) this.#end(watched);
  }

  close(): void {
    for (const watched of [...this.#watchers.keys()]) this.#end(watched);
  }

  #end(folder: string): void {
    this.#watchers.get(folder)?.close();
    this.#watchers.delete(folder);
  }
}
