import { setTimeout as wait } from 'node:timers/promises';
import type { Preview } from '../../shared/contract.ts';
import type { Plan, Progress } from '../../shared/engine-protocol.ts';
import { optionsSchema, type Options } from '../../shared/options.ts';
import type { JobCard, JobState, QueueState } from '../../shared/queue.ts';
import type { Region } from '../../shared/request.ts';
import type { Settings } from '../../shared/settings.ts';
import type { FoundPhoto } from '../collect-photos.ts';
import { addedLines, type JobLine } from '../jobs/job-lines.ts';
import type { JobEngine } from '../jobs/job-run.ts';
import type { Jobs } from '../jobs/jobs.ts';
import { jobsReport } from '../jobs/report.ts';
import { RunClock } from '../jobs/run-clock.ts';
import { Runner } from '../jobs/runner.ts';
import { tidyUpAfter } from '../leftovers.ts';
import type { PhotoRegister } from '../photos/photo-register.ts';
import type { Engine } from '../supervised-engine.ts';
import { SamePhotos } from '../same-photos.ts';
import { Turns } from '../turns.ts';
import { JobProgressGatherer } from './job-progress.ts';
import { KeptJobs } from './kept-jobs.ts';
import { Previews } from './previews.ts';
import { QueueNews, type QueueListener } from './queue-news.ts';

