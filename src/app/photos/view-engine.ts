import { randomUUID } from 'node:crypto';
import type { EngineSettings, Pyramid } from '../../shared/engine-protocol.ts';
import { cancelled, Problem, throwIfCancelled } from '../../shared/problem.ts';
import { EngineProcess, type Ask, type Launcher } from '../engine-process.ts';
import { Turns } from '../turns.ts';

/** Nothing that is asked for here takes as long, except making a pyramid. */
const callSeconds = 180;
const pyramidSeconds = 3600;

/**
 * An engine process for looking at photos: many small calls at once. When it dies, or does not answer, each call that was
 * under way is made once more, alone on a fresh process, before anything else: so the one photo that is to blame is found and
 * rejected with Problem `engine-stopped`, and all others are answered.
 */
export class ViewEngine {
  readonly #process: EngineProcess;
  readonly #onProgress = new Map<string, (fraction: number) => void>();
  /** The calls that are made again, one after the other. */
  readonly #again = new Turns();
  #suspects = 0;
  #closed = false;

  constructor(options: { launch: Launcher; settings: EngineSettings; idleSeconds: number }) {
    this.#process = new EngineProcess({
      ...options,
      events: {
        progress: (jobId, fraction) => this.#onProgress.get(jobId)?.(fraction as number),
      },
    });
  }

  get processId(): number | null {
    return this.#process.processId;
  }

  async call<Answer>(ask: Ask<Answer>, seconds = callSeconds): Promise<Answer> {
    while (this.#suspects > 0) await this.#again.over();
    try {
      return await this.#within(seconds, ask);
    } catch (error) {
      if (!(error instanceof Problem) || error.code !== 'engine-stopped') throw error;
      return await this.#alone(() => this.#within(seconds, ask));
    }
  }

  /** As `photos.pyramid`; ends as `cancelled` soon after `signal`. */
  async pyramid(path: string, file: string, signal: AbortSignal, onProgress: (fraction: number) => void): Promise<Pyramid> {
    const jobId = randomUUID();
    const stop = (): void => {
      if (this.processId !== null) this.#process.call((calls) => calls.process.cancel(jobId)).catch(() => undefined);
    };
    this.#onProgress.set(jobId, onProgress);
    signal.addEventListener('abort', stop, { once: true });
    try {
      return await this.call((calls) => {
        throwIfCancelled(signal);
        return calls.photos.pyramid(jobId, path, file);
      }, pyramidSeconds);
    } finally {
      signal.removeEventListener('abort', stop);
      this.#onProgress.delete(jobId);
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#process.close();
  }

  async #within<Answer>(seconds: number, ask: Ask<Answer>): Promise<Answer> {
    if (this.#closed) throw cancelled();
    const timer = setTimeout(() => void this.#process.kill(), seconds * 1000);
    try {
      return await this.#process.call(ask);
    } finally {
      clearTimeout(timer);
    }
  }

  async #alone<Answer>(work: () => Promise<Answer>): Promise<Answer> {
    this.#suspects += 1;
    try {
      return await this.#again.take(work);
    } finally {
      this.#suspects -= 1;
    }
  }
}
