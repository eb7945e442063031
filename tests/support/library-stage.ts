import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { Library, type LibraryOptions } from '../../src/app/library/library.ts';
import { PhotoRegister } from '../../src/app/photos/photo-register.ts';
import { libraryQuerySchema, type LibraryQuery, type LibraryState, type PhotoCard } from '../../src/shared/library.ts';
import type { JobCard } from '../../src/shared/queue.ts';
import { defaultSettings, type Settings } from '../../src/shared/settings.ts';

/** A library over a folder of its own, and everything that it has told. Paths are relative to the folder. */
export class LibraryStage {
  readonly folder: string;
  readonly register = new PhotoRegister();
  readonly library: Library;
  settings: Settings;
  readonly states: LibraryState[] = [];
  readonly told: PhotoCard[] = [];
  readonly arrived: string[] = [];
  remembered: string[] = [];

  private constructor(folder: string, options: Partial<LibraryOptions>, settings: Settings = defaultSettings) {
    this.folder = folder;
    this.settings = { ...settings };
    this.library = new Library({
      register: this.register,
      settings: () => this.settings,
      isMarked: async (path) => !path.includes('unmarked'),
      onChanged: (state) => this.states.push(state),
      onPhotos: (cards) => this.told.push(...cards),
      onRoots: (paths) => (this.remembered = this.#relative(paths)),
      onHidden: (paths) => (this.settings = { ...this.settings, hidden: [...paths] }),
      onArrived: (ids) => this.arrived.push(...this.pathsOf(ids)),
      measure: async () => undefined,
      watch: { settleMilliseconds: 40, rootMilliseconds: 50, wholeTrees: false },
      ...options,
    });
  }

  static async open(options: Partial<LibraryOptions> = {}): Promise<LibraryStage> {
    return new LibraryStage(await mkdtemp(join(tmpdir(), 'onestep-library-')), options);
  }

  /** Another library over the same folder, as a second application has it. */
  beside(settings: Settings = defaultSettings): LibraryStage {
    return new LibraryStage(this.folder, {}, settings);
  }

  async close(): Promise<void> {
    this.library.end();
    await rm(this.folder, { recursive: true, force: true });
  }

  /** Writes files that are no pictures: nothing here looks into them. */
  async files(...paths: readonly string[]): Promise<void> {
    for (const path of paths) {
      await mkdir(dirname(this.at(path)), { recursive: true });
      await writeFile(this.at(path), 'photo');
    }
  }

  at(path: string): string {
    return join(this.folder, path);
  }

  /** Opens and waits until everything was found; answers the photos that were named. */
  async opened(...paths: readonly string[]): Promise<string[]> {
    const ids = await this.library.open(paths.map((path) => this.at(path)));
    await this.library.searched();
    return this.pathsOf(ids);
  }

  pathsOf(ids: readonly number[]): string[] {
    return this.#relative(this.library.cards(ids).map(({ path }) => path));
  }

  async listed(query: Partial<LibraryQuery> = {}): Promise<string[]> {
    const { ids } = await this.library.view({ ...libraryQuerySchema.parse({}), ...query });
    return this.pathsOf(ids);
  }

  card(path: string): PhotoCard | undefined {
    return this.library.cards([this.idOf(path)])[0];
  }

  idOf(path: string): number {
    return this.register.idOf(this.at(path));
  }

  #relative(paths: readonly string[]): string[] {
    return paths.map((path) => relative(this.folder, path));
  }
}

/** What the queue tells of a job, as far as the library listens. */
export const jobCard = (photoId: number, more: Partial<JobCard>): JobCard =>
  ({ id: 'job-1', photoId, state: 'waiting', resultId: null, ...more }) as JobCard;
