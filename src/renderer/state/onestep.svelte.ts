import { createContext } from 'svelte';
import { contract, type AppCalls, type AppEvents, type InitialState } from '../../shared/contract.ts';
import { EventFan } from '../../shared/protocol/event-fan.ts';
import { say, setLanguage } from '../words/words.svelte.ts';
import { BatchEvaluation } from './batch-evaluation.svelte.ts';
import { Catalogue } from './catalogue.svelte.ts';
import { Library, wholeLibrary } from './library.svelte.ts';
import { Models } from './models.svelte.ts';
import { Navigation } from './navigation.svelte.ts';
import { Toasts } from './toasts.svelte.ts';
import { Preferences } from './preferences.svelte.ts';
import { Queue } from './queue.svelte.ts';
import { Selection } from './selection.svelte.ts';

/** Everything that the interface knows. One per page; components get it with {@link useOnestep}. */
export class Onestep {
  readonly calls: AppCalls;
  /** What the application tells, for whoever listens. */
  readonly events = new EventFan(contract.events);
  readonly library: Library;
  readonly queue: Queue;
  readonly models: Models;
  readonly catalogue: Catalogue;
  readonly batchEvaluation: BatchEvaluation;
  readonly preferences: Preferences;
  readonly selection = new Selection();
  readonly navigation = new Navigation();
  readonly toasts = new Toasts();
  /** What the application said when it first connected; null until then. */
  start = $state.raw<Omit<InitialState, 'settings' | 'library' | 'queue'> | null>(null);
  /** How often it has connected: what failed to load before is worth another try. */
  connections = $state(0);
  /** The connection to the application was lost. */
  gone = $state(false);

  constructor(open: (options: { events: AppEvents; onConnected: () => void; onGone: () => void }) => AppCalls) {
    this.calls = open({
      events: this.events.tell,
      onConnected: () => void this.perform(() => this.#begin()),
      onGone: () => {
        this.gone = true;
      },
    });
    this.library = new Library(this.calls, (ids) => this.selection.viewed(ids));
    this.queue = new Queue(this.calls, (finished) => this.#queueOver(finished));
    this.models = new Models(this.calls);
    this.catalogue = new Catalogue(this.calls);
    this.batchEvaluation = new BatchEvaluation(this.calls);
    this.preferences = new Preferences(this.calls, (error) => this.toasts.tellFailure(error));
    this.events.listen(this.#heard());
  }

  /** Runs something that may fail; a failure is shown, and the answer is null. */
  async perform<Answer>(task: () => Promise<Answer>): Promise<Answer | null> {
    try {
      return await task();
    } catch (error) {
      this.toasts.tellFailure(error);
      return null;
    }
  }

  /** Shows what was opened: a folder alone, or single photos chosen in the whole library. */
  async showOpened(ids: readonly number[], folder: string | null): Promise<void> {
    const { sort, descending } = this.library.query;
    this.navigation.go('library');
    this.library.ask({ ...wholeLibrary, sort, descending, folder });
    await this.library.refresh();
    this.selection.choose(ids);
  }

  async #begin(): Promise<void> {
    const { settings, library, queue, ...start } = await this.calls.app.start();
    this.preferences.changed(settings);
    setLanguage(settings.language, start.systemLanguage);
    this.library.begin(library, settings.query);
    this.queue.begin(queue);
    this.batchEvaluation.begin();
    this.start = start;
    this.gone = false;
    this.connections += 1;
    const opened = this.#openedBefore;
    this.#openedBefore = null;
    if (opened !== null) await this.showOpened(...opened);
    await this.models.begin();
  }

  #queueOver({ done, failed }: { readonly done: number; readonly failed: number }): void {
    if (this.navigation.place === 'queue' || done + failed === 0) return;
    const show = {
      label: say('queue.show'),
      run: () => this.navigation.go('queue'),
    };
    this.toasts.tell(say('queue.over', { done, failed }), failed === 0 ? 'good' : 'plain', show);
  }

  #heard(): Partial<AppEvents> {
    return {
      libraryChanged: (state) => this.library.changed(state),
      photosChanged: (cards) => this.library.cards.put(cards),
      queueChanged: (state) => this.queue.changed(state),
      jobsChanged: (cards) => this.queue.cards.put(cards),
      jobProgress: (jobId, progress) => this.queue.progressed(jobId, progress),
      batchEvaluationProgress: (progress) => this.batchEvaluation.progressed(progress),
      settingsChanged: (settings) => {
        this.preferences.changed(settings);
        if (this.start !== null) setLanguage(settings.language, this.start.systemLanguage);
      },
      modelsChanged: (list) => {
        this.models.changed(list);
        void this.perform(() => this.catalogue.modelsChanged());
      },
      importProgress: (fraction) => {
        this.models.importProgress = fraction;
      },
      downloadProgress: (id, progress) => this.catalogue.progressed(id, progress),
      navigate: (place) => this.navigation.go(place),
      opened: (ids, folder) => {
        if (this.start === null) this.#openedBefore = [ids, folder];
        else void this.perform(() => this.showOpened(ids, folder));
      },
    };
  }

  /** What was opened while the application's first answer was on its way. */
  #openedBefore: [readonly number[], string | null] | null = null;
}

export const [useOnestep, provideOnestep] = createContext<Onestep>();
