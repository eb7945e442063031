import { cancelled, throwIfCancelled } from '../../shared/problem.ts';

interface Task {
  readonly key: string;
  readonly start: (signal: AbortSignal) => Promise<unknown>;
  readonly controller: AbortController;
  readonly answer: PromiseWithResolvers;
  waiting: number;
  running: boolean;
}

interface PromiseWithResolvers {
  readonly promise: Promise<unknown>;
  readonly resolve: (value: unknown) => void;
  readonly reject: (reason: unknown) => void;
}

/**
 * Work of which the latest asked for matters most: what has just come into view. Requests with the same key share one piece of
 * work and its answer. Work that nobody waits for any more is dropped if it has not begun; once begun it is finished, for the
 * cache.
 */
export class NewestFirst {
  readonly #parallel: number;
  readonly #alive: number;
  /** The latest asked for is the last. */
  readonly #tasks = new Map<string, Task>();
  #running = 0;

  /**
   * @param options.parallel pieces of work at once
   * @param options.alive more pieces than that, begun or not, and the oldest is given up as `cancelled`, its signal aborted
   */
  constructor({ parallel, alive = Infinity }: { parallel: number; alive?: number }) {
    this.#parallel = parallel;
    this.#alive = alive;
  }

  /** @throws Problem cancelled as soon as `signal` is aborted, or when it is given up; else what `work` throws */
  async run<Answer>(key: string, signal: AbortSignal | undefined, work: (signal: AbortSignal) => Promise<Answer>): Promise<Answer> {
    throwIfCancelled(signal);
    const task = this.#tasks.get(key) ?? newTask(key, work);
    this.#tasks.delete(key);
    this.#tasks.set(key, task);
    this.#giveUpOldest();
    this.#next();
    return (await this.#wait(task, signal)) as Answer;
  }

  /** Gives everything up. */
  close(): void {
    for (const task of this.#tasks.values()) this.#giveUp(task);
  }

  async #wait(task: Task, signal: AbortSignal | undefined): Promise<unknown> {
    const over = new AbortController();
    task.waiting += 1;
    const left = new Promise<never>((_, reject) => {
      const leave = (): void => {
        task.waiting -= 1;
        if (task.waiting === 0 && !task.running) this.#forget(task);
        reject(cancelled());
      };
      signal?.addEventListener('abort', leave, { once: true, signal: over.signal });
    });
    try {
      return await Promise.race([task.answer.promise, left]);
    } finally {
      over.abort();
    }
  }

  #next(): void {
    while (this.#running < this.#parallel) {
      const task = [...this.#tasks.values()].findLast(({ running }) => !running);
      if (task === undefined) return;
      task.running = true;
      this.#running += 1;
      const ended = (): void => {
        this.#running -= 1;
        this.#forget(task);
        this.#next();
      };
      task.start(task.controller.signal).finally(ended).then(task.answer.resolve, task.answer.reject);
    }
  }

  #giveUpOldest(): void {
    for (const task of this.#tasks.values()) {
      if (this.#tasks.size <= this.#alive) return;
      this.#giveUp(task);
    }
  }

  #giveUp(task: Task): void {
    this.#forget(task);
    task.controller.abort();
    task.answer.reject(cancelled());
  }

  #forget(task: Task): void {
    if (this.#tasks.get(task.key) === task) this.#tasks.delete(task.key);
  }
}

function newTask(key: string, start: Task['start']): Task {
  let [resolve, reject]: [PromiseWithResolvers['resolve'], PromiseWithResolvers['reject']] = [() => undefined, () => undefined];
  const promise = new Promise<unknown>((onResolve, onReject) => {
    [resolve, reject] = [onResolve, onReject];
  });
  // Whoever waits sees the failure; nobody may be waiting any more.
  promise.catch(() => undefined);
  return { key, start, controller: new AbortController(), answer: { promise, resolve, reject }, waiting: 0, running: false };
}
