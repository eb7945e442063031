import { randomBytes } from 'node:crypto';
import type { BigIntStats } from 'node:fs';
import { link, lstat, open, readdir, realpath, rename, rm, stat, unlink } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { Options } from '../../shared/options.ts';
import { Problem } from '../../shared/problem.ts';
import { sentence } from '../../shared/sentence.ts';
import { temporaryMaker, temporarySuffix, type TemporaryMaker } from '../../shared/temporary-names.ts';
import { makeFolder } from '../../system/disk.ts';
import { systemCode } from '../../system/errors.ts';
import { storageProblem } from '../image/storage-problem.ts';
import { isAlive, thisMaker } from '../../system/processes.ts';
import { hasMark } from './inspect.ts';

/** Names in file systems have at most this many bytes. */
const maximumNameBytes = 255;
/** After that many taken names something else is wrong. */
const maximumNumber = 9999;

/** As far as the person's mask allows: what a new file usually gets. */
const usualMode = 0o666;
const ownerMayWrite = 0o200;

/**
 * Runs `write` with an empty file of a temporary name in the folder of `destination` (which is created) and removes the file if it
 * fails. What `write` resolves to is the result; it should have moved the file away by then.
 * @param options.onLeft told of a temporary file that cannot be removed
 * @param options.mode permissions of the file: nobody else may read a private photo's result while it is being written
 * @throws Problem not-writable, not-enough-disk
 */
export async function withTemporary<T>(
  destination: string,
  write: (temporary: string) => Promise<T>,
  { mode = usualMode, onLeft }: { mode?: number; onLeft?: (path: string) => void } = {},
): Promise<T> {
  const folder = dirname(destination);
  const temporary = join(folder, temporaryName(basename(destination)));
  try {
    await makeFolder(folder);
    await removeAbandoned(folder);
    await (await open(temporary, 'wx', mode | ownerMayWrite)).close();
    return await write(temporary);
  } catch (error) {
    throw storageProblem(error, folder);
  } finally {
    await rm(temporary, { force: true }).catch(() => onLeft?.(temporary));
  }
}

function temporaryName(name: string): string {
  const suffix = temporarySuffix(thisMaker, randomBytes(4).toString('hex'));
  return `.${shortened(name, maximumNameBytes - suffix.length - 1)}${suffix}`;
}

/** The longest beginning of `text` that fits into `bytes` bytes of UTF-8. */
function shortened(text: string, bytes: number): string {
  let result = '';
  for (const character of text) {
    if (Buffer.byteLength(result + character) > bytes) break;
    result += character;
  }
  return result;
}

/** Folders are swept at most so often: listing a large one takes as long as writing a small photo. */
const sweepMinutes = 10;
const swept = new Map<string, number>();
/** No photo takes that long: what another computer began to write so long ago, it does not write any more. */
const foreignHours = 24;

/** Removes temporary files in `folder` that were abandoned: their process on this computer is gone, or another computer's is by all appearance. */
async function removeAbandoned(folder: string): Promise<void> {
  const now = Date.now();
  if (now - (swept.get(folder) ?? 0) < sweepMinutes * 60_000) return;
  swept.set(folder, now);
  for (const name of await readdir(folder).catch(() => [])) {
    const made = temporaryMaker(name);
    if (made === null) continue;
    const path = join(folder, name);
    if (await isAbandoned(path, made, now)) await rm(path, { force: true }).catch(() => undefined);
  }
}

async function isAbandoned(path: string, made: TemporaryMaker, now: number): Promise<boolean> {
  if (made.host === thisMaker.host) return !isAlive(made.processId);
  // Not the time of its content: shortly before the end a result is given that of its photo.
  const file = await lstat(path).catch(() => null);
  return file !== null && now - file.ctimeMs > foreignHours * 3_600_000;
}

/** What to do where the name is taken: as the options say, or `refuse` where the name was settled before and another would be wrong. */
export type Collision = Options['onCollision'] | 'refuse';

/**
 * Moves a finished file to its name, never over a file that is not a result of ours and never over an original.
 * `number` tries `name-2.ext`, `name-3.ext` … ; `skip` leaves what is there; `refuse` fails; `overwrite-result` replaces it only if it
 * carries our mark and is none of `originals` (compared as files, not as names).
 * @returns the name it got, or null where it was skipped
 * @throws Problem already-exists, would-overwrite-original
 */
