import { createContext } from 'svelte';
import { cardsAtOnce, contract, type AppCalls, type AppEvents, type InitialState } from '../../shared/contract.ts';
import type { FleetAdded } from '../../shared/fleet.ts';
import type { Options } from '../../shared/options.ts';
import { photoAddress } from '../../shared/photo-addresses.ts';
import { EventFan } from '../../shared/protocol/event-fan.ts';
import { problemText } from '../words/problem-words.ts';
import { say, setLanguage } from '../words/words.svelte.ts';
import { Address, noBar, type AddressBar } from './address.ts';
import { BatchEvaluation } from './batch-evaluation.svelte.ts';
import { Catalogue } from './catalogue.svelte.ts';
import { Fleet } from './fleet.svelte.ts';
import { Library, wholeLibrary } from './library.svelte.ts';
import { Models } from './models.svelte.ts';
import { Navigation } from './navigation.svelte.ts';
import { Toasts } from './toasts.svelte.ts';
import { Preferences } from './preferences.svelte.ts';
import { Queue, type Finished } from './queue.svelte.ts';
import type { Route } from './route.ts';
import { Selection } from './selection.svelte.ts';

/** Everything that the interface knows. One per page; components get it with {@link useOnestep}. */
export class Onestep {
  readonly calls: AppCalls;
  /** Of the person's browser, where the page is shown in one. */
  readonly #language: string | null;
  /** What the application tells, for whoever listens. */
  readonly events = new EventFan(contract.events);
  readonly library: Library;
  readonly queue: Queue;
  readonly fleet: Fleet;
  readonly models: Models;
  readonly catalogue: Catalogue;
  readonly batchEvaluation: BatchEvaluation;
  readonly preferences: Preferences;
  readonly selection = new Selection();
  readonly navigation = new Navigation();
  readonly address: Address;
  readonly toasts = new Toasts();
  /** What the application said when it first connected; null until then. */
  start = $state.raw<Omit<InitialState, 'settings' | 'library' | 'queue'> | null>(null);
  /** How often it has connected: what failed to load before is worth another try. */
  connections = $state(0);
  /** The connection to the application was lost. */
  gone = $state(false);

