import { pathOf, type LibraryFile } from './library-file.ts';

/** Files looked into with one call, so that whatever else asks the same process is never kept waiting for long. */
const filesAtOnce = 32;

/**
 * Looks into files that are taken for results because of their names, a few at a time, whenever there is nothing better to do.
 * Where the asking fails, names have the last word.
 */
export class MarkCheck {
  readonly #areMarked: (paths: readonly string[]) => Promise<readonly boolean[]>;
  readonly #onJudged: (file: LibraryFile, marked: boolean) => void;
  readonly #waiting = new Set<LibraryFile>();
  #running = false;

  constructor(
    areMarked: (paths: readonly string[]) => Promise<readonly boolean[]>,
    onJudged: (file: LibraryFile, marked: boolean) => void,
  ) {
    this.#areMarked = areMarked;
    this.#onJudged = onJudged;
  }

  add(file: LibraryFile): void {
    this.#waiting.add(file);
    if (!this.#running) void this.#run();
  }

  close(): void {
    this.#waiting.clear();
  }

  async #run(): Promise<void> {
    this.#running = true;
    // Files that come together are asked about together.
    await Promise.resolve();
    while (this.#waiting.size > 0) {
      const files: LibraryFile[] = [];
      for (const file of this.#waiting) {
        if (files.length === filesAtOnce) break;
        files.push(file);
        this.#waiting.delete(file);
      }
      const marked = await this.#areMarked(files.map(pathOf)).catch(() => []);
      for (const [index, file] of files.entries()) {
        const answer = marked[index];
        if (answer !== undefined && file.marked === null) this.#onJudged(file, answer);
      }
    }
    this.#running = false;
  }
}
