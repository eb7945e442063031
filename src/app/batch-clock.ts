/**
 * How far a run over many photos is and how long it will go on. Work is what models produce, in pixels; photos that are not
 * planned yet count as the mean of those that are.
 */
export class BatchClock {
  readonly #photos: number;
  readonly #pixels = new Map<number, number>();
  readonly #finished = new Set<number>();
  #finishedPixels = 0;

  constructor(photos: number) {
    this.#photos = photos;
  }

  planned(index: number, pixels: number): void {
    this.#pixels.set(index, pixels);
  }

  /** Whatever became of it, a photo is no longer ahead. */
  finished(index: number, pixels: number): void {
    this.#pixels.set(index, pixels);
    this.#finished.add(index);
    this.#finishedPixels += pixels;
  }

  /**
   * While photo `index` is at `fraction` (0…1) with `secondsLeft` of its own (null: unknown yet), `seconds` after the run began:
   * the whole run's fraction and the seconds that it still takes, null until a speed has been measured.
   */
  now(
    index: number,
    pixels: number,
    fraction: number,
    secondsLeft: number | null,
    seconds: number,
  ): { batchFraction: number; batchSecondsLeft: number | null } {
    const ahead = this.#pixelsAhead(index);
    const done = this.#finishedPixels + pixels * fraction;
    const all = this.#finishedPixels + pixels + ahead;
    const batchFraction = all === 0 ? 0 : Math.min(1, done / all);
    if (ahead === 0) return { batchFraction, batchSecondsLeft: secondsLeft };
    if (done === 0 || seconds <= 0) return { batchFraction, batchSecondsLeft: null };
    const perPixel = seconds / done;
    return { batchFraction, batchSecondsLeft: (secondsLeft ?? pixels * (1 - fraction) * perPixel) + ahead * perPixel };
  }

  #pixelsAhead(current: number): number {
    const known = [...this.#pixels.values()];
    const mean = known.length === 0 ? 0 : known.reduce((sum, pixels) => sum + pixels, 0) / known.length;
    let ahead = 0;
    for (let index = 0; index < this.#photos; index += 1) {
      if (index !== current && !this.#finished.has(index)) ahead += this.#pixels.get(index) ?? mean;
    }
    return ahead;
  }
}
