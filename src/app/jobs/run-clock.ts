import type { Plan, Progress } from '../../shared/engine-protocol.ts';
import type { JobState, QueueState, RunCounts } from '../../shared/queue.ts';
import type { Job } from './job.ts';

/** What takes the time: the pixels that models produce. */
export const workPixels = ({ passes }: Pick<Plan, 'passes'>): number =>
  passes.reduce((sum, pass) => sum + (pass.model === null ? 0 : pass.width * pass.height), 0);

/** Where nobody has measured anything yet: only shares of a run are told from it, never a time. */
const guessedSecondsPerPixel = 1e-6;

/** The seconds that a photo is expected to take; zero for one that is left out. */
const expectedSeconds = (plan: Plan): number =>
  plan.skip !== null ? 0 : (plan.estimatedSeconds ?? workPixels(plan) * guessedSecondsPerPixel);

/** So much of what is expected counts as if it had been seen to be right: a first small photo must not decide about a whole night. */
const leastTrustSeconds = 5;
/** The pace is that of so many photos: a computer that somebody begins to use otherwise is soon slower, or faster, than it was. */
const pacePhotos = 24;
/** From this part on, a photo at work says how fast it is; before, it opens its file and its model. */
const tellingFraction = 0.1;

/**
 * How far a run over many photos is and how long it will go on. Work is counted in the seconds that plans expect; photos that are
 * not planned yet count as the mean of those that are. What the finished ones took stretches what the others are expected to take:
 * {@link pace}. Photos are known by any key and may be added and taken away meanwhile.
 */
