import { isUtf8 } from 'node:buffer';
import type { Dirent, Stats } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { isPhotoName } from '../shared/photo-extensions.ts';
import { oddlyNamed, refusedFile, type LeftOut } from './left-out.ts';

export interface FileOnDisk {
  readonly path: string;
  readonly fileBytes: number;
  /** When its content was changed, in milliseconds since 1970; a result bears the time of its photo. */
  readonly modified: number;
  /** When anything about it was changed last: the time of coming, for a result. */
  readonly touched: number;
}

/**
 * Some of the photos that lie in a folder and what of it cannot be looked at, or why the folder itself cannot be read. A folder
 * without photos is told of with none.
 */
export type WalkStep =
  | { readonly folder: string; readonly photos: readonly FileOnDisk[]; readonly leftOut: readonly LeftOut[]; readonly problem?: undefined }
  | { readonly folder: string; readonly problem: Error };

export interface WalkOptions {
  /** Real paths of folders that are not searched again; the walk adds those it searches. */
  readonly visited?: Set<string>;
  /** The path of a folder that is passed over below the given one. */
  readonly without?: string | null;
  /** Files and folders sorted the way people count; costs half a second without a break for a folder of 50,000. */
  readonly sorted?: boolean;
}

/** Files looked at between two turns of the event loop. */
const sliceFiles = 128;

/**
 * Finds the photos in a folder, to any depth, files before folders. Photo extensions count; hidden files and the droppings of
 * operating systems are passed over. Links are followed, loops are not: folders behind links come last, so that what lies in
 * the folder itself is found under its own path.
 */
export async function* walkPhotos(given: string, options: WalkOptions = {}): AsyncGenerator<WalkStep, void, undefined> {
  const { visited = new Set<string>(), without = null, sorted = false } = options;
  const ahead = [given];
  const behindLinks: string[] = [];
  for (let folder = ahead.pop(); folder !== undefined; folder = ahead.pop() ?? behindLinks.shift()) {
    let entries: Entry[] | null;
    try {
      entries = await entriesOf(folder, visited);
    } catch (error) {
      yield { folder, problem: error as Error };
      continue;
    }
    if (entries === null) continue;
    if (sorted) entries.sort((a, b) => countingOrder(a.name, b.name));
    const folders: string[] = [];
    let told = false;
    for (let start = 0; start < entries.length; start += sliceFiles) {
      const found = await lookAtAll(folder, entries.slice(start, start + sliceFiles), without);
      folders.push(...found.folders);
      behindLinks.push(...found.behindLinks);
      if (found.photos.length + found.leftOut.length === 0) continue;
      told = true;
      yield { folder, photos: found.photos, leftOut: found.leftOut };
    }
    if (!told) yield { folder, photos: [], leftOut: [] };
    ahead.push(...folders.reverse());
  }
}

interface Entry {
  /** Bytes that are no UTF-8 are replaced in it. */
  readonly name: string;
  /** No path can name it: see {@link oddlyNamed}. */
  readonly isOdd: boolean;
  readonly kind: Pick<Dirent, 'isFile' | 'isDirectory' | 'isSymbolicLink'>;
}

/** What lies in a folder, without junk; null where the folder was visited before. */
async function entriesOf(folder: string, visited: Set<string>): Promise<Entry[] | null> {
  const real = await realpath(folder);
  if (visited.has(real)) return null;
  visited.add(real);
  // As bytes: in a text, a name from an old archive or card would lead nowhere, and nobody would be told.
  const entries = await readdir(folder, { withFileTypes: true, encoding: 'buffer' });
  return entries.map((kind) => ({ name: kind.name.toString(), isOdd: !isUtf8(kind.name), kind })).filter(({ name }) => !isJunk(name));
}

interface Found {
  readonly photos: FileOnDisk[];
  readonly leftOut: LeftOut[];
  /** Paths of the folders that lie here themselves, and of those behind links. */
  readonly folders: string[];
  readonly behindLinks: string[];
}

async function lookAtAll(folder: string, entries: readonly Entry[], without: string | null): Promise<Found> {
  const found: Found = { photos: [], leftOut: [], folders: [], behindLinks: [] };
  const looks = entries.map(async (entry) => ({ entry, path: join(folder, entry.name), what: await lookAt(folder, entry) }));
  for (const { entry, path, what } of await Promise.all(looks)) {
    if (what === null) continue;
    if (what === 'folder') {
      if (path !== without) (entry.kind.isSymbolicLink() ? found.behindLinks : found.folders).push(path);
    } else if ('reason' in what) found.leftOut.push(what);
    else found.photos.push(fileOnDisk(path, what));
  }
  return found;
}

export const fileOnDisk = (path: string, { size, mtimeMs, ctimeMs }: Stats): FileOnDisk => ({
  path,
  fileBytes: size,
  modified: mtimeMs,
  touched: ctimeMs,
});

/** A photo's stats, links followed; `folder` for folders, null for what is no photo by its name, and why nothing can be said. */
async function lookAt(folder: string, { name, isOdd, kind }: Entry): Promise<Stats | 'folder' | LeftOut | null> {
  const path = join(folder, name);
  // A plain file that is no photo is not worth a look; what is behind a link, or of a type that the disk does not tell, is.
  if (kind.isFile() && !isPhotoName(name)) return null;
  if (isOdd) return oddlyNamed(path);
  if (kind.isDirectory()) return 'folder';
  try {
    const file = await stat(path);
    if (file.isDirectory()) return 'folder';
    if (!isPhotoName(name)) return null;
    return file.isFile() ? file : await refusedFile(path, null);
  } catch (error) {
    // What has gone since the folder was listed is nobody's loss; a link to nowhere may have been one.
    const hasGone = !kind.isSymbolicLink() && (error as NodeJS.ErrnoException).code === 'ENOENT';
    return hasGone || (!kind.isSymbolicLink() && !isPhotoName(name)) ? null : refusedFile(path, error);
  }
}

/** `._*` (macOS on foreign disks), desktop.ini, Thumbs.db, anything hidden, Windows' and Synology's own folders. */
export const isJunk = (name: string): boolean =>
  name.startsWith('.') ||
  ['desktop.ini', 'thumbs.db', '$recycle.bin', 'system volume information', '@eadir', '__macosx'].includes(name.toLowerCase());

const collator = new Intl.Collator('en', { numeric: true, sensitivity: 'base' });
const countingOrder = (a: string, b: string): number => collator.compare(a, b) || (a < b ? -1 : 1);

/** Whether a path is a folder's, or lies below it. */
export const isWithin = (folder: string, path: string): boolean =>
  path === folder || path.startsWith(folder.endsWith(sep) ? folder : folder + sep);
