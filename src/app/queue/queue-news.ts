import { setImmediate } from 'node:timers/promises';
import { cardsAtOnce } from '../../shared/contract.ts';
import type { JobCard, JobProgress, QueueState } from '../../shared/queue.ts';
import type { Job } from '../jobs/job.ts';
import type { Jobs } from '../jobs/jobs.ts';
import type { PhotoRegister } from '../photos/photo-register.ts';
import { versionAt } from '../photos/photo-version.ts';
import { Throttle } from './job-progress.ts';

export interface QueueListener {
  onQueue(state: QueueState): void;
  /** At most {@link cardsAtOnce} at a time. */
  onJobs(cards: JobCard[]): void;
  onProgress(jobId: string, progress: JobProgress): void;
}

/** Tells the interface what changes, no more often than it can show. */
export class QueueNews {
  readonly #jobs: Jobs;
  readonly #register: PhotoRegister;
  readonly #listener: QueueListener;
  readonly #state: Throttle;
  readonly #progress: Throttle;
  readonly #changed = new Set<string>();
  #latest: { readonly jobId: string; readonly progress: JobProgress } | null = null;
  #telling = false;
  #stopped = false;

  constructor(jobs: Jobs, register: PhotoRegister, listener: QueueListener, state: () => QueueState) {
    this.#jobs = jobs;
    this.#register = register;
    this.#listener = listener;
    this.#state = new Throttle(() => {
      listener.onQueue(state());
    });
    this.#progress = new Throttle(() => {
      if (this.#latest !== null && jobs.get(this.#latest.jobId)?.state === 'running')
        listener.onProgress(this.#latest.jobId, this.#latest.progress);
    });
  }

  changed(ids: readonly string[]): void {
    for (const id of ids) this.#changed.add(id);
    // The caller may not be through with what changes.
    queueMicrotask(() => {
      if (!this.#stopped) this.#state.want();
    });
    if (this.#changed.size > 0 && !this.#telling) void this.#tellJobs();
  }

  progressed(jobId: string, progress: JobProgress): void {
    this.#latest = { jobId, progress };
    this.#progress.want();
    this.#state.want();
  }

  /** What the interface shows of these jobs; those that are gone are left out. */
  async cards(ids: readonly string[]): Promise<JobCard[]> {
    const jobs = ids.flatMap((id) => this.#jobs.get(id) ?? []);
    return Promise.all(jobs.map((job) => this.#card(job)));
  }

  /** Of the job that made a result; null where it is not on the list. */
  async cardOf(result: number): Promise<JobCard | null> {
    const path = this.#register.pathOf(result);
    const job = path === null ? null : this.#jobs.makerOf(path);
    return job === null ? null : this.#card(job);
  }

  stop(): void {
    this.#stopped = true;
    this.#state.stop();
    this.#progress.stop();
  }

  async #tellJobs(): Promise<void> {
    this.#telling = true;
    // What changes in the same moment is told together.
    await setImmediate();
    while (this.#changed.size > 0 && !this.#stopped) {
      const ids = [...this.#changed].slice(0, cardsAtOnce);
      for (const id of ids) this.#changed.delete(id);
      const cards = await this.cards(ids);
      if (cards.length > 0) this.#listener.onJobs(cards);
      await setImmediate();
    }
    this.#telling = false;
  }

  async #card({ id, source, state, options, plan, progress, problem, reason, report, output }: Job): Promise<JobCard> {
    const card = { id, source, photoId: this.#register.idOf(source), state, options, plan, progress, problem, reason, report };
    // Of a photo that was skipped, the result that it had before; never the photo itself.
    const version = output === null || output === source ? null : await versionAt(output);
    if (output === null || version === null) return { ...card, resultId: null, resultVersion: null };
    await this.#register.allow(output);
    return { ...card, resultId: this.#register.idOf(output), resultVersion: version };
  }
}