export interface QueueOptions extends QueueListener {
  readonly engine: JobEngine;
  /** Another process, so that looking does not wait for the photo that is being enhanced. */
  readonly previewEngine: Pick<Engine['photos'], 'plan' | 'enhance'>;
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
  readonly #runner: Runner;
  readonly #news: QueueNews;
  readonly #previews: Previews;
  readonly #clock = new RunClock();
  #revision = 0;
  #tidied: Promise<unknown> = Promise.resolve();
  readonly #additions = new Turns();
  #working: Promise<void> | null = null;
  #gatherer: JobProgressGatherer | null = null;
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
    this.#news = new QueueNews(this.#jobs, options.register, options, () => this.state());
    this.#runner = this.#newRunner();
  }

  /**
   * Reads what an earlier run left. It is gone on with at once only if the settings say so.
   * @throws Problem already-running where another application has the queue; newer-version, not-writable
   */
  async open(): Promise<void> {
    const { temporaryFolder, settings } = this.#options;
    const begun = await this.#kept.open();
    this.#tidied = Promise.all(
      begun.map(({ source, options, begun: { destination, processId } }) =>
        tidyUpAfter(processId, { source, options, destination }, temporaryFolder),
      ),
    );
    const { waiting } = this.#jobs.counts;
    this.#clock.added(waiting, true);
    this.#interrupted = waiting > 0 && !this.#jobs.paused;
    if (this.#interrupted && settings().resumeAtStart) await this.resume();
  }

  state(): QueueState {
    const { counts } = this.#jobs;
    const current = this.#jobs.get(this.#runner.current ?? '') ?? null;
    this.#revision += 1;
    return {
      revision: this.#revision,
      activity: this.#activity,
      currentJobId: current?.id ?? null,
      counts,
      run: this.#clock.counts,
      ...this.#clock.course(current),
    };
  }

  get jobIds(): readonly string[] {
    return this.#jobs.ids;
  }

  readonly jobIdsIn = (states: readonly JobState[]): readonly string[] => this.#jobs.idsIn(states);
  readonly jobOf = (result: number): Promise<JobCard | null> => this.#news.cardOf(result);

  async jobs(ids: readonly string[]): Promise<JobCard[]> {
    return this.#news.cards(ids);
  }

  /** Adds photos with the settings' options of this moment, over which `options` go; goes on with everything unless paused. */
  async enqueue(photos: readonly FoundPhoto[], options: Partial<Options>): Promise<string[]> {
    const parsed = optionsSchema.parse({ ...this.#options.settings().options, ...options });
    return this.#additions.take(() => this.#add(photos, parsed));
  }

  /** Stops after the current photo; with `now` that one is begun again later. */
  async pause(now: boolean): Promise<void> {
    if (now) this.#runner.stop();
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
    const { current } = this.#runner;
    if (current !== null && ids.includes(current)) this.#runner.stop({ cancelled: true });
    const waiting = ids.filter((id) => id !== current && this.#jobs.mayFollow(id, 'cancelled'));
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
    return jobsReport([...this.#jobs.inOrder()], format);
  }

  /** What options come to for a photo. */
  async plan(id: number, options: Options): Promise<Plan> {
    const { engine, previewEngine, register } = this.#options;
    const source = await register.readable(id);
    return (this.#working === null ? engine : previewEngine).plan({ source, options });
  }

  readonly preview = (id: number, region: Region, options: Options): Promise<Preview> => this.#previews.make(id, region, options);

  readonly cancelPreviews = (): void => this.#previews.cancel();

  /** Stops within seconds. What runs is begun again when the queue is opened the next time and gone on with. */
  async close(): Promise<void> {
    this.#closing = true;
    this.#previews.cancel();
    this.#runner.stop();
    await this.#additions.over();
    await this.#working;
    await this.#tidied;
    this.#news.stop();
    await this.#kept.close();
  }

  get #activity(): QueueState['activity'] {
    const paused = this.#jobs.paused || this.#halted;
    if (this.#working !== null) return paused ? 'pausing' : 'running';
    if (paused) return 'paused';
    return this.#interrupted && !this.#jobs.areOver ? 'interrupted' : 'idle';
  }

  async #add(photos: readonly FoundPhoto[], options: Options): Promise<string[]> {
    const written: Promise<void>[] = [];
    const ids: string[] = [];
    const same = new SamePhotos();
    let seen = 0;
    for (const added of addedLines(photos, options)) {
      if (this.#closing) break;
      seen += added.photos.length;
      const line = { ...added, photos: (await same.once(added.photos, ({ source }) => source)).photos };
      ids.push(...line.photos.map(({ id }) => id));
      this.#clock.added(line.photos.length, this.#jobs.areOver);
      const kept = this.#commit(line);
      // Looked at below, when all have been written.
      kept.catch(() => undefined);
      written.push(kept);
      this.#interrupted = false;
      this.#work();
      if (seen < photos.length) await wait(written.length === 1 ? headStartMilliseconds : 0);
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
      this.#news.changed([]);
      // Something may have been added since it was last looked.
      if (this.#mayWork && this.#jobs.counts.waiting > 0) this.#work();
    });
  }

  get #mayWork(): boolean {
    return !this.#jobs.paused && !this.#halted && !this.#closing;
  }

  async #runAll(): Promise<void> {
    await this.#tidied;
    await this.#runner.run(() => this.#mayWork);
  }

  #newRunner(): Runner {
    const kept = this.#kept;
    return new Runner({
      jobs: this.#jobs,
      engine: this.#options.engine,
      clock: this.#clock,
      planning: 'anew',
      journal: {
        commit: (line) => this.#commit(line),
        skipDone: () => this.#options.settings().skipDone,
        get done() {
          return kept.done;
        },
      },
      listener: {
        onPicked: (id) => {
          this.#news.changed([id]);
        },
        onPlanned: (id) => {
          this.#news.changed([id]);
        },
        onSettled: (_, plan) => {
          this.#gatherer = new JobProgressGatherer(plan);
        },
        onProgress: (id, progress) => {
          this.#progress(id, progress);
        },
      },
    });
  }

  #progress(id: string, step: Progress): void {
    const progress = this.#gatherer?.next(step);
    if (progress === undefined) return;
    this.#jobs.know(id, { progress });
    this.#news.progressed(id, progress);
  }

  /** Counts at once, and resolves when it is in the journal. */
  async #commit(line: JobLine): Promise<void> {
    const { changed, written } = this.#kept.commit(line);
    this.#news.changed(changed);
    await written;
  }

  /** What cannot be kept must not be begun. */
  #halt(): void {
    this.#halted = true;
    this.#runner.stop();
    this.#news.changed([]);
  }
}
