import { cardsAtOnce, type AppCalls } from '../../shared/contract.ts';
import { jobStates, type JobCard, type JobProgress, type JobState, type QueueState, type RunCounts } from '../../shared/queue.ts';
import { CardCache } from './card-cache.svelte.ts';
import { Latest } from './latest.ts';

const keptCards = 2000;
const refreshPauseMs = 200;

const emptyQueue: QueueState = {
  revision: 0,
  activity: 'idle',
  currentJobId: null,
  counts: Object.fromEntries(jobStates.map((state) => [state, 0])) as Record<JobState, number>,
  run: { total: 0, done: 0, skipped: 0, failed: 0, cancelled: 0 },
  fraction: 0,
  secondsLeft: null,
  pixelsPerSecond: 0,
  pace: 1,
};

/** What became of a run. */
export type Finished = Omit<RunCounts, 'total'>;

/** The queue as the application tells it: how far it is, the jobs in their order, and their cards as they come into view. */
export class Queue {
  state = $state.raw<QueueState>(emptyQueue);
  ids = $state.raw<readonly string[]>([]);
  /** The jobs that are shown are in these states; all are where there are none. */
  states = $state.raw<readonly JobState[]>([]);
  /** How far the list is scrolled, in pixels; null: to the photo that is being enhanced. */
  top: number | null = null;
  /** Of the job that is running. */
  progress = $state.raw<{ readonly jobId: string; readonly progress: JobProgress } | null>(null);
  /** What was told last, of whichever job. */
  #told: { readonly jobId: string; readonly progress: JobProgress } | null = null;
  readonly cards: CardCache<string, JobCard>;
  readonly #calls: AppCalls;
  readonly #refresh: Latest;

  /** It ran, and was not told to be over yet. */
  #ran = false;
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

  /** Shows jobs in these states; without any, all. */
  filter(states: readonly JobState[]): void {
    if (states.join() === this.states.join()) return;
    this.states = states;
    this.top = null;
    void this.#refresh.run();
  }

  progressed(jobId: string, progress: JobProgress): void {
    this.progress = { jobId, progress };
    this.#told = this.progress;
  }

  /** How far a job is, by its card. For a moment the card of one that is over is from before: the bar must not step back to that. */
  progressOf({ id, state, progress }: JobCard): JobProgress | null {
    if (this.progress?.jobId === id) return this.progress.progress;
    if (state !== 'running') return null;
    return this.#told?.jobId === id ? this.#told.progress : progress;
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
  #notice({ activity, run }: QueueState): void {
    if (this.busy) this.#ran = true;
    else if (activity === 'idle' && this.#ran) {
      this.#ran = false;
      this.#onOver(run);
    }
  }

  async #list(): Promise<void> {
    const asked = this.states;
    const ids = await this.#calls.queue.ids([...asked]).catch(() => null);
    if (ids !== null && asked === this.states) this.ids = ids;
  }
}
