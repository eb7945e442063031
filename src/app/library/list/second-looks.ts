import { Problem } from '../../../shared/problem.ts';
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

/**
 * Looks up the sizes that nobody has looked up yet, one photo after another: whoever sorts by pixels does not want only those
 * photos that have been on the screen.
 */
export class SizeSearch {
  readonly #photos: () => Iterable<LibraryFile>;
  readonly #measure: (id: number) => Promise<unknown>;
  /** Photos that told no size, and when they were last changed at that time. */
  readonly #silent = new WeakMap<LibraryFile, number>();
  #running = false;
  #closed = false;

  /** @param measure makes the size of a photo known, if it can */
  constructor(photos: () => Iterable<LibraryFile>, measure: (id: number) => Promise<unknown>) {
    this.#photos = photos;
    this.#measure = measure;
  }

  begin(): void {
    if (!this.#running) void this.#run();
  }

  close(): void {
    this.#closed = true;
  }

  async #run(): Promise<void> {
    this.#running = true;
    for (const photo of this.#photos()) {
      if (this.#closed) return;
      if (!photo.visible || photo.width !== null || this.#silent.get(photo) === photo.touched) continue;
      this.#silent.set(photo, photo.touched);
      await this.#measure(photo.id).catch(() => undefined);
    }
    this.#running = false;
  }
}
