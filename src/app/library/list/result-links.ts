import { safeComponent } from '../../../shared/name-template.ts';
import { extensionOf, stemOf } from '../../../shared/photo-extensions.ts';
import type { FileIndex } from './file-index.ts';
import { pathOf, type LibraryFile } from './library-file.ts';

/** What a file's path says of the photo that it may be a result of. */
export interface Reading {
  readonly folder: string;
  /** As results spell it, with or without extension. */
  readonly name: string;
}

/**
 * Which file is a result of which photo. Names tell first; a file that turns out to carry no mark of ours is let go again
 * (`marked` is false), and one that a job reported is held whatever it is called.
 */
export class ResultLinks {
  readonly #files: FileIndex;
  readonly #readings: (path: string) => readonly Reading[];
  readonly #onLinked: (original: LibraryFile, result: LibraryFile) => void;
  /** Files named like results of a photo that is not there, by that photo's folder and name. */
  readonly #waiting = new Map<string, Set<LibraryFile>>();

  /** @param onLinked told after a file has become a result by its name */
  constructor(
    files: FileIndex,
    readings: (path: string) => readonly Reading[],
    onLinked: (original: LibraryFile, result: LibraryFile) => void,
  ) {
    this.#files = files;
    this.#readings = readings;
    this.#onLinked = onLinked;
  }

  /** Finds the original of a file that has come, and the results that have been waiting for it. */
  added(file: LibraryFile): void {
    this.#findOriginal(file);
    if (this.#waiting.size === 0) return;
    for (const name of [stemOf(file.name), file.name].map(safeComponent)) {
      for (const result of this.#waiting.get(key(file.folder, name)) ?? []) this.#findOriginal(result);
    }
  }

  /** The file is gone: its results stand by themselves again. */
  removed(file: LibraryFile): void {
    this.#forget(file);
    this.unlink(file);
    for (const result of file.results) {
      result.original = null;
      this.#findOriginal(result);
    }
    file.results = [];
  }

  /** `result` belongs to `original`, or to whatever that is itself a result of. */
  link(original: LibraryFile, result: LibraryFile): void {
    const first = original.original ?? original;
    if (first === result || result.original === first) return;
    this.unlink(result);
    this.#forget(result);
    const own = result.results;
    result.results = [];
    result.original = first;
    for (const nested of own) nested.original = first;
    first.results = [...first.results, result, ...own];
  }

  /** The file stands by itself from now on. */
  unlink(result: LibraryFile): void {
    const { original } = result;
    if (original === null) return;
    original.results = original.results.filter((other) => other !== result);
    result.original = null;
  }

  #findOriginal(file: LibraryFile): void {
    if (file.marked === false || file.original !== null || this.#files.get(file.id) !== file) return;
    const readings = this.#readings(pathOf(file));
    for (const { folder, name } of readings) {
      const original = likeliest(
        this.#files.called(folder, name).filter((photo) => photo !== file),
        name,
        file,
      );
      if (original === null) continue;
      this.link(original, file);
      this.#onLinked(original, file);
      return;
    }
    for (const { folder, name } of readings) {
      const waiting = this.#waiting.get(key(folder, name)) ?? new Set();
      this.#waiting.set(key(folder, name), waiting.add(file));
    }
  }

  #forget(file: LibraryFile): void {
    if (this.#waiting.size === 0) return;
    for (const { folder, name } of this.#readings(pathOf(file))) {
      const waiting = this.#waiting.get(key(folder, name));
      waiting?.delete(file);
      if (waiting?.size === 0) this.#waiting.delete(key(folder, name));
    }
  }
}

const key = (folder: string, name: string): string => `${folder}\0${name}`;

/** Of photos whose names differ in their extension: the one named in full, else the one of the result's own format, else the first. */
function likeliest(photos: readonly LibraryFile[], name: string, result: LibraryFile): LibraryFile | null {
  const inFull = photos.find((photo) => safeComponent(photo.name) === name);
  return inFull ?? photos.find((photo) => extensionOf(photo.name) === extensionOf(result.name)) ?? photos[0] ?? null;
}
