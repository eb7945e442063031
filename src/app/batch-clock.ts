import type { Plan } from '../shared/engine-protocol.ts';

/** What takes the time: the pixels that models produce. */
export const workPixels = (plan: Plan): number =>
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
