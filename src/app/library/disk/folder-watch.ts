import { watch, type FSWatcher, type Stats } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isWithin } from '../../photo-walk.ts';

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

interface SettlingOptions {
  /** How long a path must be left alone before it is looked at, and a file be unchanged before it counts as finished. */
  readonly milliseconds: number;
  /** Whether a file of that path is of interest. */
  readonly isWanted: (path: string) => boolean;
  readonly onFile: (path: string, file: Stats) => void;
  readonly onFolder: (path: string) => void;
  readonly onGone: (path: string) => void;
}

interface Settling {
  timer: NodeJS.Timeout;
  /** What the file was like at the last look. */
  seen: Stats | null;
  touches: number;
}

/**
 * Waits until what happens at a path is over, then says what is there. A file that is still being written is not told of until
 * two looks in a row have found it the same, and an empty one not at all.
 */
export class SettlingPaths {
  readonly #options: SettlingOptions;
  readonly #settling = new Map<string, Settling>();

  constructor(options: SettlingOptions) {
    this.#options = options;
  }

  touch(path: string): void {
    const known = this.#settling.get(path);
    if (known === undefined) this.#settling.set(path, { timer: this.#later(path), seen: null, touches: 0 });
    else {
      known.touches += 1;
      known.timer.refresh();
    }
  }

  close(): void {
    for (const { timer } of this.#settling.values()) clearTimeout(timer);
    this.#settling.clear();
  }

  #later(path: string): NodeJS.Timeout {
    return setTimeout(() => void this.#look(path), this.#options.milliseconds);
  }

  async #look(path: string): Promise<void> {
    const settling = this.#settling.get(path);
    const touches = settling?.touches;
    const file = await stat(path).catch(() => null);
    // Touched again meanwhile: there will be another look.
    if (settling === undefined || this.#settling.get(path) !== settling || settling.touches !== touches) return;
    const isWanted = file?.isFile() === true && file.size > 0 && this.#options.isWanted(path);
    if (isWanted && !isSame(file, settling.seen)) {
      settling.seen = file;
      settling.timer = this.#later(path);
      return;
    }
    this.#settling.delete(path);
    if (file === null) this.#options.onGone(path);
    else if (file.isDirectory()) this.#options.onFolder(path);
    else if (isWanted) this.#options.onFile(path, file);
  }
}

const isSame = (file: Stats, seen: Stats | null): boolean => seen !== null && file.size === seen.size && file.mtimeMs === seen.mtimeMs;
