import { chmod, open, stat, utimes } from 'node:fs/promises';
import { sentence, type Sentence } from '../../shared/sentence.ts';
import { systemCode } from '../image/storage-problem.ts';

/** What a finished file has of its photo. */
export interface FileFacts {
  readonly accessed: Date;
  readonly modified: Date;
  /** Permissions, as `0o644`. */
  readonly mode: number;
}

/** Errors of synchronising after which what was written is not, or may not be, on the disk. */
const lossCodes = new Set(['EIO', 'ENOSPC', 'EDQUOT', 'ESTALE', 'EROFS', 'EBADF']);

/**
 * Makes sure that the file's bytes are on the disk.
 * @returns what to tell where the disk does not do that (some network and FUSE drives); else null
 * @throws what the system does where bytes are lost
 */
export async function syncFile(path: string): Promise<Sentence | null> {
  const file = await open(path, 'r+');
  try {
    await file.sync();
    return null;
  } catch (error) {
    const code = systemCode(error);
    if (code === null || lossCodes.has(code)) throw error;
    return sentence('notice.notSynced', { code });
  } finally {
    await file.close();
  }
}

/** Folders that cannot be synchronised, and say so by these codes: every file there is as safe as it can be. */
const unable = new Set(['EINVAL', 'ENOTSUP', 'EOPNOTSUPP', 'EBADF']);

/**
 * Makes sure that a name in the folder is on the disk, where folders can be synchronised at all (not on Windows). Never rejects.
 * @returns what to tell where that failed; else null
 */
export async function syncFolder(path: string): Promise<Sentence | null> {
  if (process.platform === 'win32') return null;
  const told = (error: unknown): Sentence | null => {
    const code = systemCode(error) ?? String(error);
    return unable.has(code) ? null : sentence('notice.notSynced', { code });
  };
  const folder = await open(path, 'r').catch(told);
  if (folder === null || 'code' in folder) return folder;
  const outcome = await folder.sync().then(() => null, told);
  await folder.close().catch(() => undefined);
  return outcome;
}

/**
 * Gives the file at `path` the photo's permissions and times. Never rejects: the picture counts, not its circumstances.
 * @returns what could not be set
 */
export async function touch(path: string, { accessed, modified, mode }: FileFacts): Promise<Sentence[]> {
  const outcomes = [
    await setMode(path, mode).then(
      () => null,
      (error: unknown) => sentence('lost.mode', codeOf(error)),
    ),
    await utimes(path, accessed, modified).then(
      () => null,
      (error: unknown) => sentence('lost.times', codeOf(error)),
    ),
  ];
  return outcomes.filter((outcome) => outcome !== null);
}

const codeOf = (error: unknown): { code: string } => ({ code: systemCode(error) ?? String(error) });

/** Windows knows only "read-only", which would keep people from replacing a result. */
async function setMode(path: string, mode: number): Promise<void> {
  if (process.platform === 'win32') return;
  if (((await stat(path)).mode & permissionBits) !== mode) await chmod(path, mode);
}

export const permissionBits = 0o777;

/** Twice what FAT, the coarsest of file systems, tells apart. */
const apart = 4000;

/**
 * When a result counts as changed: when its photo did. Where it replaces a result of that very time, a moment later, so that programs
 * that copy what has changed (backups, `rsync`) see that it has; done once more, it has the photo's time again.
 */
export async function modifiedTime(photo: Date, destination: string): Promise<Date> {
  const before = await stat(destination).catch(() => null);
  if (before === null || Math.abs(before.mtimeMs - photo.getTime()) >= apart / 2) return photo;
  return new Date(photo.getTime() + apart);
}
