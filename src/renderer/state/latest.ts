/**
 * Runs a task when it is asked to, but never twice at the same time and no more often than every `pauseMs`: what is asked for
 * meanwhile becomes one more run.
 */
export class Latest {
  readonly #task: () => Promise<void>;
  readonly #pauseMs: number;
  #running: Promise<void> | null = null;
  #next: Promise<void> | null = null;

  constructor(task: () => Promise<void>, pauseMs: number) {
    this.#task = task;
    this.#pauseMs = pauseMs;
  }

  /** Resolves when a run that began after this call is over. */
  async run(): Promise<void> {
    if (this.#running === null) return this.#begin();
    this.#next ??= this.#running.then(() => {
      this.#next = null;
      return this.#begin();
    });
    return this.#next;
  }

  async #begin(): Promise<void> {
    const task = this.#task();
    const pause = new Promise((resolve) => setTimeout(resolve, this.#pauseMs));
    this.#running = Promise.allSettled([task, pause]).then(() => {
      this.#running = null;
    });
    return task;
  }
}
