import Columns2 from '@lucide/svelte/icons/columns-2';
import Copy from '@lucide/svelte/icons/copy';
import FolderOpen from '@lucide/svelte/icons/folder-open';
import ListX from '@lucide/svelte/icons/list-x';
import SlidersHorizontal from '@lucide/svelte/icons/sliders-horizontal';
import Sparkles from '@lucide/svelte/icons/sparkles';
import { photoAddress } from '../../../shared/photo-addresses.ts';
import type { ResultCard } from '../../../shared/library.ts';
import type { MenuEntry } from '../../design/menu-entry.ts';
import type { Onestep } from '../../state/onestep.svelte.ts';
import { say } from '../../words/words.svelte.ts';

/** What can be done with the chosen photos: the context menu, and what shortcuts do. */
export class PhotoActions {
  readonly #onestep: Onestep;
  readonly #enhanceWith: (ids: readonly number[]) => void;

  constructor(onestep: Onestep, enhanceWith: (ids: readonly number[]) => void) {
    this.#onestep = onestep;
    this.#enhanceWith = enhanceWith;
  }

  menu(): readonly MenuEntry[] {
    const { selection, library } = this.#onestep;
    const ids = [...selection.chosen];
    const card = selection.lead === null ? undefined : library.cards.get(selection.lead);
    const result = card?.result ?? null;
    const none = ids.length === 0;
    return [
      { label: say('menu.enhance'), icon: Sparkles, disabled: none, run: () => void this.enhance(ids) },
      {
        label: say('menu.enhanceWith'),
        icon: SlidersHorizontal,
        disabled: none,
        run: () => {
          this.#enhanceWith(ids);
        },
      },
      {
        label: say('menu.compare'),
        icon: Columns2,
        keys: '↵',
        disabled: card === undefined,
        run: () => {
          if (card !== undefined) this.compare(card.id);
        },
      },
      'separator',
      {
        label: say('menu.showInFolder'),
        icon: FolderOpen,
        disabled: card === undefined,
        run: () => {
          if (card !== undefined) void this.#onestep.perform(() => this.#onestep.calls.showInFolder(result?.id ?? card.id));
        },
      },
      {
        label: say('menu.copyResult'),
        icon: Copy,
        disabled: result === null,
        run: () => {
          if (result !== null) void this.copy(result);
        },
      },
      'separator',
      {
        label: say('menu.remove'),
        icon: ListX,
        keys: say('key.delete'),
        disabled: none,
        run: () => void this.remove(ids),
      },
    ];
  }

  /** With the options that the panel shows. */
  async enhance(ids: readonly number[]): Promise<void> {
    await this.#onestep.perform(() => this.#onestep.calls.enqueue(ids, {}));
  }

  compare(id: number): void {
    const card = this.#onestep.library.cards.get(id);
    if (card !== undefined) this.#onestep.navigation.compare(card);
  }

  async remove(ids: readonly number[]): Promise<void> {
    await this.#onestep.perform(() => this.#onestep.calls.hidePhotos(ids));
  }

  /** The picture itself, for other programs. */
  async copy({ id, version }: ResultCard): Promise<void> {
    await this.#onestep.perform(async () => {
      const picture = fetch(photoAddress({ kind: 'picture', photo: id }, version)).then((answer) => answer.blob());
      await navigator.clipboard.write([new ClipboardItem({ 'image/png': picture })]);
      this.#onestep.notices.tell(say('copied.result'), 'good');
    });
  }
}
