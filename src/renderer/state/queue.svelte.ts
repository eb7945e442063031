import { cardsAtOnce, type AppCalls } from '../../shared/contract.ts';
import { jobStates, type JobCard, type JobProgress, type JobState, type QueueState } from '../../shared/queue.ts';
import { CardCache } from './card-cache.svelte.ts';
import { Latest } from './latest.ts';

const keptCards = 2000;
const refreshPauseMs = 200;

const emptyQueue: QueueState = {
  revision: 0,
  activity: 'idle',
  currentJobId: null,
  counts: Object.fromEntries(jobStates.map((state) => [state, 0])) as Record<JobState, number>,
  fraction: 0,
  secondsLeft: null,
  pixelsPerSecond: 0,
};

interface Finished {
  readonly done: number;
  readonly failed: number;
}

/** The queue as the application tells it: how far it is, the jobs in their order, and their cards as they come into view. */
export class Queue {
  state = $state.raw<QueueState>(emptyQueue);
  ids = $state.raw<readonly string[]>([]);
  /** Of the job that is running. */
  progress = $state.raw<{ readonly jobId: string; readonly progress: JobProgress } | null>(null);
  readonly cards: CardCache<string, JobCard>;
  readonly #calls: AppCalls;
  readonly #refresh: Latest;

  /** What was already finished when the queue began to run; null while it is idle. */
  #begun: Finished | null = null;
  readonly #onOver: (finished: Finished) => void;

  constructor(calls: AppCalls, onOver: (finished: Finished) => void) {
    this.#calls = calls;
    this.#onOver = onOver;
    this.#refresh = new Latest(() => this.#list(), refreshPauseMs);
    this.cards = new CardCache({ fetch: (ids) => calls.queue.cards(ids), idOf: ({ id }) => id, bound: keptCards, atOnce: cardsAtOnce });
  }

  begin(state: QueueState): void {
    this.state = state;
    this.progress = null;
    this.cards.renew();
    void this.#refresh.run();
  }

  changed(state: QueueState): void {
    const moved = state.revision !== this.state.revision;
    this.state = state;
    if (this.progress !== null && this.progress.jobId !== state.currentJobId) this.progress = null;
    if (moved) void this.#refresh.run();
    this.#notice(state);
  }

  progressed(jobId: string, progress: JobProgress): void {
    this.progress = { jobId, progress };
  }

  /** Jobs that are not over. */
  get open(): number {
    return this.state.counts.waiting + this.state.counts.running;
  }

  get total(): number {
    return jobStates.reduce((sum, state) => sum + this.state.counts[state], 0);
  }

  get busy(): boolean {
    return this.state.activity === 'running' || this.state.activity === 'pausing';
  }

  /** Tells once when everything that was begun is finished. */
  #notice({ activity, counts }: QueueState): void {
    if (this.busy) {
      this.#begun ??= { done: counts.done, failed: counts.failed };
    } else if (activity === 'idle' && this.#begun !== null) {
      const { done, failed } = this.#begun;
      this.#begun = null;
      this.#onOver({ done: counts.done - done, failed: counts.failed - failed });
    }
  }

  async #list(): Promise<void> {
    const ids = await this.#calls.queue.ids().catch(() => null);
    if (ids !== null) this.ids = ids;
  }
}
