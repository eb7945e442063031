import { relative, resolve } from 'node:path';
import type { LibraryQuery, LibraryState, LibraryView, PhotoCard, ResultCard } from '../../shared/library.ts';
import type { JobCard } from '../../shared/queue.ts';
import type { Settings } from '../../shared/settings.ts';
import type { FoundPhoto } from '../collect-photos.ts';
import { isWithin } from '../photo-walk.ts';
import type { PhotoRegister } from '../photos/photo-register.ts';
import { DiskIntake } from './disk/disk-intake.ts';
import type { WatchOptions } from './disk/disk-watch.ts';
import { OpenedRoots } from './disk/opened-roots.ts';
import { ResultPlaces } from './disk/result-places.ts';
import { JobResults } from './list/job-results.ts';
import { cardOf, newestResult, pathOf, resultsOf, type LibraryFile } from './list/library-file.ts';
import { LibraryNews } from './list/library-news.ts';
import { PhotoList } from './list/photo-list.ts';
import { usesPixels } from './list/query.ts';
import { MarkCheck, SizeSearch } from './list/second-looks.ts';
import { inSlices } from './list/sorting.ts';

export interface LibraryOptions {
  readonly register: PhotoRegister;
  readonly settings: () => Settings;
  /** Whether a file carries the mark of our results. */
  readonly isMarked: (path: string) => Promise<boolean>;
  readonly onChanged: (state: LibraryState) => void;
  readonly onPhotos: (cards: readonly PhotoCard[]) => void;
  /** Other folders and files are opened than before. */
  readonly onRoots: (paths: readonly string[]) => void;
  /** Other photos are taken off the list than before. */
  readonly onHidden: (paths: readonly string[]) => void;
  /** Photos have come into folders that are watched. */
  readonly onArrived: (ids: readonly number[]) => void;
  /** Makes the size of a photo known through {@link Library.sizeLearnt}, if it can. */
  readonly measure: (id: number) => Promise<unknown>;
  readonly watch?: WatchOptions;
}

/** Of what cannot be looked at, so much is told by name: who has more looks into the folder. */
const leftOutShown = 50;

const usualWatch: WatchOptions = {
  settleMilliseconds: 500,
  rootMilliseconds: 3000,
  wholeTrees: process.platform === 'darwin' || process.platform === 'win32',
};

/** The folders and photos that are opened, and what is known about each photo. Nothing here writes to the disk. */
export class Library {
  readonly #options: LibraryOptions;
  readonly #roots = new OpenedRoots();
  readonly #places: ResultPlaces;
  readonly #list: PhotoList;
  readonly #sizes: SizeSearch;
  readonly #jobs: JobResults;
  readonly #intake: DiskIntake;
  readonly #marks: MarkCheck;
  readonly #news: LibraryNews;
  readonly #hidden: Set<string>;
  #revision = 0;
  /** Whether any view so far depends on states or sizes: only then do these change what a view finds. */
  #viewsUse = { states: false, pixels: false };

