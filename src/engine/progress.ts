import type { Pass, Progress, TileStage } from '../shared/engine-protocol.ts';
import type { Rectangle } from './image/pixels.ts';

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

  /** `passes` are those of models; `now` is in seconds. */
  constructor(passes: readonly Pass[], tell: (progress: Progress) => void, now: () => number = () => performance.now() / 1000) {
    this.#tell = tell;
    this.#now = now;
    this.#totalPixels = passes.reduce((sum, pass) => sum + pass.width * pass.height, 0);
  }

  decoding(): void {
    this.#tell({ fraction: 0, stage: 'decode', pixelsPerSecond: 0, secondsLeft: null });
  }

  /** A face is made anew, before the passes begin. */
  restoring(): void {
    this.#tell({ fraction: decodeShare, stage: 'enhance', pixelsPerSecond: 0, secondsLeft: null });
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
    const secondsLeft = pixelsPerSecond > 0 ? ((this.#totalPixels - done) / pixelsPerSecond) * (1 + encodeShare) : null;
    return {
      fraction: decodeShare + share * (1 - decodeShare - encodeShare),
      stage: 'enhance',
      provider: this.#provider,
      pixelsPerSecond,
      secondsLeft,
      pass: this.#pass,
    };
  }
}
