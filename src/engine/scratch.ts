import { mkdir, mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { scratchOwner, scratchPrefix } from '../shared/temporary-names.ts';

/** Runs `work` with a folder of its own inside `temporaryFolder`, which is removed however the work ends. */
export async function withScratch<Result>(temporaryFolder: string, work: (folder: string) => Promise<Result>): Promise<Result> {
  await mkdir(temporaryFolder, { recursive: true });
  const folder = await mkdtemp(join(temporaryFolder, scratchPrefix(process.pid)));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  }
}

/** A job writes more often than that; a process of another container, whose id we cannot see, is left alone. */
const quietMinutes = 10;

/** Removes the folders of processes that no longer live and wrote nothing lately: a killed one cannot tidy up after itself. */
export async function removeAbandonedScratch(temporaryFolder: string): Promise<void> {
  for (const name of await readdir(temporaryFolder)) {
    const owner = scratchOwner(name);
    if (owner === null || isAlive(owner)) continue;
    const folder = join(temporaryFolder, name);
    if (Date.now() - (await lastWritten(folder)) > quietMinutes * 60_000) await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  }
}

/** Milliseconds since 1970 of the youngest thing in the folder; "now" when it vanished meanwhile. */
async function lastWritten(folder: string): Promise<number> {
  try {
    const paths = [folder, ...(await readdir(folder)).map((name) => join(folder, name))];
    return Math.max(...(await Promise.all(paths.map(async (path) => (await stat(path)).mtimeMs))));
  } catch {
    return Date.now();
  }
}

/** Signal 0 only asks; EPERM means that the process lives but is someone else's. */
function isAlive(processId: number): boolean {
  try {
    process.kill(processId, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
