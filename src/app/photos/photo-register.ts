import { realpath } from 'node:fs/promises';
import { resolve, sep } from 'node:path';
import { Problem } from '../../shared/problem.ts';

/**
 * Which photos the interface may see. Photos are known by a number that is given once and never again while the application
 * runs; pixels are served only for numbers, and only where the file that the number's path leads to lies in a folder that was
 * opened, or was opened or written itself.
 */
export class PhotoRegister {
  readonly #paths: string[] = [];
  readonly #ids = new Map<string, number>();
  /** As given → where it really lies. */
  readonly #allowed = new Map<string, string>();

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
    this.#allowed.set(path, await realpath(path).catch(() => resolve(path)));
  }

  /** Takes back {@link allow}; what another allowed folder contains stays visible. */
  disallow(path: string): void {
    this.#allowed.delete(path);
  }

  /**
   * The real path of a photo that may be read, links followed.
   * @throws Problem not-found; not-opened where it lies, or leads, outside everything that is allowed
   */
  async readable(id: number): Promise<string> {
    const path = this.#paths[id];
    if (path === undefined) throw new Problem('not-found', 'There is no such photo.');
    const real = await realpath(path).catch((error: unknown) => {
      throw new Problem('not-found', 'The photo is no longer there.', { detail: path, cause: error });
    });
    for (const root of this.#allowed.values()) {
      if (real === root || real.startsWith(root.endsWith(sep) ? root : root + sep)) return real;
    }
    throw new Problem('not-opened', 'The photo lies outside the folders that are opened.', { detail: path });
  }
}
