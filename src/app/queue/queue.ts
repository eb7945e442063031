import { setTimeout as wait } from 'node:timers/promises';
import type { Preview } from '../../shared/contract.ts';
import type { Plan } from '../../shared/engine-protocol.ts';
import { optionsSchema, type Options } from '../../shared/options.ts';
import type { JobCard, QueueState } from '../../shared/queue.ts';
import type { Region } from '../../shared/request.ts';
import type { Settings } from '../../shared/settings.ts';
import type { FoundPhoto } from '../collect-photos.ts';
import type { PhotoRegister } from '../photos/photo-register.ts';
import type { Engine } from '../supervised-engine.ts';
import { addedLines } from './added-lines.ts';
import { tidyUp } from './begun-job.ts';
import { endingOf, runJob, type CurrentJob, type QueueEngine } from './job-run.ts';
import type { Job, Jobs } from './jobs.ts';
import { KeptJobs } from './kept-jobs.ts';
import { PlansAhead } from './plans-ahead.ts';
import { Previews } from './previews.ts';
import type { QueueLine } from './queue-lines.ts';
import { QueueNews, type QueueListener } from './queue-news.ts';
import { queueReport } from './queue-report.ts';
import { RunClock } from './run-clock.ts';

export interface QueueOptions extends QueueListener {
  readonly engine: QueueEngine;
  /** Another process, so that looking does not wait for the photo that is being enhanced. */
  readonly previewEngine: Engine;
  readonly register: PhotoRegister;
  /** Keeps the journal; made if need be. */
  readonly folder: string;
  readonly cacheFolder: string;
  /** The engine's. */
  readonly temporaryFolder: string;
  /** Read whenever something is added or begun. */
  readonly settings: () => Pick<Settings, 'options' | 'skipDone' | 'resumeAtStart'>;
}

/** The first photo gets under way before the rest of a large folder is written down. */
const headStartMilliseconds = 100;

/**
 * The photos to be enhanced, one at a time, and what became of them. Everything that must survive stands in a journal before it
 * counts: whatever ends the application, the next one does exactly the rest, and nothing twice.
 */
export class Queue {
  readonly #options: QueueOptions;
  readonly #kept: KeptJobs;
  readonly #jobs: Jobs;
  readonly #plans: PlansAhead;
  readonly #news: QueueNews;
  readonly #previews: Previews;
  readonly #clock = new RunClock();
  #revision = 0;
  #tidied: Promise<unknown> = Promise.resolve();
  #adding: Promise<unknown> = Promise.resolve();
  #working: Promise<void> | null = null;
  #current: CurrentJob | null = null;
  #interrupted = false;
  /** The journal cannot be kept: nothing may be begun. */
  #halted = false;
  #closing = false;

