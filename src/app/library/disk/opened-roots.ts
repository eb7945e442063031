import { dirname, relative } from 'node:path';
import type { OpenedRoot } from '../../../shared/library.ts';
import type { Sentence } from '../../../shared/sentence.ts';
import type { LeftOut } from '../../left-out.ts';
import { isWithin } from '../../photo-walk.ts';

/** A folder or file that was opened, and how it goes with it. */
export interface Root {
  readonly path: string;
  readonly kind: OpenedRoot['kind'];
  /** The search that is under way. */
  scan: Promise<void> | null;
  problem: Sentence | null;
  /** What the last search could not look at. */
  leftOut: readonly LeftOut[];
  /** Whether there was anything at its path at the last look. */
  isThere: boolean;
}

/** What is opened, in the order in which it was. */
export class OpenedRoots {
  readonly #byPath = new Map<string, Root>();
  #folders: readonly Root[] = [];

  get(path: string): Root | null {
    return this.#byPath.get(path) ?? null;
  }

  all(): Root[] {
    return [...this.#byPath.values()];
  }

  add(path: string, kind: Root['kind']): Root {
    const root: Root = { path, kind, scan: null, problem: null, leftOut: [], isThere: true };
    this.#byPath.set(path, root);
    if (kind === 'folder') this.#folders = [...this.#folders, root];
    return root;
  }

  /** @returns whether it was opened */
  remove(path: string): boolean {
    this.#folders = this.#folders.filter((root) => root.path !== path);
    return this.#byPath.delete(path);
  }

  /** The innermost opened folder that contains a path; the folder itself counts. */
  folderOf(path: string): Root | null {
    let innermost: Root | null = null;
    for (const root of this.#folders) {
      if (isWithin(root.path, path) && root.path.length > (innermost?.path.length ?? -1)) innermost = root;
    }
    return innermost;
  }

  contains(path: string): boolean {
    return this.#byPath.has(path) || this.folderOf(path) !== null;
  }

  /** A folder's path as it is shown: from the opened folder's own name on; nothing for one that is not opened. */
  shownFolder(path: string): string {
    const root = this.folderOf(path);
    return root === null ? '' : relative(dirname(root.path), path);
  }
}
