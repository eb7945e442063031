import { realpath } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { Problem } from '../../shared/problem.ts';
import { sentence } from '../../shared/sentence.ts';

/**
 * Which photos the interface may see. Photos are known by a number that is given once and never again while the application
 * runs; pixels are served only for numbers, and only where the file that the number's path leads to lies in a folder that was
 * opened, or was opened or written itself, or right in the folder that is chosen from.
 */
export class PhotoRegister {
  readonly #paths: string[] = [];
  readonly #ids = new Map<string, number>();
  /** As given → where it really lies. */
  readonly #allowed = new Map<string, string>();
  /** Where it really lies → how many lead there. Every result is one: looking must not take longer for them all. */
  readonly #places = new Map<string, number>();
  /** Where a person is choosing; null before anybody has. */
  #chosenFrom: string | null = null;

  /** The number of the photo at an absolute path. Knowing a number allows nothing. */
  idOf(path: string): number {
    let id = this.#ids.get(path);
    if (id === undefined) {
      id = this.#paths.push(path) - 1;
      this.#ids.set(path, id);
    }
    return id;
  }

  pathOf(id: number): string | null {
    return this.#paths[id] ?? null;
  }

  /** Lets everything in a folder, or one file, be seen. A path that leads nowhere yet is taken as it stands. */
  async allow(path: string): Promise<void> {
    const place = await realpath(path).catch(() => resolve(path));
    this.disallow(path);
    this.#allowed.set(path, place);
    this.#places.set(place, (this.#places.get(place) ?? 0) + 1);
  }

  /** Takes back {@link allow}; what another allowed folder contains stays visible. */
  disallow(path: string): void {
    const place = this.#allowed.get(path);
    if (place === undefined) return;
    this.#allowed.delete(path);
    const others = (this.#places.get(place) ?? 0) - 1;
    if (others > 0) this.#places.set(place, others);
    else this.#places.delete(place);
  }

  /** Lets the photos right in a folder be seen until another is chosen from: what is to be opened is known by its picture. */
  async chooseFrom(folder: string): Promise<void> {
    this.#chosenFrom = await realpath(folder).catch(() => resolve(folder));
  }

  /**
   * The real path of a photo that may be read, links followed.
   * @throws Problem not-found; not-opened where it lies, or leads, outside everything that is allowed
   */
  async readable(id: number): Promise<string> {
    const path = this.#paths[id];
    if (path === undefined) throw new Problem('not-found', sentence('photo.unknown'));
    const real = await realpath(path).catch((error: unknown) => {
      throw new Problem('not-found', sentence('photo.gone'), { detail: path, cause: error });
    });
    if (dirname(real) === this.#chosenFrom) return real;
    for (let place = real; ; place = dirname(place)) {
      if (this.#places.has(place)) return real;
      if (dirname(place) === place) break;
    }
    throw new Problem('not-opened', sentence('problem.not-opened'), { detail: path });
  }
}
