import { isModelName } from '../../../shared/model-extensions.ts';
import { isPhotoName } from '../../../shared/photo-extensions.ts';
import type { Onestep } from '../../state/onestep.svelte.ts';
import { say } from '../../words/words.svelte.ts';
import { asDroppedFile, droppedFiles, droppedRoots, upload, type Dropped } from './dropped-files.ts';

const kinds = {
  photos: { isWanted: isPhotoName, place: 'dropped', nothing: 'drop.nothing', someFailed: 'drop.someFailed' },
  models: { isWanted: isModelName, place: 'dropped-models', nothing: 'drop.models.nothing', someFailed: 'drop.models.someFailed' },
} as const;
type Kind = keyof typeof kinds;

/** How photos get into the library, and models among the installed ones: dialogs, drops, uploads. */
export class Intake {
  readonly #onestep: Onestep;
  /** Files being copied from the browser, and how many are through. */
  copying = $state.raw<{ readonly kind: Kind; readonly done: number; readonly of: number } | null>(null);
  /** This door has no native dialog: ours is shown. */
  chooser = $state.raw<Kind | 'folder' | null>(null);

  constructor(onestep: Onestep) {
    this.#onestep = onestep;
  }

  /** What the current page takes. */
  get kind(): Kind {
    return this.#onestep.navigation.place === 'models' ? 'models' : 'photos';
  }

  async choose(kind: Kind | 'folder'): Promise<void> {
    await this.#onestep.perform(async () => {
      const paths = await this.#onestep.calls.desktop.choose(kind);
      if (paths === null) this.chooser = kind;
      else await this.take(kind, paths);
    });
  }

  async take(kind: Kind | 'folder', paths: readonly string[]): Promise<void> {
    if (kind === 'models') await this.#onestep.models.import(paths);
    else await this.open(paths);
  }

  async drop(transfer: DataTransfer): Promise<void> {
    const { kind } = this;
    if (window.onestep !== undefined) {
      await this.#takeFiles(kind, [...transfer.files]);
      return;
    }
    const searching = droppedFiles(transfer, kinds[kind].isWanted);
    await this.#onestep.perform(async () => {
      const files = await searching;
      if (files.length === 0) this.#onestep.toasts.tell(say(kinds[kind].nothing));
      else await this.take(kind, await this.#placesOf(kind, files));
    });
  }

  /** Takes what was copied elsewhere: files, or a picture, which lies nowhere yet and is kept like a dropped one. */
  async paste(files: readonly File[]): Promise<void> {
    await this.#takeFiles('photos', files);
  }

  /** Files that the desktop names are taken where they lie; others, such as a picture out of a web page, are copied. */
  async #takeFiles(kind: Kind, files: readonly File[]): Promise<void> {
    await this.#onestep.perform(async () => {
      const placed = files.map((file) => ({ file, path: file.name, at: window.onestep?.pathForFile(file) ?? '' }));
      const paths = placed.flatMap(({ at }) => (at === '' ? [] : [at]));
      const loose = placed.filter(({ at, path }) => at === '' && kinds[kind].isWanted(path));
      if (paths.length + loose.length === 0) this.#onestep.toasts.tell(say(kinds[kind].nothing));
      else await this.take(kind, [...paths, ...(loose.length === 0 ? [] : await this.#placesOf(kind, loose))]);
    });
  }

  /** Where a browser's files lie: where they were, if they can be found, else copied. */
  async #placesOf(kind: Kind, files: readonly Dropped[]): Promise<string[]> {
    const found = window.onestep === undefined ? await this.#onestep.calls.library.locate(files.map(asDroppedFile)) : null;
    return found === null ? this.#copy(kind, files) : [...found];
  }

  /** Opens paths and shows them. */
  async open(paths: readonly string[]): Promise<void> {
    if (paths.length === 0) return;
    const ids = await this.#onestep.calls.library.open(paths);
    await this.#onestep.showOpened(ids, ids.length === 0 && paths.length === 1 ? (paths[0] ?? null) : null);
  }

  async #copy(kind: Kind, files: readonly Dropped[]): Promise<string[]> {
    const batch = crypto.randomUUID();
    const arrived: { path: string; target: string }[] = [];
    try {
      for (const [index, file] of files.entries()) {
        this.copying = { kind, done: index, of: files.length };
        const target = await upload(file, batch, kinds[kind].place);
        if (target !== null) arrived.push({ path: file.path, target });
      }
    } finally {
      this.copying = null;
    }
    if (arrived.length < files.length) {
      this.#onestep.toasts.tell(say(kinds[kind].someFailed, { count: files.length - arrived.length }));
    }
    return droppedRoots(arrived);
  }
}
