import type { Stats } from 'node:fs';
import { stat } from 'node:fs/promises';

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
