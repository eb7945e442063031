import type { Dirent } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import type { DroppedFile } from '../../../shared/library.ts';
import { isJunk } from '../../photo-walk.ts';
import { drives, placesOf } from './places.ts';

export interface SearchedPlaces {
  /** Opened folders and files: searched first, with what lies beside them. */
  readonly roots: readonly string[];
  readonly platform: NodeJS.Platform;
  readonly home?: string;
  readonly seconds?: number;
}

/** How long a person may wait before the files are sent to the application instead. */
const patienceSeconds = 1.5;
const mostEntries = 300_000;
/** Folders below each place in which a search begins. */
const depth = 4;
/** Folders read at once. */
const width = 16;
/** Large trees in which nobody keeps photos. */
const barren = new Set(['node_modules', 'Library', 'AppData', 'Windows', 'Program Files', 'Program Files (x86)']);

/**
 * Where dropped files lie, which a browser does not tell: files of the same names, sizes and times are the same files. Looks
 * where photos usually are, for a limited time.
 * @returns the paths to open, a dropped folder as such; null unless every file was found
 */
export async function locateDropped(dropped: readonly DroppedFile[], places: SearchedPlaces): Promise<string[] | null> {
  const wanted = topLevel(dropped);
  if (wanted === null || wanted.size === 0) return null;
  const found: string[] = [];
  const until = performance.now() + 1000 * (places.seconds ?? patienceSeconds);
  for await (const { folder, names } of foldersAround(await startsOf(places), until)) {
    for (const name of names) {
      const files = wanted.get(name.normalize('NFC'));
      if (files === undefined || !(await lieIn(folder, files))) continue;
      found.push(join(folder, name));
      wanted.delete(name.normalize('NFC'));
    }
    if (wanted.size === 0) return found;
  }
  return null;
}

/** What was dropped, by its name: files, and folders with the files below them. Null for a path that is none. */
function topLevel(dropped: readonly DroppedFile[]): Map<string, DroppedFile[]> | null {
  const wanted = new Map<string, DroppedFile[]>();
  for (const file of dropped) {
    const [name = '', ...below] = file.path.split('/');
    if ([name, ...below].some((part) => part === '' || part === '.' || part === '..')) return null;
    const files = wanted.get(name.normalize('NFC')) ?? [];
    files.push(file);
    wanted.set(name.normalize('NFC'), files);
  }
  return wanted;
}

/** Whether all of these are in the folder as they were dropped. */
async function lieIn(folder: string, files: readonly DroppedFile[]): Promise<boolean> {
  for (let start = 0; start < files.length; start += width) {
    const same = await Promise.all(files.slice(start, start + width).map((file) => isSame(folder, file)));
    if (same.includes(false)) return false;
  }
  return true;
}

/** Browsers tell times in whole milliseconds, rounded their way. */
const isSame = async (folder: string, { path, fileBytes, modified }: DroppedFile): Promise<boolean> =>
  stat(join(folder, ...path.split('/'))).then(
    (file) => file.isFile() && file.size === fileBytes && Math.abs(file.mtimeMs - modified) < 1.5,
    () => false,
  );

async function startsOf({ roots, platform, home = homedir() }: SearchedPlaces): Promise<string[]> {
  const usual = (await placesOf(platform, home)).map(({ path }) => path);
  const removable = (await drives(platform)).map(({ path }) => path);
  return [...new Set([...roots, ...roots.map((root) => dirname(root)), ...usual, ...removable])];
}

/** Folders and the names in them, those nearest to the beginnings first. */
async function* foldersAround(
  starts: readonly string[],
  until: number,
): AsyncGenerator<{ folder: string; names: readonly string[] }, void, undefined> {
  const seen = new Set(starts);
  let level: readonly string[] = starts;
  let entries = 0;
  for (let below = 0; below <= depth && level.length > 0; below += 1) {
    const next: string[] = [];
    for (let start = 0; start < level.length; start += width) {
      if (performance.now() > until || entries > mostEntries) return;
      const folders = level.slice(start, start + width);
      for (const { folder, content } of await Promise.all(folders.map(contentOf))) {
        entries += content.length;
        yield { folder, names: content.map(({ name }) => name) };
        for (const entry of content) {
          const path = join(folder, entry.name);
          if (!entry.isDirectory() || isJunk(entry.name) || barren.has(entry.name) || seen.has(path)) continue;
          seen.add(path);
          next.push(path);
        }
      }
    }
    level = next;
  }
}

const contentOf = async (folder: string): Promise<{ folder: string; content: Dirent[] }> => ({
  folder,
  content: await readdir(folder, { withFileTypes: true }).catch(() => []),
});
