import { randomBytes, randomUUID } from 'node:crypto';
import { lstat, mkdir, open, readFile, realpath } from 'node:fs/promises';
import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import * as z from 'zod';
import { isWithin } from '../app/photo-walk.ts';
import { rootNameSchema } from '../shared/fleet.ts';
import { Problem } from '../shared/problem.ts';
import { sentence } from '../shared/sentence.ts';
import { parsed, sharedPathSchema, type Place } from './payload.ts';

/** Says which folder this is, wherever a machine sees it. */
const markerName = '.onestep-root.json';
/** What the fleet itself keeps in a shared folder: no photo is looked for there. */
export const ownFolder = '.onestep';

const markerSchema = z.looseObject({ name: rootNameSchema, id: z.uuid() });

/** A folder that the machines of a fleet share, as this machine sees it. */
export interface Root {
  readonly name: string;
  readonly id: string;
  /** Absolute. */
  readonly folder: string;
  /** Signs what is added from it. Whoever may read the folder has it; whoever only has the queue has not. */
  readonly key: string;
}

/**
 * Makes a folder one of a fleet: gives it a name, an id and a key. One that is so already stays as it is.
 * @throws Problem bad-request for another name, not-writable
 */
export async function markRoot(folder: string, name: string): Promise<Root> {
  if (!rootNameSchema.safeParse(name).success)
    throw new Problem('bad-request', sentence('fleet.root.name'), { advice: sentence('fleet.root.name.advice') });
  try {
    await mkdir(join(folder, ownFolder), { recursive: true });
    await writeOnce(join(folder, ownFolder, 'key'), `${randomBytes(32).toString('hex')}\n`);
    await writeOnce(join(folder, markerName), `${JSON.stringify({ name, id: randomUUID() })}\n`);
  } catch (error) {
    throw new Problem('not-writable', sentence('disk.resultFolderForbidden'), { detail: String(error), cause: error });
  }
  return openRoot(name, folder);
}

/** Of several that begin at once, one writes: all read what it wrote. */
async function writeOnce(path: string, text: string): Promise<void> {
  const file = await open(path, 'wx', 0o640).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return null;
    throw error;
  });
  if (file === null) return;
  await file.writeFile(text);
  await file.sync();
  await file.close();
}

/**
 * Opens a shared folder and makes sure that it is the one of that name.
 * @throws Problem not-found where it is not there (a drive that is not mounted), bad-request where it is another one
 */
export async function openRoot(name: string, folder: string): Promise<Root> {
  const marker = await readFile(join(folder, markerName), 'utf8').catch(() => null);
  if (marker === null)
    throw new Problem('not-found', sentence('fleet.root.unmarked', { folder }), { advice: sentence('fleet.root.unmarked.advice') });
  const read = markerSchema.safeParse(parsed(marker));
  if (!read.success || read.data.name !== name) {
    const other = read.success ? read.data.name : '?';
    throw new Problem('bad-request', sentence('fleet.root.other', { folder, root: name, other }), {
      advice: sentence('fleet.root.other.advice'),
    });
  }
  const key = await readFile(join(folder, ownFolder, 'key'), 'utf8').catch((error: unknown) => {
    throw new Problem('not-readable', sentence('fleet.root.noKey', { folder }), { detail: String(error), cause: error });
  });
  return { name, id: read.data.id, folder: resolve(folder), key: key.trim() };
}

/** What the machines of a fleet call a folder; null for one that is none of theirs. */
export async function rootNameAt(folder: string): Promise<string | null> {
  const marker = await readFile(join(folder, markerName), 'utf8').catch(() => null);
  return marker === null ? null : (markerSchema.safeParse(parsed(marker)).data?.name ?? null);
}

/** The shared folders of this machine: paths of this machine become places of the fleet, and back. */
export class Roots {
  readonly #roots: ReadonlyMap<string, Root>;

  private constructor(roots: readonly Root[]) {
    this.#roots = new Map(roots.map((root) => [root.name, root]));
  }

