import { constants } from 'node:fs';
import { access, lstat, realpath, stat } from 'node:fs/promises';
import { basename, dirname, extname, join, resolve } from 'node:path';
import { Problem } from '../shared/problem.ts';
import type { Request } from '../shared/request.ts';
import { sentence, type Sentence } from '../shared/sentence.ts';
import { hasMark } from './photo/inspect.ts';
import type { Collision } from './photo/safe-file.ts';

export interface Destination {
  readonly path: string;
  /** Not null: the policy says to leave the existing result alone. */
  readonly skip: Sentence | null;
}

/** A settled destination is never numbered; the other policies hold for it as for any name. */
export const collisionOf = ({ options, destination }: Request): Collision =>
  destination !== undefined && options.onCollision === 'number' ? 'refuse' : options.onCollision;

/**
 * Where the result goes under the policy: a path that is neither the source nor any other original. With `number` the
 * first free of `a.jpg`, `a-2.jpg`, `a-3.jpg` …; otherwise `wanted` itself.
 * @throws Problem would-overwrite-original, already-exists (a folder is in the way, or anything under `refuse`), not-writable
 */
export async function chooseDestination(
  wanted: string,
  policy: Collision,
  source: string,
  originals: readonly string[],
): Promise<Destination> {
  await checkWritable(dirname(wanted));
  const name = basename(wanted);
  const untouchable = new Set([source, ...originals].map(pathKey));

  if (policy === 'number') {
    for (let number = 1; ; number += 1) {
      const path = numbered(wanted, number);
      if (!(await exists(path)) && !untouchable.has(pathKey(path))) return { path, skip: null };
    }
  }
  if (untouchable.has(pathKey(wanted)) || untouchable.has(pathKey(await behind(wanted)))) {
    throw new Problem('would-overwrite-original', sentence('result.overOriginal', { name }), { detail: wanted });
  }
  if (!(await exists(wanted))) return { path: wanted, skip: null };
  if (policy === 'refuse') throw new Problem('already-exists', sentence('result.exists', { name }), { detail: wanted });
  if (policy === 'skip') return { path: wanted, skip: sentence('skip.there', { name }) };
  if ((await lstat(wanted)).isDirectory()) throw new Problem('already-exists', sentence('result.folderInTheWay', { name }));
  if (!(await hasMark(wanted))) {
    throw new Problem('would-overwrite-original', sentence('result.notOurs', { name }), {
      detail: wanted,
    });
  }
  return { path: wanted, skip: null };
}

/** `a.jpg`, `a-2.jpg`, `a-3.jpg` …, the names that writing tries too. */
export function numbered(path: string, number: number): string {
  if (number === 1) return path;
  const extension = extname(path);
  return join(dirname(path), `${basename(path, extension)}-${number}${extension}`);
}

/** File systems differ in case and in Unicode form: two paths that any of them takes for one count as one. */
const pathKey = (path: string): string => resolve(path).normalize('NFC').toLowerCase();

/** What a link points to; a path that is none, or leads nowhere, stands for itself. */
const behind = async (path: string): Promise<string> => realpath(path).catch(() => path);

async function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}

/** The folder, or the nearest one above it that exists (the rest will be made), must be a folder that we may write to. */
async function checkWritable(folder: string): Promise<void> {
  let existing = folder;
  while (!(await exists(existing)) && dirname(existing) !== existing) existing = dirname(existing);
  const refuse = (why: string): Problem => new Problem('not-writable', sentence('result.notWritable', { folder }), { detail: why });
  const found = await stat(existing).catch(() => null);
  if (!found?.isDirectory()) throw refuse(`${existing} is not a folder`);
  await access(existing, constants.W_OK | constants.X_OK).catch((error: unknown) => {
    throw refuse(String(error));
  });
}
