import type { JobCard, JobState, QueueState, RunCounts } from '../../../shared/queue.ts';
import type { Onestep } from '../../state/onestep.svelte.ts';
import { problemDetails } from '../../words/problem-words.ts';
import { say } from '../../words/words.svelte.ts';
import { saveText } from './save-text.ts';

/** What can be done with the queue as a whole. */
export class QueueDesk {
  readonly #onestep: Onestep;

  constructor(onestep: Onestep) {
    this.#onestep = onestep;
  }

  get activity(): QueueState['activity'] {
    return this.#onestep.queue.state.activity;
  }

  /** What can be tried once more: failed or cancelled. */
  get unfinished(): number {
    const { failed, cancelled } = this.#onestep.queue.state.counts;
    return failed + cancelled;
  }

  /** Jobs that are not over. */
  get open(): number {
    return this.#onestep.queue.open;
  }

  get finished(): number {
    return this.#onestep.queue.total - this.open;
  }

  /** Of the run that goes on or was the last; of the whole list where it is from an earlier start. */
  get run(): RunCounts {
    const { run, counts } = this.#onestep.queue.state;
    return run.total > 0 ? run : { ...counts, total: this.#onestep.queue.total };
  }

  /** The jobs in these states alone; all of them, when they are shown alone already. */
  show(states: readonly JobState[]): void {
    const { queue } = this.#onestep;
    queue.filter(states.join() === queue.states.join() ? [] : states);
  }

  /** After the photo that is being enhanced, or with `now` at once: that one is begun again later. */
  async pause(now: boolean): Promise<void> {
    await this.#onestep.perform(() => this.#onestep.calls.queue.pause(now));
  }

  async resume(): Promise<void> {
    await this.#onestep.perform(() => this.#onestep.calls.queue.resume());
  }

  async retryUnfinished(): Promise<void> {
    await this.#onestep.perform(async () => this.#onestep.calls.queue.retry(await this.#jobsThatAre('failed', 'cancelled')));
  }

  async cancelAll(): Promise<void> {
    await this.#onestep.perform(async () => this.#onestep.calls.queue.cancel(await this.#jobsThatAre('waiting', 'running')));
  }

  async clearFinished(): Promise<void> {
    await this.#onestep.perform(() => this.#onestep.calls.queue.clear(null));
  }

  async saveReport(format: 'json' | 'csv'): Promise<void> {
    await this.#onestep.perform(async () => {
      const text = await this.#onestep.calls.queue.report(format);
      saveText(`onestep-report.${format}`, format === 'json' ? 'application/json' : 'text/csv', text);
    });
  }

  async #jobsThatAre(...states: readonly JobState[]): Promise<string[]> {
    return [...(await this.#onestep.calls.queue.ids([...states]))];
  }
}

/** What can be done with one job. */
export class JobDesk {
  readonly card: JobCard;
  readonly showDetails: () => void;
  readonly #onestep: Onestep;

  constructor(onestep: Onestep, card: JobCard, showDetails: () => void) {
    this.#onestep = onestep;
    this.card = card;
    this.showDetails = showDetails;
  }

  /** It is not over. */
  get isOpen(): boolean {
    return this.card.state === 'waiting' || this.card.state === 'running';
  }

  async retry(): Promise<void> {
    await this.#onestep.perform(() => this.#onestep.calls.queue.retry([this.card.id]));
  }

  async cancel(): Promise<void> {
    await this.#onestep.perform(() => this.#onestep.calls.queue.cancel([this.card.id]));
  }

  async clear(): Promise<void> {
    await this.#onestep.perform(() => this.#onestep.calls.queue.clear([this.card.id]));
  }

  async showInFolder(): Promise<void> {
    const { resultId: id, report, plan } = this.card;
    if (id !== null) await this.#onestep.showInFolder({ id, path: report?.output ?? plan?.output ?? '' });
  }

  async compare(): Promise<void> {
    await this.#onestep.compareById(this.card.photoId);
  }

  /** Everything that is known about it, for the clipboard. */
  async copyDetails(): Promise<void> {
    const { source, problem, report } = this.card;
    const text = problem === null ? JSON.stringify(report, null, 2) : `${source}\n${problemDetails(problem)}`;
    await this.#onestep.perform(() => navigator.clipboard.writeText(text));
    this.#onestep.toasts.tell(say('copied.details'), 'good');
  }
}
