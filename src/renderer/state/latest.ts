/**
 * Runs a task whenever it is asked to, but never twice at the same time: what is asked for meanwhile becomes one more run, at least
 * `pauseMs` after the last one began.
 */
export class Latest {
  readonly #task: () => Promise<void>;
  readonly #pauseMs: number;
  #running = false;
  #again = false;

  constructor(task: () => Promise<void>, pauseMs: number) {
    this.#task = task;
    this.#pauseMs = pauseMs;
  }

  async run(): Promise<void> {
    this.#again = true;
    if (this.#running) return;
    this.#running = true;
    try {
      while (this.#takeTurn()) {
        const pause = new Promise((resolve) => setTimeout(resolve, this.#pauseMs));
        await this.#task();
        await pause;
      }
    } finally {
      this.#running = false;
    }
  }

  #takeTurn(): boolean {
    const turn = this.#again;
    this.#again = false;
    return turn;
  }
}
