import { readdir, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { isPhotoName } from '../../../shared/photo-extensions.ts';
import type { Settings } from '../../../shared/settings.ts';
import { diskWords } from '../../disk-words.ts';
import { refusedFile, unreadableFolder, type LeftOut } from '../../left-out.ts';
import { fileOnDisk, walkPhotos, type FileOnDisk } from '../../photo-walk.ts';
import type { PhotoRegister } from '../../photos/photo-register.ts';
import { pathOf, type LibraryFile } from '../list/library-file.ts';
import type { PhotoList } from '../list/photo-list.ts';
import { inSlices } from '../list/sorting.ts';
import { DiskWatch, type WatchOptions } from './disk-watch.ts';
import type { OpenedRoots, Root } from './opened-roots.ts';
import type { ResultPlaces } from './result-places.ts';

export interface DiskIntakeOptions {
  readonly list: PhotoList;
  readonly roots: OpenedRoots;
  readonly register: PhotoRegister;
  readonly settings: () => Settings;
  readonly places: ResultPlaces;
  readonly watch: WatchOptions;
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
      without: () => options.places.output,
      onSearched: () => this.#findResultsInOutput(),
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
    await this.#findResultsBeside(named);
    if (named.length > 0) await this.#findResultsInOutput();
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
    const isOther = !(found instanceof Error) && !found.isFile() && !found.isDirectory();
    await register.allow(path);
    if (found instanceof Error ? !isPhotoName(path) : found.isDirectory()) {
      this.#openFolder(path);
      return null;
    }
    const root = roots.get(path) ?? (roots.folderOf(path) === null ? roots.add(path, 'file') : null);
    if (root !== null) this.#watch?.folder(dirname(path));
    if (found instanceof Error || isOther) {
      const { message } = await refusedFile(path, isOther ? null : found);
      if (root !== null) Object.assign(root, { isThere: isOther, problem: message });
      return null;
    }
    if (root !== null) Object.assign(root, { isThere: true, problem: null });
    const file = this.#take(fileOnDisk(path, found));
    list.hide(file, false);
    return file;
  }

  #openFolder(path: string): void {
    const { list, roots } = this.#options;
    for (const file of list.files.within(path)) list.hide(file, false);
    this.#search.begin(roots.get(path) ?? roots.add(path, 'folder'));
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
    const { list, roots, watch, places, onRoots, onArrived } = this.#options;
    return new DiskWatch({
      list,
      roots,
      ...watch,
      without: () => places.output,
      onFile: (found) => {
        const isNew = list.files.at(found.path) === null;
        if (!roots.contains(found.path)) void this.#offer(found);
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
  async #findResultsBeside(photos: readonly LibraryFile[]): Promise<void> {
    const { roots, places } = this.#options;
    for (const folder of new Set(photos.map((photo) => photo.folder))) {
      if (roots.folderOf(folder) !== null) continue;
      const likely: string[] = [];
      await inSlices(await readdir(folder).catch(() => []), (name) => {
        if (isPhotoName(name) && places.readings(join(folder, name)).length > 0) likely.push(join(folder, name));
      });
      for (const path of likely) {
        const found = await stat(path).catch(() => null);
        if (found?.isFile() === true) await this.#offer(fileOnDisk(path, found));
      }
    }
  }

  /** Results in the folder for results, which is not searched for photos. */
  async #findResultsInOutput(): Promise<void> {
    const { output } = this.#options.places;
    if (output === null) return;
    for await (const step of walkPhotos(output)) {
      for (const found of step.problem === undefined ? step.photos : []) await this.#offer(found);
    }
  }

  async #offer(found: FileOnDisk): Promise<void> {
    const { list, register, roots } = this.#options;
    if (list.offer(found) && !roots.contains(found.path)) await register.allow(found.path);
  }
}

interface RootSearchOptions {
  readonly list: PhotoList;
  readonly roots: OpenedRoots;
  /** Takes in a file that was found. */
  readonly take: (file: FileOnDisk) => LibraryFile;
  /** The folder for results: not searched when it lies inside an opened folder. */
  readonly without: () => string | null;
  /** Told of each folder that is searched. */
  readonly onFolder: (folder: string) => void;
  /** Everything was found; the search counts as ended when this has resolved. */
  readonly onSearched: () => Promise<void>;
  /** A search has begun or ended. */
  readonly onRoot: () => void;
}

/** Searches opened folders, bit by bit: what is found is in the list at once, what is no longer there leaves it at the end. */
class RootSearch {
  readonly #options: RootSearchOptions;

  constructor(options: RootSearchOptions) {
    this.#options = options;
  }

  /** Begins a search unless one is under way. Never rejects: what cannot be read is the root's `problem`. */
  begin(root: Root): void {
    root.scan ??= this.#search(root).finally(() => {
      root.scan = null;
      this.#options.onRoot();
    });
    this.#options.onRoot();
  }

  async #search(root: Root): Promise<void> {
    const { list, roots, take, without, onFolder, onSearched } = this.#options;
    const missing = new Set<LibraryFile>(list.files.within(root.path).filter(({ opened }) => opened));
    root.problem = null;
    root.isThere = true;
    const leftOut: LeftOut[] = [];
    for await (const step of walkPhotos(root.path, { without: without() })) {
      if (roots.get(root.path) !== root) return;
      if (step.problem === undefined) {
        onFolder(step.folder);
        for (const found of step.photos) missing.delete(take(found));
        leftOut.push(...step.leftOut);
      } else if (step.folder === root.path) {
        root.problem = diskWords('folder', step.problem);
        root.isThere = (step.problem as NodeJS.ErrnoException).code !== 'ENOENT';
      } else leftOut.push(unreadableFolder(step.folder, step.problem));
    }
    root.leftOut = leftOut;
    if (roots.get(root.path) !== root) return;
    await inSlices(missing, (file) => {
      list.drop(file);
    });
    await onSearched();
  }
}
