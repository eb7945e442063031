import type { Plan } from '../../shared/engine-protocol.ts';
import type { QueueState } from '../../shared/queue.ts';
import { BatchClock, workPixels } from '../batch-clock.ts';
import type { Job } from './jobs.ts';

type Course = Pick<QueueState, 'fraction' | 'secondsLeft' | 'pixelsPerSecond'>;

/** How far the queue is since it last stood empty, and how long it will go on. Only time at work counts, not pauses. */
export class RunClock {
  #batch = new BatchClock<string>();
  #seconds = 0;
  #workingSince: number | null = null;
  readonly #now: () => number;

  /** `now` is in seconds. */
  constructor(now: () => number = () => performance.now() / 1000) {
    this.#now = now;
  }

  /** Jobs that wait, after nothing was left to do if `empty`. */
  added(jobs: number, empty: boolean): void {
    if (empty) {
      this.#batch = new BatchClock();
      this.#seconds = 0;
    }
    this.#batch.added(jobs);
  }

  again(id: string): void {
    if (!this.#batch.again(id)) this.#batch.added(1);
  }

  removed(id: string): void {
    this.#batch.removed(id);
  }

  planned(id: string, plan: Plan): void {
    this.#batch.planned(id, plan);
  }

  /** Whatever became of it; only what was `done` is work from which a speed can be told. */
  finished({ id, plan }: Job, done: boolean): void {
    this.#batch.finished(id, plan === null || !done ? 0 : workPixels(plan));
  }

  working(yes: boolean): void {
    if (this.#workingSince !== null) this.#seconds += this.#now() - this.#workingSince;
    this.#workingSince = yes ? this.#now() : null;
  }

  /** While `job` runs; null: none does. */
  course(job: Job | null): Course {
    const { plan = null, progress = null } = job ?? {};
    const pixels = plan === null ? 0 : workPixels(plan);
    const seconds = this.#seconds + (this.#workingSince === null ? 0 : this.#now() - this.#workingSince);
    const { batchFraction, batchSecondsLeft } = this.#batch.now(
      job?.id ?? null,
      pixels,
      progress?.fraction ?? 0,
      progress?.secondsLeft ?? null,
      seconds,
    );
    return { fraction: batchFraction, secondsLeft: batchSecondsLeft, pixelsPerSecond: progress?.pixelsPerSecond ?? 0 };
  }
}