  constructor(options: LibraryOptions) {
    this.#options = options;
    this.#hidden = new Set(options.settings().hidden);
    this.#news = new LibraryNews({
      cardOf,
      onCards: options.onPhotos,
      onArrived: options.onArrived,
      onList: () => {
        this.#revision += 1;
        options.onChanged(this.state);
      },
    });
    this.#places = new ResultPlaces(options.settings, this.#roots);
    this.#list = new PhotoList({
      idOf: (path) => options.register.idOf(path),
      isHidden: (path) => this.#hidden.has(path),
      readings: (path) => this.#places.readings(path),
      onListed: () => {
        this.#news.list();
      },
      onCard: (photo) => {
        this.#news.card(photo);
        if (this.#viewsUse.states) this.#news.list();
      },
      onSuspect: (file) => {
        this.#marks.add(file);
      },
    });
    this.#jobs = new JobResults(this.#list, options.register, (path) => this.#roots.contains(path));
    this.#intake = new DiskIntake({
      list: this.#list,
      roots: this.#roots,
      register: options.register,
      settings: options.settings,
      places: this.#places,
      watch: options.watch ?? usualWatch,
      onNew: (file) => {
        this.#jobs.recall(file);
      },
      onArrived: (file) => {
        this.#news.arrived(file);
      },
      onRoots: () => {
        this.#news.list();
      },
    });
    this.#sizes = new SizeSearch(() => this.#list.files.all(), options.measure);
    this.#marks = new MarkCheck(options.isMarked, (file, marked) => {
      this.#list.judged(file, marked);
    });
  }

  get state(): LibraryState {
    const roots = this.#roots.all().map(({ path, kind, scan, problem, leftOut }) => ({
      path,
      kind,
      photos: kind === 'folder' ? this.#list.lengthWithin(path) : Number(this.#list.files.at(path)?.visible === true),
      scanning: scan !== null,
      problem,
      leftOut: { count: leftOut.length, first: leftOut.slice(0, leftOutShown).map(({ path: at, message }) => ({ path: at, message })) },
    }));
    return { revision: this.#revision, photos: this.#list.length, roots };
  }

  /**
   * Opens folders, with all below them, and files. Answers when the files are in the list and the searches have begun.
   * @returns the photos that were named themselves
   */
  async open(paths: readonly string[]): Promise<number[]> {
    const opened = paths.map((path) => resolve(path));
    const before = this.#hidden.size;
    for (const path of this.#hidden) if (opened.some((root) => isWithin(root, path))) this.#hidden.delete(path);
    if (this.#hidden.size < before) this.#options.onHidden([...this.#hidden]);
    const named = await this.#intake.open(paths);
    this.#rootsChanged();
    return named.map(({ id }) => id);
  }

  async close(paths: readonly string[]): Promise<void> {
    await this.#intake.close(paths);
    this.#rootsChanged();
  }

  /** Opens what an earlier start had opened: what was taken off the list stays off it. */
  async reopen(paths: readonly string[]): Promise<void> {
    await this.#intake.open(paths);
    this.#rootsChanged();
  }

  /** Takes photos off the list until what they were opened with is opened again. */
  async hide(ids: readonly number[]): Promise<void> {
    const alone: string[] = [];
    await inSlices(ids, (id) => {
      const file = this.#list.files.get(id);
      if (file === null) return;
      this.#list.hide(file, true);
      if (this.#roots.get(pathOf(file)) === null) this.#hidden.add(pathOf(file));
      else alone.push(pathOf(file));
    });
    this.#options.onHidden([...this.#hidden]);
    if (alone.length > 0) await this.close(alone);
  }

  async unhide(ids: readonly number[]): Promise<void> {
    const paths = ids.flatMap((id) => this.#options.register.pathOf(id) ?? []);
    for (const path of paths) this.#hidden.delete(path);
    this.#options.onHidden([...this.#hidden]);
    await inSlices(ids, (id) => {
      const file = this.#list.files.get(id);
      if (file !== null) this.#list.hide(file, false);
    });
    // Those that were opened by themselves were closed.
    const closed = paths.filter((path) => !this.#roots.contains(path));
    if (closed.length > 0) await this.open(closed);
  }

  /** All results of a photo, the newest first. */
  results(id: number): ResultCard[] {
    return this.#filesOf([id]).flatMap(resultsOf);
  }

  async view(query: LibraryQuery): Promise<LibraryView> {
    this.#viewsUse = {
      states: this.#viewsUse.states || query.states.length > 0,
      pixels: this.#viewsUse.pixels || usesPixels(query),
    };
    if (usesPixels(query)) this.#sizes.begin();
    const revision = this.#revision;
    const opened = {
      shownFolder: (folder: string) => this.#roots.shownFolder(folder),
      isSingle: (path: string) => this.#roots.get(path)?.kind === 'file',
    };
    return { revision, ids: await this.#list.find(query, opened) };
  }

  /** Details in the order of `ids`; whoever has asked is told of changes. */
  cards(ids: readonly number[]): PhotoCard[] {
    return this.#filesOf(ids).map((file) => {
      file.shown = true;
      return cardOf(file);
    });
  }

  /** The photos that have a result, with the newest. */
  enhanced(ids: readonly number[]): { readonly source: string; readonly result: string }[] {
    return this.#filesOf(ids).flatMap((file) => {
      const result = newestResult(file);
      return result === null ? [] : [{ source: pathOf(file), result: pathOf(result) }];
    });
  }

  /** Photos as the queue takes them: where each lies below what was opened, and whether the person chose it. */
  sources(ids: readonly number[], chosen: boolean): FoundPhoto[] {
    return this.#filesOf(ids).map((file) => {
      const root = this.#roots.folderOf(file.folder);
      return { path: pathOf(file), under: root === null ? '' : relative(root.path, file.folder), skipIfResult: !chosen };
    });
  }

  /** Whether it is opened as a folder. */
  isFolder(path: string): boolean {
    return this.#roots.get(resolve(path))?.kind === 'folder';
  }

  /** The photos of the list in these folders, and below them. */
  within(folders: readonly string[]): number[] {
    const files = folders.flatMap((folder) => this.#list.files.within(resolve(folder)));
    return [...new Set(files.filter(({ visible }) => visible).map(({ id }) => id))];
  }

  sizeLearnt(id: number, width: number, height: number): void {
    const file = this.#list.files.get(id);
    if (file === null || (file.width === width && file.height === height)) return;
    Object.assign(file, { width, height });
    this.#list.changed(file);
    if (this.#viewsUse.pixels) this.#news.listLater();
  }

  /** What the queue tells of its jobs. */
  async jobsChanged(cards: readonly JobCard[]): Promise<void> {
    await this.#jobs.take(cards);
  }

  /** These are all the jobs that there still are. */
  jobsKept(jobIds: readonly string[]): void {
    this.#jobs.keepOnly(new Set(jobIds));
  }

  /** Resolves when no search is under way. */
  async searched(): Promise<void> {
    for (const { scan } of this.#roots.all()) await scan;
  }

  /** Watches, or ceases to, as the settings say now. */
  applySettings(): void {
    this.#intake.applySettings();
  }

  end(): void {
    this.#intake.end();
    this.#marks.close();
    this.#sizes.close();
    this.#news.close();
    for (const { path } of this.#roots.all()) this.#roots.remove(path);
  }

  #rootsChanged(): void {
    this.#options.onRoots(this.#roots.all().map(({ path }) => path));
    this.#news.list();
  }

  #filesOf(ids: readonly number[]): LibraryFile[] {
    return ids.flatMap((id) => this.#list.files.get(id) ?? []);
  }
}
