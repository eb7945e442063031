import { Problem } from '../../shared/problem.ts';
import { pathOf, type LibraryFile } from './library-file.ts';

/** So few at once that whatever else asks the same process is never kept waiting for long. */
const filesAtOnce = 32;

/**
 * Looks into files that are taken for results because of their names, a few at a time, whenever there is nothing better to do.
 * Where the asking fails, names have the last word.
 */
export class MarkCheck {
  readonly #isMarked: (path: string) => Promise<boolean>;
  readonly #onJudged: (file: LibraryFile, marked: boolean) => void;
  readonly #waiting = new Set<LibraryFile>();
  #running = false;

  constructor(isMarked: (path: string) => Promise<boolean>, onJudged: (file: LibraryFile, marked: boolean) => void) {
    this.#isMarked = isMarked;
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
      await Promise.all(files.map((file) => this.#look(file)));
    }
    this.#running = false;
  }

  async #look(file: LibraryFile): Promise<void> {
    const marked = await this.#isMarked(pathOf(file)).catch((error: unknown) => {
      // Without a process to look, every other question would start one more in vain.
      if (error instanceof Problem && error.code === 'engine-stopped') this.#waiting.clear();
      return null;
    });
    if (marked !== null && file.marked === null) this.#onJudged(file, marked);
  }
}
