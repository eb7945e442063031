import { cardsAtOnce } from '../../../shared/contract.ts';
import type { JobCard, JobState, QueueState } from '../../../shared/queue.ts';
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

  get failed(): number {
    return this.#onestep.queue.state.counts.failed;
  }

  /** Jobs that are not over. */
  get open(): number {
    return this.#onestep.queue.open;
  }

  get finished(): number {
    return this.#onestep.queue.total - this.open;
  }

  async pause(): Promise<void> {
    await this.#onestep.perform(() => this.#onestep.calls.queue.pause(false));
  }

  async resume(): Promise<void> {
    await this.#onestep.perform(() => this.#onestep.calls.queue.resume());
  }

  async retryFailed(): Promise<void> {
    await this.#onestep.perform(async () => this.#onestep.calls.queue.retry(await this.#jobsThatAre('failed')));
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

  /** In the order of the queue. */
  async #jobsThatAre(...states: readonly JobState[]): Promise<string[]> {
    const { calls, queue } = this.#onestep;
    const found: string[] = [];
    for (let from = 0; from < queue.ids.length; from += cardsAtOnce) {
      const cards = await calls.queue.cards(queue.ids.slice(from, from + cardsAtOnce));
      found.push(...cards.filter(({ state }) => states.includes(state)).map(({ id }) => id));
    }
    return found;
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
    const { resultId } = this.card;
    if (resultId !== null) await this.#onestep.perform(() => this.#onestep.calls.desktop.showInFolder(resultId));
  }

  async compare(): Promise<void> {
    const [photo] = (await this.#onestep.perform(() => this.#onestep.calls.photos.cards([this.card.photoId]))) ?? [];
    if (photo !== undefined) this.#onestep.navigation.compare(photo);
  }

  /** Everything that is known about it, for the clipboard. */
  async copyDetails(): Promise<void> {
    const { source, problem, report } = this.card;
    const text = problem === null ? JSON.stringify(report, null, 2) : `${source}\n${problemDetails(problem)}`;
    await this.#onestep.perform(() => navigator.clipboard.writeText(text));
    this.#onestep.toasts.tell(say('copied.details'), 'good');
  }
}
