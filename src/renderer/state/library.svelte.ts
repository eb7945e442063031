import { cardsAtOnce, type AppCalls } from '../../shared/contract.ts';
import { libraryQuerySchema, type LibraryQuery, type LibraryState, type PhotoCard } from '../../shared/library.ts';
import { CardCache } from './card-cache.svelte.ts';
import { Latest } from './latest.ts';

const keptCards = 4000;
/** While folders are searched the view is asked for no more often than this. */
const refreshPauseMs = 150;

export const wholeLibrary: LibraryQuery = libraryQuerySchema.parse({});

/** The photos that the current query finds, and their cards as they come into view. */
export class Library {
  state = $state.raw<LibraryState>({ revision: 0, photos: 0, roots: [] });
  query = $state.raw<LibraryQuery>(wholeLibrary);
  ids = $state.raw<readonly number[]>([]);
  /** The current query has been answered at least once. */
  answered = $state(false);
  readonly cards: CardCache<number, PhotoCard>;
  readonly #calls: AppCalls;
  readonly #onView: (ids: readonly number[]) => void;
  readonly #refresh: Latest;

  constructor(calls: AppCalls, onView: (ids: readonly number[]) => void) {
    this.#calls = calls;
    this.#onView = onView;
    this.#refresh = new Latest(() => this.#view(), refreshPauseMs);
    this.cards = new CardCache({ fetch: (ids) => calls.photos.cards(ids), idOf: ({ id }) => id, bound: keptCards, atOnce: cardsAtOnce });
  }

  /** Takes over what the application says when it is (again) there. */
  begin(state: LibraryState, query: LibraryQuery): void {
    this.state = state;
    this.query = query;
    this.cards.renew();
    void this.refresh();
  }

  changed(state: LibraryState): void {
    const moved = state.revision !== this.state.revision;
    this.state = state;
    if (moved) void this.refresh();
  }

  ask(patch: Partial<LibraryQuery>): void {
    this.query = { ...this.query, ...patch };
    void this.refresh();
  }

  get filtered(): boolean {
    const { search, states, formats, folder, minMegapixels, maxMegapixels } = this.query;
    return search !== '' || states.length > 0 || formats.length > 0 || folder !== null || minMegapixels !== null || maxMegapixels !== null;
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
    this.#onView(view.ids);
  }
}
