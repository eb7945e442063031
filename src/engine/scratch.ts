import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Problem } from '../shared/problem.ts';
import { sentence } from '../shared/sentence.ts';
import { scratchMaker, scratchPrefix, type TemporaryMaker } from '../shared/temporary-names.ts';
import { makeFolder } from '../system/disk.ts';
import { systemCode } from '../system/errors.ts';
import { isAlive, thisMaker } from '../system/processes.ts';

/**
 * Runs `work` with a folder of its own inside `temporaryFolder`, which is removed however the work ends.
 * @param onLeft told of the folder where it cannot be removed: that costs room on the disk, and not what was worked for
 * @throws Problem not-writable, not-enough-disk where no folder can be made
 */
export async function withScratch<Result>(
  temporaryFolder: string,
  work: (folder: string) => Promise<Result>,
  onLeft?: (folder: string) => void,
): Promise<Result> {
  const folder = await makeOwnFolder(temporaryFolder, () => mkdtemp(join(temporaryFolder, scratchPrefix(thisMaker))));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 3 }).catch(() => onLeft?.(folder));
  }
}

/**
 * Makes sure that a folder of Onestep's own is there, and what `make` makes in it.
 * @throws Problem not-writable, not-enough-disk
 */
export async function makeOwnFolder<Made>(folder: string, make: () => Promise<Made>): Promise<Made> {
  try {
    await makeFolder(folder);
    return await make();
  } catch (error) {
    const code = systemCode(error);
    if (code === null) throw error;
    if (code === 'ENOSPC' || code === 'EDQUOT')
      throw new Problem('not-enough-disk', sentence('disk.temporaryFull'), { detail: folder, cause: error });
    const advice = sentence('disk.ownFolder.advice');
    throw new Problem('not-writable', sentence('disk.ownFolder', { folder }), { detail: code, advice, cause: error });
  }
}

/** A job writes more often than that. */
const quietMinutes = 10;
/** What another computer or container has not touched for so long, it has left: whether its process lives cannot be seen from here. */
const foreignHours = 24;

/** Removes the folders of processes that no longer live and wrote nothing lately: a killed one cannot tidy up after itself. */
export async function removeAbandonedScratch(temporaryFolder: string): Promise<void> {
  for (const name of await readdir(temporaryFolder).catch(() => [])) {
    const maker = scratchMaker(name);
    if (maker === null || isAtWork(maker)) continue;
    const folder = join(temporaryFolder, name);
    if (Date.now() - (await lastWritten(folder)) > quietSeconds(maker) * 1000)
      await rm(folder, { recursive: true, force: true, maxRetries: 3 }).catch(() => undefined);
  }
}

/** Earlier versions did not say on which computer a process was: it counts as ours. */
const isOurs = ({ host }: TemporaryMaker): boolean => host === '' || host === thisMaker.host;
const isAtWork = (maker: TemporaryMaker): boolean => isOurs(maker) && isAlive(maker.processId);
const quietSeconds = (maker: TemporaryMaker): number => (isOurs(maker) ? quietMinutes * 60 : foreignHours * 3600);

/** Milliseconds since 1970 of the youngest thing in the folder; "now" when it vanished meanwhile. */
async function lastWritten(folder: string): Promise<number> {
  try {
    const paths = [folder, ...(await readdir(folder)).map((name) => join(folder, name))];
    return Math.max(...(await Promise.all(paths.map(async (path) => (await stat(path)).mtimeMs))));
  } catch {
    return Date.now();
  }
}
