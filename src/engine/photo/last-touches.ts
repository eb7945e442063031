import { chmod, stat, utimes } from 'node:fs/promises';
import { sentence, type Sentence } from '../../shared/sentence.ts';
import { systemCode } from '../../system/errors.ts';

/** What a finished file has of its photo. */
export interface FileFacts {
  readonly accessed: Date;
  readonly modified: Date;
  /** Permissions, as `0o644`. */
  readonly mode: number;
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
