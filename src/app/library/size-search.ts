import type { LibraryFile } from './library-file.ts';

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
