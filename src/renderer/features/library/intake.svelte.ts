import type { Onestep } from '../../state/onestep.svelte.ts';
import { say } from '../../words/words.svelte.ts';
import { wholeLibrary } from '../../state/library.svelte.ts';
import { asDroppedFile, droppedPhotos, droppedRoots, upload, type Dropped } from './dropped-files.ts';

/** How photos come into the library: dialogs, drops, uploads. */
export class Intake {
  readonly #onestep: Onestep;
  /** Photos being copied from the browser, and how many are through. */
  copying = $state.raw<{ readonly done: number; readonly of: number } | null>(null);
  /** The door has no dialog of its own: ours is shown. */
  chooser = $state.raw<'photos' | 'folder' | null>(null);

  constructor(onestep: Onestep) {
    this.#onestep = onestep;
  }

  async choose(kind: 'photos' | 'folder'): Promise<void> {
    await this.#onestep.perform(async () => {
      const paths = await this.#onestep.calls.choose(kind);
      if (paths === null) this.chooser = kind;
      else await this.open(paths);
    });
  }

  async drop(transfer: DataTransfer): Promise<void> {
    const bridge = window.onestep;
    if (bridge !== undefined) {
      const paths = [...transfer.files].map((file) => bridge.pathForFile(file)).filter((path) => path !== '');
      await this.#onestep.perform(() => this.open(paths));
      return;
    }
    const searching = droppedPhotos(transfer);
    await this.#onestep.perform(async () => {
      const photos = await searching;
      if (photos.length === 0) this.#onestep.notices.tell(say('drop.nothing'));
      else await this.open((await this.#onestep.calls.locate(photos.map(asDroppedFile))) ?? (await this.#copy(photos)));
    });
  }

  /** Opens paths and shows them: a folder alone, or single photos chosen in the whole library. */
  async open(paths: readonly string[]): Promise<void> {
    if (paths.length === 0) return;
    const { calls, library, selection, navigation } = this.#onestep;
    const ids = await calls.open(paths);
    navigation.go('library');
    const folder = ids.length === 0 && paths.length === 1 ? (paths[0] ?? null) : null;
    library.ask({ ...wholeLibrary, sort: library.query.sort, descending: library.query.descending, folder });
    await library.refresh();
    selection.choose(ids);
  }

  async #copy(photos: readonly Dropped[]): Promise<string[]> {
    const batch = crypto.randomUUID();
    const arrived: { path: string; target: string }[] = [];
    try {
      for (const [index, photo] of photos.entries()) {
        this.copying = { done: index, of: photos.length };
        const target = await upload(photo, batch);
        if (target !== null) arrived.push({ path: photo.path, target });
      }
    } finally {
      this.copying = null;
    }
    if (arrived.length < photos.length) {
      this.#onestep.notices.tell(say('drop.someFailed', { count: photos.length - arrived.length }));
    }
    return droppedRoots(arrived);
  }
}
