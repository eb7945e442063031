import { stat } from 'node:fs/promises';
import { dirname, relative, sep } from 'node:path';
import { isPhotoName } from '../../../shared/photo-extensions.ts';
import { sentence } from '../../../shared/sentence.ts';
import { fileOnDisk, isJunk, isWithin, walkPhotos, type FileOnDisk } from '../../photo-walk.ts';
import { pathOf, versionOf } from '../list/library-file.ts';
import type { PhotoList } from '../list/photo-list.ts';
import { inSlices } from '../list/sorting.ts';
import { FolderWatch, SettlingPaths, type FolderWatchOptions } from './folder-watch.ts';
import type { OpenedRoots, Root } from './opened-roots.ts';

export interface WatchOptions {
  /** How long a path must be left alone before it is looked at, and a file be unchanged before it counts as finished. */
  readonly settleMilliseconds: number;
  /** How often opened folders are looked for: drives that are pulled out and put in again are told of by no watch. */
  readonly rootMilliseconds: number;
  /** Whether the system watches a whole tree with one watch (macOS and Windows do); otherwise each folder has its own. */
  readonly wholeTrees: boolean;
  /** Node's own unless something else stands in for it. */
  readonly watchFolder?: FolderWatchOptions['watchFolder'];
}

interface DiskWatchOptions extends WatchOptions {
  readonly list: PhotoList;
  readonly roots: OpenedRoots;
  readonly without: () => string | null;
  /** A file is there, whole: new, or not as it was. */
  readonly onFile: (file: FileOnDisk) => void;
  /** A root is there again, or is another disk than before. */
  readonly onReturned: (root: Root) => void;
  /** A root's `problem` has changed. */
  readonly onRoot: () => void;
}

/** Keeps the list in line with what happens on the disk in the folders it is told to watch. */
export class DiskWatch {
  readonly #options: DiskWatchOptions;
  readonly #folders: FolderWatch;
  readonly #settling: SettlingPaths;
  readonly #rootTimer: NodeJS.Timeout;
  readonly #disks = new WeakMap<Root, string>();
  #isLooking = false;

  constructor(options: DiskWatchOptions) {
    this.#options = options;
    this.#folders = new FolderWatch({
      wholeTrees: options.wholeTrees,
      watchFolder: options.watchFolder,
      onTouched: (path) => {
        if (!this.#isPassedOver(path)) this.#settling.touch(path);
      },
      onRefused: (folder, error) => {
        this.#refused(folder, error);
      },
    });
    this.#settling = new SettlingPaths({
      milliseconds: options.settleMilliseconds,
      isWanted: (path) => isPhotoName(path) || options.list.files.at(path) !== null,
      onFile: (path, file) => {
        options.onFile(fileOnDisk(path, file));
      },
      onFolder: (path) => void this.#searchNew(path),
      onGone: (path) => void this.#gone(path),
    });
    this.#rootTimer = setInterval(() => void this.#lookForRoots(), options.rootMilliseconds);
    this.#rootTimer.unref();
  }

  folder(path: string): void {
    this.#folders.add(path);
  }

  /** Watches nothing in a folder any longer unless it is opened in another way. */
  leave(path: string): void {
    if (!this.#options.roots.contains(path)) this.#folders.remove(path);
  }

  close(): void {
    clearInterval(this.#rootTimer);
    this.#folders.close();
    this.#settling.close();
  }

  /** Hidden and system files and folders, wherever below an opened folder, and the folder for results. */
  #isPassedOver(path: string): boolean {
    const root = this.#options.roots.folderOf(path);
    const without = this.#options.without();
    const isBelowRoot = without !== null && root !== null && without !== root.path && isWithin(root.path, without);
    if (isBelowRoot && isWithin(without, path)) return true;
    return relative(root?.path ?? dirname(path), path)
      .split(sep)
      .some(isJunk);
  }

  /** A folder has come: what is in it may still be on its way, so every file is waited for. */
  async #searchNew(folder: string): Promise<void> {
    if (this.#options.roots.folderOf(folder) === null) return;
    const isKnown = this.#options.wholeTrees ? this.#options.list.files.within(folder).length > 0 : this.#folders.isWatched(folder);
    if (isKnown) return;
    for await (const step of walkPhotos(folder, { without: this.#options.without() })) {
      if (step.problem !== undefined) continue;
      this.#folders.add(step.folder);
      for (const found of step.photos) {
        const known = this.#options.list.files.at(found.path);
        if (known === null || versionOf(known) !== versionOf(found)) this.#settling.touch(found.path);
      }
    }
  }

  async #gone(path: string): Promise<void> {
    const { list, roots } = this.#options;
    const file = list.files.at(path);
    await inSlices(file === null ? list.files.within(path) : [file], (lost) => {
      const root = roots.get(pathOf(lost));
      list.drop(lost);
      if (root !== null) this.#missing(root);
    });
    this.#folders.remove(path);
    for (const root of roots.all()) if (root.kind === 'folder' && isWithin(path, root.path)) this.#missing(root);
    // The last that a watch tells of a folder may be that something in it has gone: the folder itself.
    const parent = dirname(path);
    if (roots.contains(parent) && parent !== path && (await identityOf(parent)) === null) await this.#gone(parent);
  }

  #missing(root: Root): void {
    root.isThere = false;
    root.problem = sentence(`disk.${root.kind}.missing`);
    this.#options.onRoot();
  }

  async #lookForRoots(): Promise<void> {
    if (this.#isLooking) return;
    this.#isLooking = true;
    for (const root of this.#options.roots.all()) {
      if (root.scan !== null || (root.kind === 'file' && root.isThere)) continue;
      const identity = await identityOf(root.path);
      const before = this.#disks.get(root) ?? identity;
      if (identity === null) {
        if (root.isThere) await this.#gone(root.path);
      } else if (before !== identity || !root.isThere) {
        this.#folders.remove(root.path);
        this.#options.onReturned(root);
      }
      if (identity !== null) this.#disks.set(root, identity);
    }
    this.#isLooking = false;
  }

  #refused(folder: string, { code }: NodeJS.ErrnoException): void {
    const root = this.#options.roots.folderOf(folder);
    if (root?.problem !== null || code === 'ENOENT') return;
    root.problem = sentence(code === 'ENOSPC' || code === 'EMFILE' ? 'watch.tooManyFolders' : 'watch.refused');
    this.#options.onRoot();
  }
}

/** Tells one disk, or one folder, from another that has come to lie at the same path; null where there is nothing. */
const identityOf = async (path: string): Promise<string | null> =>
  stat(path).then(
    ({ dev, ino }) => `${dev} ${ino}`,
    () => null,
  );
