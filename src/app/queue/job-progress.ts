import type { Plan, Progress } from '../../shared/engine-protocol.ts';
import type { JobProgress } from '../../shared/queue.ts';

/** Tells at most so often, and the last word always. */
const tellMilliseconds = 100;

/** Runs `work` at once and then at most every `milliseconds`, the last wish always. */
export class Throttle {
  readonly #milliseconds: number;
  readonly #work: () => void;
  #timer: NodeJS.Timeout | null = null;
  #wanted = false;

  constructor(work: () => void, milliseconds = tellMilliseconds) {
    this.#work = work;
    this.#milliseconds = milliseconds;
  }

  want(): void {
    if (this.#timer !== null) {
      this.#wanted = true;
      return;
    }
    this.#timer = setTimeout(() => {
      this.#timer = null;
      if (this.#wanted) this.want();
    }, this.#milliseconds);
    this.#wanted = false;
    this.#work();
  }

  /** Nothing more is told. */
  stop(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#wanted = false;
  }
}

/** What the interface shows of a running job: the engine's steps gathered, with the tiles of the current pass. */
export class JobProgressGatherer {
  readonly #passes: Plan['passes'];
  readonly #estimatedSeconds: number | null;
  #tiles: JobProgress['tiles'][number][] = [];
  #pass = 0;

  constructor({ passes, estimatedSeconds }: Plan) {
    this.#estimatedSeconds = estimatedSeconds;
    this.#passes = passes.filter(({ model }) => model !== null);
  }

  next({ tile, pass, ...progress }: Progress): JobProgress {
    // Back to the start: the job is done again, on another device.
    if (progress.stage === 'decode' || (pass !== undefined && pass !== this.#pass)) this.#tiles = [];
    this.#pass = progress.stage === 'decode' ? 0 : (pass ?? this.#pass);
    const size = this.#passes[this.#pass];
    if (tile !== undefined && size !== undefined) {
      const { left, top, width, height } = tile;
      this.#tiles.push({
        left: left / size.width,
        top: top / size.height,
        width: width / size.width,
        height: height / size.height,
      });
    }
    // As long as this photo's own speed is unknown, that of earlier runs has to do.
    const estimate = this.#estimatedSeconds === null ? null : this.#estimatedSeconds * (1 - progress.fraction);
    const secondsLeft = progress.secondsLeft ?? estimate;
    return { ...progress, secondsLeft, tiles: [...this.#tiles], pass: this.#pass, passes: this.#passes.length };
  }
}
