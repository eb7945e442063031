import type { JobReport, Plan, Progress } from '../shared/engine-protocol.ts';
import type { JsonEvent, Totals } from '../shared/json-events.ts';
import { problemOf } from '../shared/problem.ts';
import type { Request } from '../shared/request.ts';
import { reportInEvent } from './batch-report.ts';
import { BatchClock, workPixels } from './batch-clock.ts';
import type { Engine } from './supervised-engine.ts';

export interface BatchOptions {
  /** Only plan: nothing is enhanced or written. */
  readonly dryRun?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onEvent: (event: JsonEvent) => void;
}

/**
 * The plan, or another one with a number in the name where the wanted one is a result of this run (`outputs`): another photo must
 * not take it for an old result of its own.
 */
export async function besideOthers(
  engine: Pick<Engine, 'plan'>,
  request: Request,
  plan: Plan,
  outputs: ReadonlySet<string>,
): Promise<{ plan: Plan; request: Request }> {
  const { options, originals = [] } = request;
  if (!outputs.has(plan.output) || (plan.skip !== null && options.onCollision !== 'skip')) return { plan, request };
  const asked: Request = { ...request, options: { ...options, onCollision: 'number' }, originals: [...originals, ...outputs] };
  return { plan: await engine.plan(asked), request: asked };
}

/** Plans are made ahead for this long, so that the time that is left is known early without keeping the first photo waiting. */
const planAheadSeconds = 1;

/**
 * Runs requests one after another and tells everything as events, `start` first and `end` last. A photo that fails is reported
 * and the next one begins; only the signal stops the run. Never rejects for what happens to a photo.
 */
export async function runBatch(engine: Engine, requests: readonly Request[], options: BatchOptions): Promise<Totals> {
  return new Batch(engine, requests, options).run();
}

class Batch {
  readonly #engine: Engine;
  readonly #requests: readonly Request[];
  readonly #options: BatchOptions;
  readonly #clock: BatchClock<number>;
  readonly #plans = new Map<number, Promise<Plan>>();
  /** Paths of this run's results. */
  readonly #outputs = new Set<string>();
  readonly #totals = { done: 0, skipped: 0, failed: 0, resultPixels: 0, resultBytes: 0 };
  readonly #started = performance.now();

  constructor(engine: Engine, requests: readonly Request[], options: BatchOptions) {
    this.#engine = engine;
    this.#requests = requests;
    this.#options = options;
    this.#clock = new BatchClock(requests.length);
  }

  async run(): Promise<Totals> {
    const { onEvent, dryRun = false } = this.#options;
    onEvent({ event: 'start', photos: this.#requests.length, dryRun });
    if (!dryRun && this.#requests.length > 1) await this.#planAhead();
    for (const [index, request] of this.#requests.entries()) {
      if (this.#stopped) break;
      await this.#runOne(index, request);
    }
    const { done, skipped, failed } = this.#totals;
    const photos = this.#requests.length;
    const totals: Totals = { photos, ...this.#totals, cancelled: photos - done - skipped - failed, seconds: this.#seconds };
    onEvent({ event: 'end', totals });
    return totals;
  }

  get #stopped(): boolean {
    return this.#options.signal?.aborted === true;
  }

  get #seconds(): number {
    return (performance.now() - this.#started) / 1000;
  }

  async #planAhead(): Promise<void> {
    for (const index of this.#requests.keys()) {
      if (this.#seconds > planAheadSeconds || this.#stopped) return;
      await this.#plan(index).catch(() => undefined);
    }
  }

  async #plan(index: number): Promise<Plan> {
    const request = this.#requests[index];
    if (request === undefined) throw new Error(`there is no request ${index}`);
    let plan = this.#plans.get(index);
    if (plan === undefined) {
      plan = this.#engine.plan(request);
      this.#plans.set(index, plan);
      this.#clock.planned(index, await plan);
    }
    return plan;
  }

  async #runOne(index: number, request: Request): Promise<void> {
    const { onEvent, signal, dryRun = false } = this.#options;
    const photo = { index, source: request.source };
    let pixels = 0;
    try {
      const { plan, request: asked } = await this.#settle(index, request);
      pixels = workPixels(plan);
      onEvent({ event: 'plan', ...photo, ...planEvent(plan) });
      if (dryRun || plan.skip !== null) {
        this.#planOnly(photo, plan);
        return;
      }
      const report = await this.#engine.enhance(asked, {
        signal,
        onProgress: (progress) => {
          this.#progress(photo, pixels, progress);
        },
        onNotice: (notice) => {
          onEvent({ event: 'notice', ...photo, ...notice });
        },
      });
      this.#finish(photo, report);
    } catch (error) {
      const problem = problemOf(error);
      if (problem.code === 'cancelled' && this.#stopped) return;
      this.#totals.failed += 1;
      onEvent({ event: 'failed', ...photo, problem: problem.toData() });
    } finally {
      this.#clock.finished(index, pixels);
    }
  }

  /** The plan as of now, numbered when an earlier photo of this run has just taken the name. */
  async #settle(index: number, request: Request): Promise<{ plan: Plan; request: Request }> {
    return besideOthers(this.#engine, request, await this.#plan(index), this.#outputs);
  }

  #planOnly(photo: Photo, plan: Plan): void {
    if (plan.skip !== null) {
      this.#totals.skipped += 1;
      this.#options.onEvent({ event: 'skipped', ...photo, reason: plan.skip, output: plan.output });
      return;
    }
    this.#outputs.add(plan.output);
    this.#totals.done += 1;
    this.#totals.resultPixels += plan.width * plan.height;
    this.#totals.resultBytes += plan.estimatedBytes;
  }

  #progress(photo: Photo, pixels: number, { stage, fraction, provider, tileStage, pixelsPerSecond, secondsLeft }: Progress): void {
    this.#options.onEvent({
      event: 'progress',
      ...photo,
      stage,
      fraction,
      ...(provider === undefined ? {} : { provider }),
      ...(tileStage === undefined ? {} : { tileStage }),
      pixelsPerSecond,
      secondsLeft,
      ...this.#clock.now(photo.index, pixels, fraction, secondsLeft, this.#seconds),
    });
  }

  #finish(photo: Photo, report: JobReport): void {
    const { onEvent } = this.#options;
    if (report.status === 'skipped') {
      this.#totals.skipped += 1;
      onEvent({ event: 'skipped', ...photo, reason: report.reason ?? '', output: report.output });
      return;
    }
    if (report.output !== null) this.#outputs.add(report.output);
    this.#totals.done += 1;
    this.#totals.resultPixels += report.width * report.height;
    this.#totals.resultBytes += report.fileBytes;
    onEvent({ event: 'done', ...photo, report: reportInEvent(report) });
  }
}

interface Photo {
  readonly index: number;
  readonly source: string;
}

function planEvent({ photo, output, width, height, format, passes, rule, skip, estimatedSeconds, estimatedBytes }: Plan) {
  const size = { sourceWidth: photo.width, sourceHeight: photo.height, width, height };
  return { output, ...size, format, passes: [...passes], rule, skip, estimatedSeconds, estimatedBytes };
}