  constructor(
    open: (options: { events: AppEvents; onConnected: () => void; onGone: () => void }) => AppCalls,
    { bar = noBar, language = null }: { readonly bar?: AddressBar; readonly language?: string | null } = {},
  ) {
    this.#language = language;
    this.address = new Address(bar, (route) => this.#show(route));
    this.calls = open({
      events: this.events.tell,
      onConnected: () => void this.perform(() => this.#begin()),
      onGone: () => {
        this.gone = true;
      },
    });
    this.library = new Library(this.calls, (ids) => this.selection.viewed(ids));
    this.queue = new Queue(this.calls, (finished) => this.#queueOver(finished));
    this.fleet = new Fleet(this.calls);
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

  /** On this computer, or by the fleet where that was chosen; with the settings' options, over which these go. */
  async enhance(ids: readonly number[], options: Partial<Options>): Promise<void> {
    await this.perform(async () => {
      await this.preferences.tell();
      if (this.fleet.where === 'here' || this.preferences.current.fleet === null) await this.calls.queue.enqueue(ids, options);
      else this.#tellAdded(await this.fleet.add(ids, options));
    });
  }

  #tellAdded({ added, done, skipped, failed, problem }: FleetAdded): void {
    const why = problem === null ? '' : problemText(problem).title;
    const others = [
      ...(done > 0 ? [say('fleet.added.done', { count: done })] : []),
      ...(skipped > 0 ? [say('fleet.added.skipped', { count: skipped })] : []),
      ...(failed > 0 ? [say('fleet.added.failed', { count: failed, why })] : []),
    ];
    const show = { label: say('queue.show'), run: () => this.navigation.go('fleet') };
    this.toasts.tell([say('fleet.added', { count: added }), ...others].join(' '), failed === 0 ? 'good' : 'plain', show);
  }

  /** The image itself, for pasting into other programs. */
  async copyPicture({ id, version }: { readonly id: number; readonly version: string }): Promise<void> {
    await this.perform(async () => {
      const picture = fetch(photoAddress({ kind: 'picture', photo: id }, version)).then((answer) => answer.blob());
      await navigator.clipboard.write([new ClipboardItem({ 'image/png': picture })]);
      this.toasts.tell(say('copied.result'), 'good');
    });
  }

  /** Shows a file in its folder; where there is no desktop to show it on, says where it lies. */
  async showInFolder({ id, path }: { readonly id: number; readonly path: string }): Promise<void> {
    if (this.start?.desktop !== false) {
      await this.perform(() => this.calls.desktop.showInFolder(id));
      return;
    }
    const copy = { label: say('copy.path'), run: () => void this.perform(() => navigator.clipboard.writeText(path)) };
    this.toasts.tell(say('noDesktop.file', { path }), 'plain', copy);
  }

  /** Shows what was opened: a folder alone, or single photos chosen in the whole library. */
  async showOpened(ids: readonly number[], folder: string | null): Promise<void> {
    const { sort, descending } = this.library.query;
    this.navigation.go('library');
    this.library.ask({ ...wholeLibrary, sort, descending, folder });
    await this.library.refresh();
    this.selection.choose(ids);
  }

  /** Where the person is, for the address. */
  get route(): Route {
    const { place, compared, view, helpPage } = this.navigation;
    switch (place) {
      case 'library':
      case 'compare': {
        if (place === 'compare' && compared !== null) return { place, photo: { id: compared.id, name: compared.name }, view };
        const { sort: _, descending: __, ...query } = this.library.query;
        return { place: 'library', query, at: this.library.at.index, photo: this.selection.lead };
      }
      case 'queue':
        return { place, states: this.queue.states };
      case 'help':
        return { place, page: helpPage };
      case 'fleet':
      case 'models':
      case 'settings':
      case 'about':
        return { place };
    }
  }

  /** Closes the comparison: to where it was opened, as it was left. */
  leaveComparison(): void {
    if (this.address.canGoBack) this.address.back();
    else this.navigation.back();
  }

  async #show(route: Route): Promise<void> {
    switch (route.place) {
      case 'library':
        return this.#showLibrary(route);
      case 'compare': {
        const [card] = (await this.perform(() => this.calls.photos.cards([route.photo.id]))) ?? [];
        if (card?.name === route.photo.name) this.navigation.compare(card, route.view);
        else this.navigation.go('library');
        return;
      }
      case 'queue':
        this.queue.filter(route.states);
        break;
      case 'help':
        this.navigation.helpPage = route.page;
        break;
      case 'fleet':
      case 'models':
      case 'settings':
      case 'about':
    }
    this.navigation.go(route.place);
  }

  async #showLibrary({ query, at, photo }: Extract<Route, { place: 'library' }>): Promise<void> {
    this.navigation.go('library');
    const { sort, descending } = this.library.query;
    const wanted = { ...query, sort, descending };
    // What is shown already stays as it is, to the pixel.
    if (JSON.stringify(wanted) === JSON.stringify({ ...wanted, ...this.library.query }) && at === this.library.at.index) return;
    this.library.ask(wanted, at);
    await this.library.refresh();
    if (photo !== null) this.selection.stand(photo);
  }

  async #begin(): Promise<void> {
    const { settings, library, queue, ...start } = await this.calls.app.start();
    this.preferences.changed(settings);
    const systemLanguage = (start.door === 'browser' ? this.#language : null) ?? start.systemLanguage;
    setLanguage(settings.language, systemLanguage);
    if (this.start === null) this.library.query = settings.query;
    this.library.begin(library);
    this.queue.begin(queue);
    this.batchEvaluation.begin();
    if (this.start === null && !this.address.isEmpty) await this.address.follow();
    this.start = { ...start, systemLanguage };
    this.gone = false;
    this.connections += 1;
    const opened = this.#openedBefore;
    this.#openedBefore = null;
    if (opened !== null) await this.showOpened(...opened);
    await this.models.begin();
  }

  #queueOver({ done, failed, skipped }: Finished): void {
    if (skipped > 0) void this.#tellSkipped(skipped);
    if (this.navigation.place === 'queue' || done + failed === 0) return;
    const show = {
      label: say('queue.show'),
      run: () => this.navigation.go('queue'),
    };
    this.toasts.tell(say('queue.over', { done, failed }), failed === 0 ? 'good' : 'plain', show);
  }

  /** Photos of the last run that were left alone because they had been enhanced before: somebody has asked for them, and is told. */
  async #tellSkipped(count: number): Promise<void> {
    const ids = (await this.calls.queue.ids(['skipped'])).slice(-Math.min(count, cardsAtOnce));
    const cards = await this.calls.queue.cards(ids);
    const again = cards.filter(({ reason }) => reason?.code === 'skip.doneBefore' || reason?.code === 'skip.there');
    const [first] = again;
    if (first === undefined) return;
    this.toasts.tell(
      say('queue.doneBefore', { count: again.length }),
      'plain',
      { label: say('queue.openResult'), run: () => void this.compareById(first.photoId) },
      { label: say('queue.enhanceAgain'), run: () => void this.perform(() => this.calls.queue.retry(again.map(({ id }) => id))) },
    );
  }

  /** Compares a photo that may not be in view. */
  async compareById(id: number): Promise<void> {
    const [photo] = (await this.perform(() => this.calls.photos.cards([id]))) ?? [];
    if (photo !== undefined) this.navigation.compare(photo);
  }

  #heard(): Partial<AppEvents> {
    return {
      libraryChanged: (state) => this.library.changed(state),
      photosChanged: (cards) => this.library.cards.put(cards),
      queueChanged: (state) => this.queue.changed(state),
      jobsChanged: (cards) => this.queue.cards.put(cards),
      jobProgress: (jobId, progress) => this.queue.progressed(jobId, progress),
      fleetAdding: (progress) => {
        this.fleet.adding = progress;
      },
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
      quantiseProgress: (id, fraction) => {
        this.models.quantising = fraction === null ? null : { id, fraction };
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