export class BatchClock<Key> {
  /** Expected seconds of every photo that is known, finished ones included. */
  readonly #work = new Map<Key, number>();
  readonly #finished = new Set<Key>();
  /** Photos that are not finished. */
  #ahead: number;
  /** Of photos in `#work`: all, and those that are not finished. */
  #known = 0;
  #knownAhead = 0;
  /** What was done in this run, and how long it took. */
  #done = { expected: 0, seconds: 0 };
  /** What `#done` was after each of the latest photos, and before them: their pace counts. */
  readonly #latest: { readonly expected: number; readonly seconds: number }[] = [];
  #before = { expected: 0, seconds: 0 };
  /** Of what counts, the first photo: its seconds hold the opening of the model, which no other photo pays. */
  #first: { readonly expected: number; readonly seconds: number } | null = null;
  /** Something that is expected was measured once, here or in an earlier run. */
  #measured = false;

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
    this.#knownAhead += this.#work.get(key) ?? 0;
    return true;
  }

  planned(key: Key, plan: Plan): void {
    const seconds = expectedSeconds(plan);
    if (this.#work.has(key)) this.#forget(key);
    this.#work.set(key, seconds);
    this.#known += seconds;
    this.#knownAhead += seconds;
    this.#measured ||= plan.estimatedSeconds !== null && plan.skip === null;
  }

  /**
   * Whatever became of it, a photo is no longer ahead. `plan` is the work that it was, null for none; `seconds` of work have passed
   * since the run began.
   */
  finished(key: Key, plan: Plan | null, seconds: number): void {
    if (this.#finished.has(key)) return;
    this.#forget(key);
    const expected = plan === null ? 0 : expectedSeconds(plan);
    this.#work.set(key, expected);
    this.#known += expected;
    this.#finished.add(key);
    this.#ahead -= 1;
    if (expected === 0) return;
    this.#done = { expected: this.#done.expected + expected, seconds };
    this.#first ??= this.#done;
    this.#latest.push(this.#done);
    if (this.#latest.length <= pacePhotos) return;
    this.#before = this.#latest.shift() ?? this.#before;
    this.#first = { expected: 0, seconds: 0 };
  }

  /**
   * While photo `key` with `plan` is at `fraction` (0…1) with `secondsLeft` of its own (null: unknown yet), `seconds` of work after
   * the run began: the whole run's fraction, the seconds that it still takes (null until a speed is known from this run or, by the
   * plans, from earlier ones), and how many times longer than expected photos take here. With `key` null no photo is at work.
   */
  now(
    key: Key | null,
    plan: Plan | null,
    fraction: number,
    secondsLeft: number | null,
    seconds: number,
  ): { batchFraction: number; batchSecondsLeft: number | null; pace: number } {
    const current = plan === null ? 0 : expectedSeconds(plan);
    const ahead = this.#expectedAhead(key);
    const finished = this.#known - this.#knownAhead;
    const all = finished + current + ahead;
    const batchFraction = all === 0 ? 0 : Math.min(1, (finished + current * fraction) / all);
    const left = current * (1 - fraction);
    const pace = this.#paceWith(
      current * fraction,
      fraction,
      seconds,
      secondsLeft !== null && left > 0 ? secondsLeft / left : null,
      plan !== null,
    );
    if (pace === null) return { batchFraction, batchSecondsLeft: ahead === 0 ? secondsLeft : null, pace: 1 };
    return { batchFraction, batchSecondsLeft: (secondsLeft ?? left * pace) + ahead * pace, pace };
  }

  /**
   * Null where nothing was measured, here or before. `ownPace` is what the photo at work tells of itself, from its tiles; without an
   * earlier measurement that is all there is until the second photo tells something.
   */
  #paceWith(begun: number, fraction: number, seconds: number, ownPace: number | null, atWork: boolean): number | null {
    const telling = begun > 0 && fraction >= tellingFraction;
    const expected = this.#done.expected + (telling ? begun : 0) - this.#before.expected;
    const taken = (telling ? seconds : this.#done.seconds) - this.#before.seconds;
    if (!this.#measured) {
      const apart = this.#first;
      if (apart !== null && expected > apart.expected) return (taken - apart.seconds) / (expected - apart.expected);
      // Where no photo is at work, too much is better than nothing.
      return ownPace ?? (apart === null || atWork ? null : taken / expected);
    }
    const trust = Math.max(leastTrustSeconds, this.#work.size === 0 ? 0 : this.#known / this.#work.size);
    return (taken + trust) / (expected + trust);
  }

  #expectedAhead(current: Key | null): number {
    const known = this.#work.size - this.#finished.size;
    const mean = this.#work.size === 0 ? 0 : this.#known / this.#work.size;
    const all = this.#knownAhead + (this.#ahead - known) * mean;
    if (current === null || this.#finished.has(current)) return all;
    return Math.max(0, all - (this.#work.get(current) ?? mean));
  }

  #forget(key: Key): void {
    const seconds = this.#work.get(key);
    if (seconds === undefined) return;
    this.#work.delete(key);
    this.#known -= seconds;
    this.#knownAhead -= seconds;
  }
}

type Course = Pick<QueueState, 'fraction' | 'secondsLeft' | 'pixelsPerSecond' | 'pace'>;
type Running = Pick<Job, 'id' | 'plan'> & { readonly progress: Pick<Progress, 'fraction' | 'secondsLeft' | 'pixelsPerSecond'> | null };
type Over = keyof Omit<RunCounts, 'total'>;

/** How far the queue is since it last stood empty, and how long it will go on. Only time at work counts, not pauses. */
export class RunClock {
  #batch = new BatchClock<string>();
  #seconds = 0;
  #workingSince: number | null = null;
  readonly #now: () => number;
  /** What became of the jobs of this run. */
  #over = new Map<string, Over>();
  #counts: Record<keyof RunCounts, number> = { total: 0, done: 0, skipped: 0, failed: 0, cancelled: 0 };

  /** `now` is in seconds. */
  constructor(now: () => number = () => performance.now() / 1000) {
    this.#now = now;
  }

  /** What became of the jobs since the queue last stood empty. */
  get counts(): RunCounts {
    return { ...this.#counts };
  }

  /** Jobs that wait, after nothing was left to do if `empty`. */
  added(jobs: number, empty: boolean): void {
    if (empty) {
      this.#batch = new BatchClock();
      this.#seconds = 0;
      if (this.#workingSince !== null) this.#workingSince = this.#now();
      this.#over = new Map();
      this.#counts = { total: 0, done: 0, skipped: 0, failed: 0, cancelled: 0 };
    }
    this.#batch.added(jobs);
    this.#counts.total += jobs;
  }

  again(id: string): void {
    const before = this.#over.get(id);
    if (before === undefined) this.#counts.total += 1;
    else this.#counts[before] -= 1;
    this.#over.delete(id);
    if (!this.#batch.again(id)) this.#batch.added(1);
  }

  /** Cancelled before its turn came. */
  removed(id: string): void {
    this.#batch.removed(id);
    this.#end(id, 'cancelled');
  }

  planned(id: string, plan: Plan): void {
    this.#batch.planned(id, plan);
  }

  /** Only what was `done` is work from which a speed can be told. */
  finished({ id, plan }: Job, state: JobState): void {
    this.#batch.finished(id, state === 'done' ? plan : null, this.#worked);
    this.#end(id, state === 'waiting' || state === 'running' ? 'cancelled' : state);
  }

  working(yes: boolean): void {
    this.#seconds = this.#worked;
    this.#workingSince = yes ? this.#now() : null;
  }

  /** While `job` runs; null: none does. */
  course(job: Running | null): Course {
    const { plan = null, progress = null } = job ?? {};
    const { batchFraction, batchSecondsLeft, pace } = this.#batch.now(
      job?.id ?? null,
      plan,
      progress?.fraction ?? 0,
      progress?.secondsLeft ?? null,
      this.#worked,
    );
    return { fraction: batchFraction, secondsLeft: batchSecondsLeft, pixelsPerSecond: progress?.pixelsPerSecond ?? 0, pace };
  }

  /** Seconds at work. */
  get #worked(): number {
    return this.#seconds + (this.#workingSince === null ? 0 : this.#now() - this.#workingSince);
  }

  #end(id: string, state: Over): void {
    if (this.#over.has(id)) return;
    this.#over.set(id, state);
    this.#counts[state] += 1;
  }
}
