import type { PhotoCard } from '../../../shared/library.ts';
import type { Onestep } from '../../state/onestep.svelte.ts';
import type { Selection } from '../../state/selection.svelte.ts';
import { say } from '../../words/words.svelte.ts';

/** What is chosen in the library, and what can be done with it. */
export class LibraryDesk {
  /** The photos that are about to be enhanced with options of their own; null: none. */
  asking = $state.raw<readonly number[] | null>(null);
  /** Something in the panel must be put right before photos can be enhanced. */
  blocked = $state(false);
  readonly selection: Selection;
  readonly #onestep: Onestep;

  constructor(onestep: Onestep) {
    this.#onestep = onestep;
    this.selection = onestep.selection;
  }

  /** In the order of the list. */
  get chosen(): readonly number[] {
    return this.#onestep.library.ids.filter((id) => this.selection.chosen.has(id));
  }

  /** The photos that {@link enhance} is about: the chosen ones, or without any all that are listed. */
  get subjects(): readonly number[] {
    return this.selection.chosen.size > 0 ? this.chosen : this.#onestep.library.ids;
  }

  get count(): number {
    return this.selection.chosen.size > 0 ? this.selection.chosen.size : this.#onestep.library.ids.length;
  }

  /** The photo that the keyboard is on. */
  get card(): PhotoCard | null {
    const { lead } = this.selection;
    return lead === null ? null : (this.#onestep.library.cards.get(lead) ?? null);
  }

  search(): void {
    document.getElementById('library-search')?.focus();
  }

  /** With the options that the panel shows. */
  async enhance(): Promise<void> {
    await this.#onestep.enhance(this.subjects, {});
  }

  enhanceWith(): void {
    this.asking = this.chosen;
  }

  /** The folder of the photo that the keyboard is on, where the list shows more than that; null otherwise. */
  get folder(): string | null {
    const folder = this.card?.folder ?? null;
    return folder === this.#onestep.library.query.folder ? null : folder;
  }

  /** The photo stays in view. */
  async showFolder(): Promise<void> {
    const { folder, selection } = this;
    if (folder === null) return;
    const { library } = this.#onestep;
    library.ask({ folder, single: false });
    await library.refresh();
    selection.toReveal = selection.lead;
  }

  compare(): void {
    if (this.card !== null) this.#onestep.navigation.compare(this.card);
  }

  /** The result, where there is one. */
  async showInFolder(): Promise<void> {
    const { card } = this;
    if (card !== null) await this.#onestep.showInFolder(card.result ?? card);
  }

  async copyResult(): Promise<void> {
    const result = this.card?.result ?? null;
    if (result !== null) await this.#onestep.copyPicture(result);
  }

  async remove(): Promise<void> {
    const ids = this.chosen;
    const { calls, toasts } = this.#onestep;
    await this.#onestep.perform(async () => {
      await calls.library.hide(ids);
      const undo = { label: say('undo'), run: () => void this.#onestep.perform(() => calls.library.unhide(ids)) };
      toasts.tell(say('library.removed', { count: ids.length }), 'plain', undo);
    });
  }
}
