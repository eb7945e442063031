import { createHash, randomBytes } from 'node:crypto';
import { link, lstat, mkdir, open, readdir, realpath, rename, rm, stat, unlink, type FileHandle } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, dirname, extname, join } from 'node:path';
import type { Options } from '../../shared/options.ts';
import { Problem } from '../../shared/problem.ts';
import { sentence } from '../../shared/sentence.ts';
import { temporaryMaker, temporarySuffix, type TemporaryMaker } from '../../shared/temporary-names.ts';
import { storageProblem } from '../image/storage-problem.ts';
import { hasMark } from './inspect.ts';

/** Names in file systems have at most this many bytes. */
const maximumNameBytes = 255;
/** After that many taken names something else is wrong. */
const maximumNumber = 9999;

const maker: TemporaryMaker = {
  host: createHash('sha256').update(hostname()).digest('hex').slice(0, 6),
  processId: process.pid,
};

/**
 * Runs `write` with a temporary name in the folder of `destination` (which is created) and removes the file if it fails.
 * What `write` resolves to is the result; it should have moved the file away by then.
 * @throws Problem not-writable, not-enough-disk
 */
export async function withTemporary<T>(destination: string, write: (temporary: string) => Promise<T>): Promise<T> {
  const folder = dirname(destination);
  const temporary = join(folder, temporaryName(basename(destination)));
  try {
    await mkdir(folder, { recursive: true });
    await removeAbandoned(folder);
    return await write(temporary);
  } catch (error) {
    throw storageProblem(error, folder);
  } finally {
    await rm(temporary, { force: true }).catch(() => undefined);
  }
}

function temporaryName(name: string): string {
  const suffix = temporarySuffix(maker, randomBytes(4).toString('hex'));
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

/** Removes temporary files in `folder` whose process on this computer is gone: it was killed while writing. */
async function removeAbandoned(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const made = temporaryMaker(name);
    if (made?.host === maker.host && !isAlive(made.processId)) await rm(join(folder, name), { force: true }).catch(() => undefined);
  }
}

function isAlive(processId: number): boolean {
  try {
    process.kill(processId, 0);
    return true;
  } catch (error) {
    return !(error instanceof Error && 'code' in error && error.code === 'ESRCH');
  }
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
    await rename(temporary, destination);
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
  try {
    await link(temporary, to);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'EEXIST') return false;
    if (code === 'EPERM' || code === 'ENOTSUP' || code === 'EOPNOTSUPP' || code === 'ENOSYS' || code === 'EISDIR')
      return claimByCreating(temporary, to);
    throw error;
  }
  await unlink(temporary);
  return true;
}

/** For file systems without hard links (FAT, some network drives): an empty file takes the name, then is replaced. */
async function claimByCreating(temporary: string, to: string): Promise<boolean> {
  let file: FileHandle;
  try {
    file = await open(to, 'wx');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  }
  await file.close();
  try {
    await rename(temporary, to);
  } catch (error) {
    await rm(to, { force: true });
    throw error;
  }
  return true;
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

/** Makes sure that the file's bytes are on the disk. */
export async function syncFile(path: string): Promise<void> {
  const file = await open(path, 'r+');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Makes sure that a name in the folder is on the disk, where folders can be synchronised at all (not on Windows). */
export async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code !== 'EINVAL' && code !== 'ENOTSUP' && code !== 'EBADF') throw error;
  } finally {
    await folder.close();
  }
}
