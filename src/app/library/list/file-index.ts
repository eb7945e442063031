import { basename, dirname } from 'node:path';
import { safeComponent } from '../../../shared/name-template.ts';
import { stemOf } from '../../../shared/photo-extensions.ts';
import { isWithin } from '../../photo-walk.ts';
import { isNamed } from '../../result-names.ts';
import type { LibraryFile } from './library-file.ts';

/** Every file that the library knows, found by number, by path, and by what results would call it. */
export class FileIndex {
  readonly #byId = new Map<number, LibraryFile>();
  /** Folder → the name without extension as results spell it → mostly one file. */
  readonly #byFolder = new Map<string, Map<string, LibraryFile[]>>();

  get(id: number): LibraryFile | null {
    return this.#byId.get(id) ?? null;
  }

  at(path: string): LibraryFile | null {
    const name = basename(path);
    return this.#alike(dirname(path), safeComponent(stemOf(name))).find((file) => file.name === name) ?? null;
  }

  /** The photos of a folder whose results would be called `name`, with or without extension. */
  called(folder: string, name: string): LibraryFile[] {
    const alike = [...this.#alike(folder, name), ...this.#alike(folder, stemOf(name))];
    return alike.filter((file) => isNamed(file.name, name));
  }

  all(): IterableIterator<LibraryFile> {
    return this.#byId.values();
  }

  #alike(folder: string, stem: string): readonly LibraryFile[] {
    return this.#byFolder.get(folder)?.get(stem) ?? [];
  }

  /** The files in a folder and below it. */
  within(folder: string): LibraryFile[] {
    return [...this.#byFolder].flatMap(([path, stems]) => (isWithin(folder, path) ? [...stems.values()].flat() : []));
  }

  in(folder: string): LibraryFile[] {
    return [...(this.#byFolder.get(folder)?.values() ?? [])].flat();
  }

  add(file: LibraryFile): void {
    this.#byId.set(file.id, file);
    let stems = this.#byFolder.get(file.folder);
    if (stems === undefined) {
      stems = new Map();
      this.#byFolder.set(file.folder, stems);
    }
    const stem = safeComponent(stemOf(file.name));
    const alike = stems.get(stem);
    if (alike === undefined) stems.set(stem, [file]);
    else alike.push(file);
  }

  remove(file: LibraryFile): void {
    this.#byId.delete(file.id);
    const stems = this.#byFolder.get(file.folder);
    const stem = safeComponent(stemOf(file.name));
    const others = stems?.get(stem)?.filter((other) => other !== file) ?? [];
    if (others.length > 0) stems?.set(stem, others);
    else stems?.delete(stem);
    if (stems?.size === 0) this.#byFolder.delete(file.folder);
  }
}