export async function place(
  temporary: string,
  destination: string,
  { onCollision, originals }: { onCollision: Collision; originals: readonly string[] },
): Promise<string | null> {
  if (await claim(temporary, destination)) return destination;
  if (onCollision === 'skip') return null;
  if (onCollision === 'refuse')
    throw new Problem('already-exists', sentence('result.appeared', { name: basename(destination) }), { detail: destination });
  if (onCollision === 'overwrite-result') {
    await refuseOriginal(destination, originals);
    await replace(temporary, destination);
    return destination;
  }
  const extension = extname(destination);
  const stem = destination.slice(0, destination.length - extension.length);
  for (let number = 2; number <= maximumNumber; number++) {
    const next = `${stem}-${number}${extension}`;
    if (await claim(temporary, next)) return next;
  }
  throw new Problem('already-exists', sentence('result.numbersUsedUp', { name: basename(destination), count: maximumNumber }));
}

/** Gives `temporary` the name `to` if nothing has it: one atomic step. */
async function claim(temporary: string, to: string): Promise<boolean> {
  const own = await lstat(temporary, { bigint: true });
  try {
    await link(temporary, to);
  } catch (error) {
    // A network drive whose answer got lost is asked again, and then the name is taken: by this very file.
    if (!(await hasSecondName(own, to))) return systemCode(error) === 'EEXIST' ? false : claimByCreating(temporary, to);
  }
  // The result has its name: the other one is only litter, and is tried once more at the end.
  await unlink(temporary).catch(() => undefined);
  return true;
}

/** For file systems without hard links (FAT, some network drives): an empty file takes the name, then is replaced. */
async function claimByCreating(temporary: string, to: string): Promise<boolean> {
  try {
    await (await open(to, 'wx')).close();
  } catch (error) {
    if (systemCode(error) === 'EEXIST') return false;
    throw error;
  }
  try {
    await replace(temporary, to);
  } catch (error) {
    if ((await lstat(to).catch(() => null))?.size === 0) await rm(to, { force: true }).catch(() => undefined);
    throw error;
  }
  return true;
}

/** Windows and SMB refuse to replace what somebody looks at (an indexer, a virus scanner): after a moment they do not. */
const waits = [50, 100, 200, 400, 800] as const;

/** Gives `temporary` the name `to`, whatever has it: one atomic step. */
async function replace(temporary: string, to: string): Promise<void> {
  const own = await lstat(temporary, { bigint: true });
  for (const milliseconds of [...waits, null]) {
    try {
      await rename(temporary, to);
      return;
    } catch (error) {
      const code = systemCode(error);
      // As with links: it was done, but the answer got lost.
      if (await isSameContent(own, to)) return;
      if (milliseconds === null || (code !== 'EACCES' && code !== 'EPERM' && code !== 'EBUSY')) throw error;
      await wait(milliseconds);
    }
  }
}

const hasSecondName = async (own: BigIntStats, path: string): Promise<boolean> =>
  ((await lstat(path, { bigint: true }).catch(() => null))?.nlink ?? 0n) > 1n && isSameContent(own, path);

/** Whether `path` is the file whose facts are `own`; its number alone would not do, for some file systems have none. */
async function isSameContent(own: BigIntStats, path: string): Promise<boolean> {
  const found = await lstat(path, { bigint: true }).catch(() => null);
  if (found === null || own.ino === 0n) return false;
  return found.ino === own.ino && found.dev === own.dev && found.size === own.size && found.mtimeNs === own.mtimeNs;
}

async function refuseOriginal(path: string, originals: readonly string[]): Promise<void> {
  const same = await Promise.all(originals.map((original) => isSameFile(path, original)));
  const isFile = (await lstat(path)).isFile();
  if (same.includes(true) || !isFile || !(await hasMark(path))) {
    throw new Problem('would-overwrite-original', sentence('result.notOurs', { name: basename(path) }));
  }
}

async function isSameFile(a: string, b: string): Promise<boolean> {
  try {
    const [fileA, fileB] = await Promise.all([stat(a, { bigint: true }), stat(b, { bigint: true })]);
    return (fileA.dev === fileB.dev && fileA.ino === fileB.ino) || (await realpath(a)) === (await realpath(b));
  } catch {
    // One of them is gone: then they are not the same.
    return false;
  }
}
