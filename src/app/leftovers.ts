import { readdir, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { scratchMaker, temporaryMaker, type TemporaryMaker } from '../shared/temporary-names.ts';
import type { Request } from '../shared/request.ts';
import { ownMark } from '../system/processes.ts';
import { endOrphan } from './processes.ts';

/** Removes what a dead engine process could not: its intermediate files, and the unfinished result of this request. */
export async function removeLeftovers(processId: number, request: Request, temporaryFolder: string): Promise<void> {
  const { source, options, destination } = request;
  const [folder, levels] =
    destination === undefined ? [options.output ?? dirname(source), options.name.split(/[\\/]/).length - 1] : [dirname(destination), 0];
  await removeScratch(processId, temporaryFolder);
  await removeWhere(folder, levels, (name) => isOf(temporaryMaker(name), processId));
}

/** Waits for the engine process that an application has left behind, and removes what it could not finish. Never rejects. */
export async function tidyUpAfter(processId: number, request: Request, temporaryFolder: string): Promise<void> {
  await endOrphan(processId).catch(() => undefined);
  await removeLeftovers(processId, request, temporaryFolder);
}

/** Removes the intermediate files in `folder` that a dead engine process could not. */
export async function removeScratch(processId: number, folder: string): Promise<void> {
  await removeWhere(folder, 0, (name) => isOf(scratchMaker(name), processId));
}

/** Names that are too long for a suffix lose their end. */
const surelyWholeBytes = 200;

/**
 * Removes unfinished files for a result that lies there whole, whoever made them: another computer may have died at it, or is about to
 * find that it came too late.
 */
export async function removeUnfinished(result: string): Promise<void> {
  const name = basename(result);
  await removeWhere(dirname(result), 0, (candidate) => {
    if (temporaryMaker(candidate) === null) return false;
    const meant = candidate.slice(1, candidate.lastIndexOf('.onestep-'));
    return meant === name || (Buffer.byteLength(meant) > surelyWholeBytes && name.startsWith(meant));
  });
}

/** On a disk that several computers or containers share, another one may have a process of the same number. */
const isOf = (maker: TemporaryMaker | null, processId: number): boolean => maker?.host === ownMark() && maker.processId === processId;

/** Removes what `isLeft` names in `folder` and so many levels below it; what cannot be listed or removed stays. */
async function removeWhere(folder: string, levels: number, isLeft: (name: string) => boolean): Promise<void> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  for (const entry of entries) {
    const path = join(folder, entry.name);
    if (isLeft(entry.name)) await rm(path, { recursive: true, force: true, maxRetries: 3 }).catch(() => undefined);
    else if (levels > 0 && entry.isDirectory()) await removeWhere(path, levels - 1, isLeft);
  }
}
