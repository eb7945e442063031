interface CardCacheOptions<Id, Card> {
  readonly fetch: (ids: readonly Id[]) => Promise<readonly Card[]>;
  readonly idOf: (card: Card) => Id;
  /** How many cards are kept; those out of view for longest go first. */
  readonly bound: number;
  /** How many are fetched with one call. */
  readonly atOnce: number;
}

/**
 * Details of a long list: fetched for what is in view, kept within a bound, and kept up to date by {@link put}. One call is under
 * way at a time; what has left the view before its turn comes is not fetched.
 */
export class CardCache<Id, Card> {
  readonly #options: CardCacheOptions<Id, Card>;
  /** In the order in which they were last in view. */
  readonly #cards = new Map<Id, Card>();
  #changes = $state(0);
  #wanted: readonly Id[] = [];
  #fetching = false;

  constructor(options: CardCacheOptions<Id, Card>) {
    this.#options = options;
  }

  /** Tracked: reading it subscribes to its changes. */
  get(id: Id): Card | undefined {
    // Reading the count is what tracks.
    return this.#changes < 0 ? undefined : this.#cards.get(id);
  }

  /** Says what is in view now, the most important first. */
  want(ids: readonly Id[]): void {
    this.#wanted = ids;
    for (const id of ids) {
      const card = this.#cards.get(id);
      if (card === undefined) continue;
      this.#cards.delete(id);
      this.#cards.set(id, card);
    }
    void this.#fetchMissing();
  }

  /** Updates cards. Those that were never fetched are ignored. */
  put(cards: readonly Card[]): void {
    const { idOf } = this.#options;
    let changed = false;
    for (const card of cards) {
      if (!this.#cards.has(idOf(card))) continue;
      this.#cards.set(idOf(card), card);
      changed = true;
    }
    if (changed) this.#changes += 1;
  }

  /** Drops everything and fetches what is in view again: changes may have been missed. */
  renew(): void {
    this.#cards.clear();
    this.#changes += 1;
    void this.#fetchMissing();
  }

  async #fetchMissing(): Promise<void> {
    if (this.#fetching) return;
    this.#fetching = true;
    try {
      const asked = new Set<Id>();
      for (;;) {
        // An id that is gone is asked for once, not for ever.
        const missing = this.#wanted.filter((id) => !this.#cards.has(id) && !asked.has(id)).slice(0, this.#options.atOnce);
        if (missing.length === 0) return;
        for (const id of missing) asked.add(id);
        this.#keep(await this.#options.fetch(missing));
      }
    } catch {
      // The next view asks again; the banner tells of a lost connection.
    } finally {
      this.#fetching = false;
    }
  }

  #keep(cards: readonly Card[]): void {
    for (const card of cards) this.#cards.set(this.#options.idOf(card), card);
    const wanted = new Set(this.#wanted);
    for (const id of this.#cards.keys()) {
      if (this.#cards.size <= this.#options.bound) break;
      if (!wanted.has(id)) this.#cards.delete(id);
    }
    this.#changes += 1;
  }
}
