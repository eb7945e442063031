import { cardsAtOnce, type AppCalls } from '../../shared/contract.ts';
import { libraryQuerySchema, type LibraryQuery, type LibraryState, type PhotoCard } from '../../shared/library.ts';
import { CardCache } from './card-cache.svelte.ts';
import { Latest } from './latest.ts';

const keptCards = 4000;
/** While folders are searched the view is asked for no more often than this. */
const refreshPauseMs = 150;

const beginning = { index: 0, offset: 0 };

export const wholeLibrary: LibraryQuery = libraryQuerySchema.parse({});

/** The photos that the current query finds, and their cards as they come into view. */
export class Library {
  state = $state.raw<LibraryState>({ revision: 0, photos: 0, roots: [] });
  query = $state.raw<LibraryQuery>(wholeLibrary);
  ids = $state.raw<readonly number[]>([]);
  /** Where the list is scrolled to: the first photo in view, and how many pixels of its row are out of it. */
  at = $state.raw<{ readonly index: number; readonly offset: number }>(beginning);
  /** How often the list came to where somebody else than the scroll bar wants it: after another query, or *Back*. */
  arrivals = $state(0);
  /** The current query has been answered at least once. */
  answered = $state(false);
  readonly cards: CardCache<number, PhotoCard>;
  readonly #calls: AppCalls;
  readonly #onView: (ids: readonly number[]) => void;
  readonly #refresh: Latest;
  #arriving = false;

  constructor(calls: AppCalls, onView: (ids: readonly number[]) => void) {
    this.#calls = calls;
    this.#onView = onView;
    this.#refresh = new Latest(() => this.#view(), refreshPauseMs);
    this.cards = new CardCache({ fetch: (ids) => calls.photos.cards(ids), idOf: ({ id }) => id, bound: keptCards, atOnce: cardsAtOnce });
  }

  /** Takes over what the application says when it is (again) there. */
  begin(state: LibraryState): void {
    this.state = state;
    this.cards.renew();
    void this.refresh();
  }

  changed(state: LibraryState): void {
    const moved = state.revision !== this.state.revision;
    this.state = state;
    if (moved) void this.refresh();
  }

  /** Shows what a query finds, from its beginning or from a photo of it on. */
  ask(patch: Partial<LibraryQuery>, from = 0): void {
    this.query = { ...this.query, ...patch };
    this.at = { index: from, offset: 0 };
    this.#arriving = true;
    void this.refresh();
  }

  get filtered(): boolean {
    const { search, states, formats, folder, single, minMegapixels, maxMegapixels } = this.query;
    const limited = minMegapixels !== null || maxMegapixels !== null;
    return search !== '' || states.length > 0 || formats.length > 0 || folder !== null || single || limited;
  }

  get scanning(): boolean {
    return this.state.roots.some((root) => root.scanning);
  }

  async refresh(): Promise<void> {
    await this.#refresh.run();
  }

  async #view(): Promise<void> {
    const asked = this.query;
    const view = await this.#calls.library.view(asked).catch(() => null);
    if (view === null || asked !== this.query) return;
    this.ids = view.ids;
    this.answered = true;
    if (this.#arriving) this.arrivals += 1;
    this.#arriving = false;
    this.#onView(view.ids);
  }
}
