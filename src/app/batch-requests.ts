import { basename, dirname, join, resolve, sep } from 'node:path';
import type { Options } from '../shared/options.ts';
import { stemOf } from '../shared/photo-extensions.ts';
import type { Region, Request } from '../shared/request.ts';
import type { FoundPhoto } from './collect-photos.ts';

/**
 * One request per photo. With an output folder the tree of a given folder is mirrored in it; photos that would still meet there
 * under one name get as many of their own parent folders as tell them apart. Where results may be replaced, requests name the
 * other chosen photos that lie where their results go: one of these may be an earlier result.
 */
export function requestsFor(photos: readonly FoundPhoto[], options: Options, region?: Region): Request[] {
  const output = options.output === null ? null : resolve(options.output);
  const under = output === null ? [] : foldersUnder(photos);
  const chosen = photos.filter(({ skipIfResult }) => !skipIfResult);
  const near = options.onCollision === 'overwrite-result' ? originalsNear(chosen, options.name) : () => [];
  return photos.map(({ path, skipIfResult }, index) => {
    const target = output === null ? null : join(output, under[index] ?? '');
    const originals = near(target ?? dirname(path)).filter((original) => original !== path);
    return {
      source: path,
      options: { ...options, output: target },
      ...(region === undefined ? {} : { region }),
      ...(originals.length === 0 ? {} : { originals }),
      ...(skipIfResult ? { skipResults: true } : {}),
    };
  });
}

/** The folder of each photo's result, relative to an output folder that all have in common. */
export function foldersUnder(photos: readonly FoundPhoto[]): string[] {
  const folders = photos.map(({ under }) => under);
  for (let parents = 1; ; parents += 1) {
    const clashing = [
      ...groups(photos, (photo, index) => `${folders[index] ?? ''}${sep}${stemOf(basename(photo.path))}`.toLowerCase()).values(),
    ]
      .filter((group) => new Set(group.map((index) => dirname(photos[index]?.path ?? ''))).size > 1)
      .flat();
    const deeper = clashing.filter((index) => parentsOf(photos[index]?.path ?? '', parents).length === parents);
    if (deeper.length === 0) return folders;
    for (const index of deeper) folders[index] = join(...parentsOf(photos[index]?.path ?? '', parents));
  }
}

/** The names of the last `count` folders above a file, outermost first; fewer where there are fewer. */
function parentsOf(path: string, count: number): string[] {
  const names = dirname(path)
    .split(sep)
    .slice(1)
    .filter((name) => name !== '');
  return names.slice(Math.max(0, names.length - count));
}

/** Finds the originals in a folder; below it too, where the name template makes sub-folders. */
export function originalsNear(photos: readonly { readonly path: string }[], template: string): (folder: string) => string[] {
  const paths = photos.map(({ path }) => path);
  if (/[\\/]/.test(template)) return (folder) => paths.filter((path) => path.startsWith(folder + sep));
  const byFolder = groups(paths, (path) => dirname(path));
  return (folder) => (byFolder.get(folder) ?? []).flatMap((index) => paths[index] ?? []);
}

/** Indexes of the items that share a key. */
function groups<Item>(items: readonly Item[], keyOf: (item: Item, index: number) => string): Map<string, number[]> {
  const found = new Map<string, number[]>();
  for (const [index, item] of items.entries()) {
    const key = keyOf(item, index);
    const group = found.get(key);
    if (group === undefined) found.set(key, [index]);
    else group.push(index);
  }
  return found;
}
