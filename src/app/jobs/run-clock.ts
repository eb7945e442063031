import type { Plan, Progress } from '../../shared/engine-protocol.ts';
import type { QueueState } from '../../shared/queue.ts';
import type { Job } from './job.ts';

/** What takes the time: the pixels that models produce. */
const workPixels = (plan: Plan): number =>
  plan.skip === null ? plan.passes.reduce((sum, pass) => sum + (pass.model === null ? 0 : pass.width * pass.height), 0) : 0;

/**
 * How far a run over many photos is and how long it will go on. Work is counted in {@link workPixels}; photos that are not
 * planned yet count as the mean of those that are. Photos are known by any key and may be added and taken away meanwhile.
 */
export class BatchClock<Key> {
  /** Work of every photo that is known, finished ones included. */
  readonly #pixels = new Map<Key, number>();
  readonly #finished = new Set<Key>();
  /** Photos that are not finished. */
  #ahead: number;
  /** Of photos in `#pixels`: all, and those that are not finished. */
  #knownPixels = 0;
  #knownAheadPixels = 0;
  #estimated = { seconds: 0, pixels: 0 };

  constructor(photos = 0) {
    this.#ahead = photos;
  }

  added(photos: number): void {
    this.#ahead += photos;
  }

  /** It will not be done after all. */
  removed(key: Key): void {
    if (this.#finished.has(key)) return;
    this.#forget(key);
    this.#ahead -= 1;
  }

  /** A finished photo is to be done once more. False where it is not one of this run. */
  again(key: Key): boolean {
    if (!this.#finished.delete(key)) return false;
    this.#ahead += 1;
    this.#knownAheadPixels += this.#pixels.get(key) ?? 0;
    return true;
  }

  planned(key: Key, plan: Plan): void {
    const pixels = workPixels(plan);
    if (this.#pixels.has(key)) this.#forget(key);
    this.#pixels.set(key, pixels);
    this.#knownPixels += pixels;
    this.#knownAheadPixels += pixels;
    if (plan.estimatedSeconds !== null && plan.skip === null) {
      this.#estimated = { seconds: this.#estimated.seconds + plan.estimatedSeconds, pixels: this.#estimated.pixels + pixels };
    }
  }

  /** Whatever became of it, a photo is no longer ahead; `pixels` is the work that it was. */
  finished(key: Key, pixels: number): void {
    if (this.#finished.has(key)) return;
    this.#forget(key);
    this.#pixels.set(key, pixels);
    this.#knownPixels += pixels;
    this.#finished.add(key);
    this.#ahead -= 1;
  }

  /**
   * While photo `key` of `pixels` is at `fraction` (0…1) with `secondsLeft` of its own (null: unknown yet), `seconds` of work after
   * the run began: the whole run's fraction and the seconds that it still takes, null until a speed is known from this run or,
   * by the plans, from earlier ones. With `key` null no photo is at work.
   */
  now(
    key: Key | null,
    pixels: number,
    fraction: number,
    secondsLeft: number | null,
    seconds: number,
  ): { batchFraction: number; batchSecondsLeft: number | null } {
    const ahead = this.#pixelsAhead(key);
    const finished = this.#knownPixels - this.#knownAheadPixels;
    const done = finished + pixels * fraction;
    const all = finished + pixels + ahead;
    const batchFraction = all === 0 ? 0 : Math.min(1, done / all);
    // What the first photo takes before its first tile (opening and testing a model) says nothing about speed.
    const measured = finished > 0 || secondsLeft !== null;
    const perPixel = measured && done > 0 && seconds > 0 ? seconds / done : this.#estimatedPerPixel;
    if (perPixel === null) return { batchFraction, batchSecondsLeft: ahead === 0 ? secondsLeft : null };
    return { batchFraction, batchSecondsLeft: (secondsLeft ?? pixels * (1 - fraction) * perPixel) + ahead * perPixel };
  }

  get #estimatedPerPixel(): number | null {
    const { seconds, pixels } = this.#estimated;
    return pixels === 0 ? null : seconds / pixels;
  }

  #pixelsAhead(current: Key | null): number {
    const known = this.#pixels.size - this.#finished.size;
    const mean = this.#pixels.size === 0 ? 0 : this.#knownPixels / this.#pixels.size;
    const all = this.#knownAheadPixels + (this.#ahead - known) * mean;
    if (current === null || this.#finished.has(current)) return all;
    return Math.max(0, all - (this.#pixels.get(current) ?? mean));
  }

  #forget(key: Key): void {
    const pixels = this.#pixels.get(key);
    if (pixels === undefined) return;
    this.#pixels.delete(key);
    this.#knownPixels -= pixels;
    this.#knownAheadPixels -= pixels;
  }
}

type Course = Pick<QueueState, 'fraction' | 'secondsLeft' | 'pixelsPerSecond'>;
type Running = Pick<Job, 'id' | 'plan'> & { readonly progress: Pick<Progress, 'fraction' | 'secondsLeft' | 'pixelsPerSecond'> | null };

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
  course(job: Running | null): Course {
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
