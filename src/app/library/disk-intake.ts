import { readdir, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { isPhotoName } from '../../shared/photo-extensions.ts';
import type { Settings } from '../../shared/settings.ts';
import { diskWords } from '../disk-words.ts';
import { fileOnDisk, type FileOnDisk } from '../photo-walk.ts';
import type { PhotoRegister } from '../photos/photo-register.ts';
import type { ResultNames } from '../result-names.ts';
import { DiskWatch, type WatchTimes } from './disk-watch.ts';
import { pathOf, type LibraryFile } from './library-file.ts';
import type { OpenedRoots, Root } from './opened-roots.ts';
import type { PhotoList } from './photo-list.ts';
import { RootSearch } from './root-search.ts';
import { inSlices } from './slices.ts';

export interface DiskIntakeOptions {
  readonly list: PhotoList;
  readonly roots: OpenedRoots;
  readonly register: PhotoRegister;
  readonly settings: () => Settings;
  readonly names: () => ResultNames;
  readonly times: WatchTimes;
  /** A file has come into the list. */
  readonly onNew: (file: LibraryFile) => void;
  /** … and it came while its folder was being watched, so it is new on the disk as well. */
  readonly onArrived: (file: LibraryFile) => void;
  /** What is opened, or how it goes with it, has changed. */
  readonly onRoots: () => void;
}

/** Opens and closes folders and files, and brings what lies there into the list. */
export class DiskIntake {
  readonly #options: DiskIntakeOptions;
  readonly #search: RootSearch;
  #watch: DiskWatch | null = null;

  constructor(options: DiskIntakeOptions) {
    this.#options = options;
    this.#search = new RootSearch({
      ...options,
      take: (file) => this.#take(file),
      without: () => options.settings().options.output,
      onFolder: (folder) => this.#watch?.folder(folder),
      onRoot: options.onRoots,
    });
    this.applySettings();
  }

  /** Watches, or ceases to, as the settings say; what has happened in the meantime is found by searching again. */
  applySettings(): void {
    const { watchFolders } = this.#options.settings();
    if (watchFolders === (this.#watch !== null)) return;
    this.#watch?.close();
    this.#watch = watchFolders ? this.#newWatch() : null;
    if (watchFolders) for (const root of this.#options.roots.all()) this.#begin(root);
  }

  /** @returns the photos that were named themselves */
  async open(paths: readonly string[]): Promise<LibraryFile[]> {
    const named: LibraryFile[] = [];
    for (const path of new Set(paths.map((given) => resolve(given)))) {
      const file = await this.#openOne(path);
      if (file !== null) named.push(file);
    }
    for (const folder of new Set(named.map((file) => file.folder))) {
      if (this.#options.roots.folderOf(folder) === null) await this.#findResultsIn(folder);
    }
    return named;
  }

  async close(paths: readonly string[]): Promise<void> {
    const { roots, register, list } = this.#options;
    for (const path of paths) {
      const root = roots.get(path);
      if (root === null) continue;
      roots.remove(path);
      register.disallow(path);
      this.#watch?.leave(path);
      const file = list.files.at(path);
      await inSlices(file === null ? list.files.within(path) : [file], (lost) => {
        if (!roots.contains(pathOf(lost))) list.drop(lost);
      });
    }
  }

  end(): void {
    this.#watch?.close();
  }

  async #openOne(path: string): Promise<LibraryFile | null> {
    const { list, roots, register } = this.#options;
    const found = await stat(path).catch((error: unknown) => error as Error);
    await register.allow(path);
    if (found instanceof Error ? !isPhotoName(path) : found.isDirectory()) {
      for (const file of list.files.within(path)) list.hide(file, false);
      this.#search.begin(roots.get(path) ?? roots.add(path, 'folder'));
      return null;
    }
    const root = roots.get(path) ?? (roots.folderOf(path) === null ? roots.add(path, 'file') : null);
    if (root !== null) this.#watch?.folder(dirname(path));
    if (found instanceof Error) {
      if (root !== null) Object.assign(root, { isThere: false, problem: diskWords('The file', found) });
      return null;
    }
    if (root !== null) Object.assign(root, { isThere: true, problem: null });
    const file = this.#take(fileOnDisk(path, found));
    list.hide(file, false);
    return file;
  }

  #begin(root: Root): void {
    if (root.kind === 'folder') this.#search.begin(root);
    else void this.#openOne(root.path).then(this.#options.onRoots);
  }

  /** Puts a photo that lies in an opened folder, or was opened itself, into the list. */
  #take(found: FileOnDisk): LibraryFile {
    const { list, onNew } = this.#options;
    const isNew = list.files.at(found.path) === null;
    const file = list.put(found, true);
    if (isNew) onNew(file);
    return file;
  }

  #newWatch(): DiskWatch {
    const { list, roots, times, settings, onRoots, onArrived } = this.#options;
    return new DiskWatch({
      ...{ list, roots, ...times },
      wholeTrees: process.platform === 'darwin' || process.platform === 'win32',
      without: () => settings().options.output,
      onFile: (found) => {
        const isNew = list.files.at(found.path) === null;
        if (!roots.contains(found.path)) void this.#takeIfResult(found);
        else if (isNew) onArrived(this.#take(found));
        else list.put(found, true);
      },
      onReturned: (root) => {
        this.#begin(root);
      },
      onRoot: onRoots,
    });
  }

  /** Results that lie beside photos that were opened by themselves. */
  async #findResultsIn(folder: string): Promise<void> {
    const names = await readdir(folder).catch(() => []);
    const likely: string[] = [];
    await inSlices(names, (name) => {
      const path = join(folder, name);
      if (isPhotoName(name) && this.#options.list.files.at(path) === null && this.#isNamedAsResult(path)) likely.push(path);
    });
    for (const path of likely) {
      const found = await stat(path).catch(() => null);
      if (found?.isFile() === true) await this.#takeIfResult(fileOnDisk(path, found));
    }
  }

  /** A file outside everything that is opened is of interest as the result of a photo that was opened by itself. */
  async #takeIfResult(found: FileOnDisk): Promise<void> {
    const { list, register } = this.#options;
    if (list.files.at(found.path) === null && !this.#isNamedAsResult(found.path)) return;
    await register.allow(found.path);
    list.put(found, false);
  }

  #isNamedAsResult(path: string): boolean {
    const { list, names } = this.#options;
    return names()
      .readings(path)
      .some(({ folder, name }) => list.files.called(folder, name).length > 0);
  }
}