  constructor(options: QueueOptions) {
    this.#options = options;
    this.#previews = new Previews(options.previewEngine, options.register, options.cacheFolder);
    this.#kept = new KeptJobs(options.folder, () => {
      this.#halt();
    });
    this.#jobs = this.#kept.jobs;
    this.#plans = new PlansAhead(options.engine, this.#jobs, (id, plan) => {
      this.#plan(id, plan);
    });
    this.#news = new QueueNews(this.#jobs, options.register, options, () => this.state());
  }

  /**
   * Reads what an earlier run left. It is gone on with at once only if the settings say so.
   * @throws Problem already-running where another application has the queue; newer-version, not-writable
   */
  async open(): Promise<void> {
    const { temporaryFolder, settings } = this.#options;
    const begun = await this.#kept.open();
    this.#tidied = Promise.all(begun.map((job) => tidyUp(job, temporaryFolder)));
    const { waiting } = this.#jobs.counts;
    this.#clock.added(waiting, true);
    this.#interrupted = waiting > 0 && !this.#jobs.paused;
    if (this.#interrupted && settings().resumeAtStart) await this.resume();
  }

  state(): QueueState {
    const { counts } = this.#jobs;
    const current = this.#current === null ? null : (this.#jobs.get(this.#current.id) ?? null);
    this.#revision += 1;
    return {
      revision: this.#revision,
      activity: this.#activity,
      currentJobId: current?.id ?? null,
      counts,
      ...this.#clock.course(current),
    };
  }

  get jobIds(): readonly string[] {
    return this.#jobs.ids;
  }

  async jobs(ids: readonly string[]): Promise<JobCard[]> {
    return this.#news.cards(ids);
  }

  /** Adds photos with the settings' options of this moment, over which `options` go; goes on with everything unless paused. */
  async enqueue(photos: readonly FoundPhoto[], options: Partial<Options>): Promise<string[]> {
    const adding = this.#adding.then(() => this.#add(photos, optionsSchema.parse({ ...this.#options.settings().options, ...options })));
    this.#adding = adding.catch(() => undefined);
    return adding;
  }

  /** Stops after the current photo; with `now` that one is begun again later. */
  async pause(now: boolean): Promise<void> {
    if (now) this.#current?.controller.abort();
    await this.#commit({ type: 'paused', paused: true });
    if (now) await this.#working;
  }

  async resume(): Promise<void> {
    this.#interrupted = false;
    this.#halted = false;
    const kept = this.#jobs.paused ? this.#commit({ type: 'paused', paused: false }) : null;
    this.#work();
    await kept;
  }

  async cancelJobs(ids: readonly string[]): Promise<void> {
    const current = this.#current;
    if (current !== null && ids.includes(current.id)) {
      current.cancelled = true;
      current.controller.abort();
    }
    const waiting = ids.filter((id) => id !== current?.id && this.#jobs.mayFollow(id, 'cancelled'));
    for (const id of waiting) this.#clock.removed(id);
    await this.#commit({ type: 'cancelled', ids: waiting });
  }

  /** Failed, cancelled and skipped ones wait again; skipped ones are then done although they were done before. */
  async retryJobs(ids: readonly string[]): Promise<void> {
    const retried = ids.filter((id) => this.#jobs.mayFollow(id, 'waiting'));
    if (this.#jobs.areOver) this.#clock.added(retried.length, true);
    else for (const id of retried) this.#clock.again(id);
    const kept = this.#commit({ type: 'retried', ids: retried });
    this.#work();
    await kept;
  }

  async moveJobs(ids: readonly string[], before: string | null): Promise<void> {
    await this.#commit({ type: 'moved', ids: [...ids], before });
  }

  async changeJobs(ids: readonly string[], options: Partial<Options>): Promise<void> {
    await this.#commit({ type: 'changed', ids: [...ids], options });
  }

  async clearJobs(ids: readonly string[] | null): Promise<void> {
    await this.#commit({ type: 'cleared', ids: [...(ids ?? this.#jobs.ids)] });
  }

  batchReport(format: 'json' | 'csv'): string {
    return queueReport([...this.#jobs.inOrder()], format);
  }

  /** What options come to for a photo. */
  async plan(id: number, options: Options): Promise<Plan> {
    const { engine, previewEngine, register } = this.#options;
    const source = await register.readable(id);
    return (this.#working === null ? engine : previewEngine).plan({ source, options });
  }

  async preview(id: number, region: Region, options: Options): Promise<Preview> {
    return this.#previews.make(id, region, options);
  }

  cancelPreviews(): void {
    this.#previews.cancel();
  }

  /** Stops within seconds. What runs is begun again when the queue is opened the next time and gone on with. */
  async close(): Promise<void> {
    this.#closing = true;
    this.#previews.cancel();
    this.#current?.controller.abort();
    await this.#adding;
    await this.#working;
    await this.#tidied;
    this.#news.stop();
    await this.#kept.close();
  }

  get #activity(): QueueState['activity'] {
    const paused = this.#jobs.paused || this.#halted;
    if (this.#working !== null) return paused ? 'pausing' : 'running';
    if (paused) return 'paused';
    return this.#interrupted ? 'interrupted' : 'idle';
  }

  async #add(photos: readonly FoundPhoto[], options: Options): Promise<string[]> {
    const written: Promise<void>[] = [];
    const ids: string[] = [];
    for (const line of addedLines(photos, options)) {
      if (this.#closing) break;
      ids.push(...line.photos.map(({ id }) => id));
      this.#clock.added(line.photos.length, this.#jobs.areOver);
      const kept = this.#commit(line);
      // Looked at below, when all have been written.
      kept.catch(() => undefined);
      written.push(kept);
      this.#interrupted = false;
      this.#work();
      if (ids.length < photos.length) await wait(written.length === 1 ? headStartMilliseconds : 0);
    }
    await Promise.all(written).catch((error: unknown) => {
      // What is not kept is not there: whoever added it is told, and may add it again.
      this.#news.changed([...this.#jobs.apply({ type: 'cancelled', ids }), ...this.#jobs.apply({ type: 'cleared', ids })]);
      throw error;
    });
    return ids;
  }

  /** Goes on with what waits, unless it does or must not. */
  #work(): void {
    this.#working ??= this.#runAll().finally(() => {
      this.#working = null;
      this.#clock.working(false);
      this.#news.changed([]);
      // Something may have been added since it was last looked.
      if (this.#mayWork && this.#jobs.counts.waiting > 0) this.#work();
    });
  }

  get #mayWork(): boolean {
    return !this.#jobs.paused && !this.#halted && !this.#closing;
  }

  async #runAll(): Promise<void> {
    this.#clock.working(true);
    await this.#tidied;
    while (this.#mayWork) {
      const [next] = this.#jobs.waiting();
      if (next === undefined) return;
      await this.#run(next);
    }
  }

  async #run(job: Job): Promise<void> {
    const { id } = job;
    const current: CurrentJob = { id, controller: new AbortController(), cancelled: false };
    this.#current = current;
    this.#jobs.pick(id);
    this.#news.changed([id]);
    const surroundings = {
      ...{ engine: this.#options.engine, settings: this.#options.settings, done: this.#kept.done, jobs: this.#jobs },
      onPlan: (plan: Plan) => {
        this.#plan(id, plan);
        void this.#plans.make(current.controller.signal);
      },
      onBegun: (begun: NonNullable<Job['begun']>) => this.#commit({ type: 'begun', id, ...begun }),
      onProgress: (progress: NonNullable<Job['progress']>) => {
        this.#jobs.know(id, { progress });
        this.#news.progressed(id, progress);
      },
    };
    const ending = await runJob(job, surroundings, current.controller.signal).catch((error: unknown) => endingOf(error, current));
    // Whatever is planned ahead stops now.
    current.controller.abort();
    this.#current = null;
    if (ending !== null) this.#clock.finished(this.#jobs.get(id) ?? job, ending.state === 'done');
    await this.#commit(ending === null ? { type: 'returned', id } : { type: 'ended', id, ...ending }).catch(() => undefined);
  }

  #plan(id: string, plan: Plan): void {
    this.#jobs.know(id, { plan });
    this.#clock.planned(id, plan);
    this.#news.changed([id]);
  }

  /** Counts at once, and resolves when it is in the journal. */
  async #commit(line: QueueLine): Promise<void> {
    const { changed, written } = this.#kept.commit(line);
    this.#news.changed(changed);
    await written;
  }

  /** What cannot be kept must not be begun. */
  #halt(): void {
    this.#halted = true;
    this.#current?.controller.abort();
    this.#news.changed([]);
  }
}