  /**
   * @param mapped folders of this machine by the names of the roots
   * @throws Problem as {@link openRoot} does
   */
  static async open(mapped: Readonly<Record<string, string>>): Promise<Roots> {
    return new Roots(await Promise.all(Object.entries(mapped).map(([name, folder]) => openRoot(name, folder))));
  }

  get all(): readonly Root[] {
    return [...this.#roots.values()];
  }

  get(name: string): Root | undefined {
    return this.#roots.get(name);
  }

  readonly keyOf = (name: string): string | null => this.#roots.get(name)?.key ?? null;

  /**
   * The place of a path, in the innermost shared folder that it lies in.
   * @throws Problem not-opened outside of all of them, bad-request for a name that other systems cannot have
   */
  toPlace(path: string): Place {
    const root = this.all
      .filter(({ folder }) => isWithin(ofOneCase(folder), ofOneCase(path)))
      .toSorted((a, b) => b.folder.length - a.folder.length)[0];
    if (root === undefined)
      throw new Problem('not-opened', sentence('fleet.path.noRoot'), { detail: path, advice: sentence('fleet.path.noRoot.advice') });
    const inside = relative(root.folder, path).split(sep).join('/');
    if (inside !== '' && !sharedPathSchema.safeParse(inside).success)
      throw new Problem('bad-request', sentence('fleet.path.oddName'), { detail: path, advice: sentence('fleet.path.oddName.advice') });
    return { root: root.name, path: inside };
  }

  /**
   * Where a place is on this machine. What is there is never outside the shared folder, not by a link either. Names are tried in the
   * two forms of Unicode that systems write: a photo from a Mac is found on Linux.
   * @throws Problem bad-request where the place leads out of the folder, not-found without the root
   */
  async toPath({ root: name, path }: Place): Promise<string> {
    const root = this.#roots.get(name);
    if (root === undefined)
      throw new Problem('not-found', sentence('fleet.root.unknown', { root: name }), {
        advice: sentence('fleet.root.unknown.advice', { root: name }),
      });
    const outside = (): Problem =>
      new Problem('bad-request', sentence('fleet.path.outside', { root: name }), { detail: path, advice: sentence('fleet.entry.advice') });
    if (!sharedPathSchema.safeParse(path).success) throw outside();
    let found = join(root.folder, ...path.split('/'));
    for (const form of [path, path.normalize('NFC'), path.normalize('NFD')]) {
      const candidate = join(root.folder, ...form.split('/'));
      if (!(await exists(candidate))) continue;
      found = candidate;
      break;
    }
    if (isAbsolute(relative(root.folder, found)) || !isWithin(await realpath(root.folder), await nearestReal(found))) throw outside();
    return found;
  }

  /**
   * Whether the shared folders are there, and still the same: a drive may have gone, and an empty folder be left in its place.
   * @throws Problem as {@link openRoot} does
   */
  async check(names: readonly string[] = [...this.#roots.keys()]): Promise<void> {
    for (const name of names) {
      const root = this.#roots.get(name);
      if (root === undefined) continue;
      const now = await openRoot(name, root.folder);
      if (now.id !== root.id)
        throw new Problem('bad-request', sentence('fleet.root.other', { folder: root.folder, root: name, other: now.name }), {
          advice: sentence('fleet.root.other.advice'),
        });
    }
  }
}

/** Windows does not tell names apart by their case. */
const ofOneCase = (path: string): string => (process.platform === 'win32' ? path.toLowerCase() : path);

const exists = async (path: string): Promise<boolean> =>
  lstat(path).then(
    () => true,
    () => false,
  );

/** Where a path leads in the end; of one that is not there, its nearest folder that is. A link to nowhere leads out. */
async function nearestReal(path: string): Promise<string> {
  const real = await realpath(path).catch(() => null);
  if (real !== null) return real;
  const isLink = (await lstat(path).catch(() => null))?.isSymbolicLink() === true;
  return isLink || dirname(path) === path ? sep : nearestReal(dirname(path));
}
