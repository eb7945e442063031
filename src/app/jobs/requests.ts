import { basename, dirname, join, resolve, sep } from 'node:path';
import { stemOf } from '../../shared/photo-extensions.ts';
import type { Region, Request } from '../../shared/request.ts';
import type { FoundPhoto } from '../collect-photos.ts';
import { grouped } from './grouped.ts';
import type { Job, Jobs } from './jobs.ts';

/**
 * What the engine is asked, as of now: options may have been changed, and other photos added, since the job was. With an output
 * folder the tree of a given folder is mirrored in it. Where results may be replaced, requests name the other chosen photos that
 * lie where their results go, below it too where the name template makes sub-folders: one of these may be an earlier result.
 */
export function requestOf({ source, under, skipIfResult, options }: Job, jobs: Jobs, region?: Region): Request {
  const output = options.output === null ? null : join(resolve(options.output), under);
  const chosen = options.onCollision === 'overwrite-result' ? jobs.chosenIn(output ?? dirname(source), /[\\/]/.test(options.name)) : [];
  const originals = chosen.filter((original) => original !== source);
  return {
    source,
    options: { ...options, output },
    ...(region === undefined ? {} : { region }),
    ...(originals.length === 0 ? {} : { originals }),
    ...(skipIfResult ? { skipResults: true } : {}),
  };
}

/**
 * The folder of each photo's result, relative to an output folder that all have in common. Photos that would meet there under one
 * name get as many of their own parent folders as tell them apart.
 */
export function foldersUnder(photos: readonly FoundPhoto[]): string[] {
  const folders = photos.map(({ under }) => under);
  for (let parents = 1; ; parents += 1) {
    const meeting = grouped(photos.keys(), (index) =>
      `${folders[index] ?? ''}${sep}${stemOf(basename(photos[index]?.path ?? ''))}`.toLowerCase(),
    );
    const clashing = [...meeting.values()]
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
