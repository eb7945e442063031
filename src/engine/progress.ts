import type { Pass, Progress, TileStage } from '../shared/engine-protocol.ts';
import type { Rectangle } from './image/pixels.ts';
import type { FaceBegun } from './pipelines/faces/restored-faces.ts';

/** Share of a job's time for decoding and for writing with verification, next to enhancing; rough, until a photo's own speed is known. */
const decodeShare = 0.01;
const encodeShare = 0.05;

/**
 * Turns what is finished into a fraction, a speed and the time that is left. Work is counted in result pixels of all passes;
 * speed is measured over the job so far, without the decoding.
 */
export class ProgressMeter {
  readonly #tell: (progress: Progress) => void;
  readonly #now: () => number;
  readonly #totalPixels: number;
  #finishedPasses = 0;
  #pass = -1;
  #passPixels = 0;
  #enhancingSince: number | null = null;
  #encodingSince: number | null = null;
  #enhancedPixelsPerSecond = 0;
  #provider: string | undefined;
  /** What the passes and the writing are expected to take; null: nobody knows. */
  readonly #passesSeconds: number | null;
  /** The part of the enhancing that goes to faces, 0…1; null until it is known how long one takes, and where there are none. */
  #facesShare: number | null = null;

  /** `passes` are those of models, and take `passesSeconds` with the writing (null: unknown); `now` is in seconds. */
  constructor(
    passes: readonly Pass[],
    passesSeconds: number | null,
    tell: (progress: Progress) => void,
    now: () => number = () => performance.now() / 1000,
  ) {
    this.#tell = tell;
    this.#now = now;
    this.#passesSeconds = passesSeconds;
    this.#totalPixels = passes.reduce((sum, pass) => sum + pass.width * pass.height, 0);
  }

  decoding(): void {
    this.#tell({ fraction: 0, stage: 'decode', pixelsPerSecond: 0, secondsLeft: null });
  }

  /** Face `number` (from 1) of `count` begins, before the passes; each takes `secondsEach`, null until one was measured. */
  restoring({ number, count, secondsEach }: FaceBegun): void {
    const left = count - number + 1;
    if (secondsEach !== null) {
      // Where nobody knows what the passes take, half is a guess that lets the bar move.
      const passesSeconds = this.#passesSeconds ?? count * secondsEach;
      this.#facesShare ??= (count * secondsEach) / (count * secondsEach + passesSeconds);
    }
    this.#tell({
      fraction: this.#fractionAt((this.#facesShare ?? 0) * (1 - left / count)),
      stage: 'enhance',
      pixelsPerSecond: 0,
      secondsLeft: secondsEach === null || this.#passesSeconds === null ? null : left * secondsEach + this.#passesSeconds,
      face: { number, count },
    });
  }

  /** A pass begins; its provider is told apart with {@link runningOn}, once it is settled. */
  enhancing(): void {
    this.#enhancingSince ??= this.#now();
    this.#provider = undefined;
    this.#pass += 1;
    this.#tell(this.#enhanceProgress());
  }

  runningOn(provider: string): void {
    this.#provider = provider;
    this.#tell(this.#enhanceProgress());
  }

  /** What of the next tile is computed now. */
  tileStage(tileStage: TileStage): void {
    this.#tell({ ...this.#enhanceProgress(), tileStage });
  }

  tile(tile: Rectangle): void {
    this.#passPixels += tile.width * tile.height;
    this.#tell({ ...this.#enhanceProgress(), tile });
  }

  passFinished({ width, height }: Pass): void {
    this.#finishedPasses += width * height;
    this.#passPixels = 0;
  }

  /** `stage` encode, then verify. */
  writing(stage: 'encode' | 'verify'): void {
    this.#encodingSince ??= this.#now();
    const enhanceSeconds = this.#enhancingSince === null ? 0 : this.#encodingSince - this.#enhancingSince;
    this.#enhancedPixelsPerSecond = enhanceSeconds > 0 ? this.#totalPixels / enhanceSeconds : 0;
    const left = Math.max(0, enhanceSeconds * encodeShare - (this.#now() - this.#encodingSince));
    this.#tell({
      fraction: stage === 'encode' ? 1 - encodeShare : 1 - encodeShare / 4,
      stage,
      provider: this.#provider,
      pixelsPerSecond: this.#enhancedPixelsPerSecond,
      secondsLeft: left,
    });
  }

  #enhanceProgress(): Progress {
    const done = Math.min(this.#totalPixels, this.#finishedPasses + this.#passPixels);
    const seconds = this.#enhancingSince === null ? 0 : this.#now() - this.#enhancingSince;
    const pixelsPerSecond = done > 0 && seconds > 0 ? done / seconds : 0;
    const share = this.#totalPixels === 0 ? 1 : done / this.#totalPixels;
    // Whoever plans knows nothing of how many faces there were, and would take the rest for more or less than it is.
    const expected = this.#facesShare === null ? null : this.#passesSeconds;
    const secondsLeft = pixelsPerSecond > 0 ? ((this.#totalPixels - done) / pixelsPerSecond) * (1 + encodeShare) : expected;
    const faces = this.#facesShare ?? 0;
    return {
      fraction: this.#fractionAt(faces + share * (1 - faces)),
      stage: 'enhance',
      provider: this.#provider,
      pixelsPerSecond,
      secondsLeft,
      pass: this.#pass,
    };
  }

  /** Of the job, where so much of the enhancing is done. */
  #fractionAt(enhanced: number): number {
    return decodeShare + enhanced * (1 - decodeShare - encodeShare);
  }
}
