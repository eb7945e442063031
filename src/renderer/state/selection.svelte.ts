export interface ClickKeys {
  /** Ctrl, or Cmd on a Mac. */
  readonly toggle: boolean;
  readonly extend: boolean;
}

/**
 * Which photos are chosen, as in a file manager: click, Ctrl, Shift, arrows. Works on ids in the order of the view. What is not in the
 * view is not chosen, and is again when it comes back, unless something else was chosen meanwhile.
 */
export class Selection {
  #ids: readonly number[] = [];
  #present: ReadonlySet<number> = new Set();
  #chosen = $state.raw<ReadonlySet<number>>(new Set());
  /** What the person chose, in the view or not. */
  #wanted: ReadonlySet<number> = new Set();
  /** The photo that the keyboard is on; null before the first choice. */
  lead = $state.raw<number | null>(null);
  /** A photo that is to be brought into view; null: none is. */
  toReveal = $state.raw<number | null>(null);
  /** Where a range begins. */
  #anchor: number | null = null;

  get chosen(): ReadonlySet<number> {
    return this.#chosen;
  }

  set chosen(ids: ReadonlySet<number>) {
    this.#wanted = ids;
    this.#chosen = ids;
  }

  /** The view has changed. */
  viewed(ids: readonly number[]): void {
    this.#ids = ids;
    this.#present = new Set(ids);
    if (this.#wanted.size === 0 && this.lead === null) return;
    const kept = [...this.#wanted].filter((id) => this.#present.has(id));
    if (kept.length !== this.#chosen.size || kept.some((id) => !this.#chosen.has(id))) this.#chosen = new Set(kept);
    if (this.lead === null || !this.#present.has(this.lead)) this.lead = kept[0] ?? null;
    if (this.#anchor !== null && !this.#present.has(this.#anchor)) this.#anchor = this.lead;
  }

  /** The keyboard is on this photo, chosen or not. */
  stand(id: number): void {
    if (!this.#present.has(id)) return;
    this.lead = id;
    this.#anchor = id;
  }

  click(id: number, keys: ClickKeys): void {
    if (keys.extend) {
      this.#extendTo(id, keys.toggle);
    } else if (keys.toggle) {
      const chosen = new Set(this.chosen);
      if (!chosen.delete(id)) chosen.add(id);
      this.chosen = chosen;
      this.#anchor = id;
      this.lead = id;
    } else {
      this.only(id);
    }
  }

  only(id: number): void {
    this.chosen = new Set([id]);
    this.#anchor = id;
    this.lead = id;
  }

  /** Exactly these, as far as they are in the view, and the first of them is shown. */
  choose(ids: readonly number[]): void {
    const found = ids.filter((id) => this.#present.has(id));
    this.chosen = new Set(found);
    this.lead = found[0] ?? null;
    this.#anchor = this.lead;
    this.toReveal = this.lead;
  }

  all(): void {
    this.chosen = new Set(this.#ids);
    this.lead ??= this.#ids[0] ?? null;
  }

  none(): void {
    this.chosen = new Set();
    this.#anchor = this.lead;
  }

  /**
   * Moves the lead by so many photos in the order of the view, staying inside it; the lead alone is then chosen, or the range from
   * where it began. `jump` goes to the very start or end.
   */
  move(by: number | 'start' | 'end', extend: boolean): void {
    const last = this.#ids.length - 1;
    if (last < 0) return;
    const from = this.lead === null ? -1 : this.#ids.indexOf(this.lead);
    const target = by === 'start' ? 0 : by === 'end' ? last : from < 0 ? 0 : from + by;
    // A step past the edge stays where it is, so that the column is not lost.
    if (typeof by === 'number' && from >= 0 && (target < 0 || (target > last && Math.abs(by) === 1))) return;
    const id = this.#ids[Math.min(target, last)];
    if (id === undefined) return;
    if (extend) this.#extendTo(id, false);
    else this.only(id);
  }

  #extendTo(id: number, add: boolean): void {
    const anchor = this.#anchor ?? this.#ids[0] ?? id;
    const [from, to] = [this.#ids.indexOf(anchor), this.#ids.indexOf(id)].sort((a, b) => a - b) as [number, number];
    const range = this.#ids.slice(Math.max(from, 0), to + 1);
    this.chosen = new Set(add ? [...this.chosen, ...range] : range);
    this.#anchor = anchor;
    this.lead = id;
  }
}
