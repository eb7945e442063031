import { mkdir, open, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { systemCode } from './errors.ts';

/**
 * Makes a folder and those above it; nothing where it is there already. Node's own way (`recursive`) never returns for what lies below
 * `/proc`, and fails on drives that refuse to make what they have.
 * @throws what the system does
 */
export async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder);
  } catch (error) {
    if (await isFolder(folder)) return;
    if (systemCode(error) !== 'ENOENT' || dirname(folder) === folder) throw error;
    await makeFolder(dirname(folder));
    // Somebody else may have made it meanwhile.
    await mkdir(folder).catch(async (again: unknown) => {
      if (!(await isFolder(folder))) throw again;
    });
  }
}

const isFolder = (path: string): Promise<boolean> =>
  stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );

/** Errors of synchronising after which what was written is not, or may not be, on the disk. */
const lossCodes = new Set(['EIO', 'ENOSPC', 'EDQUOT', 'ESTALE', 'EROFS', 'EBADF']);

/**
 * Makes sure that the file's bytes are on the disk.
 * @returns the system's code where the disk does not do that (some network and FUSE drives); else null
 * @throws what the system does where bytes are lost
 */
export async function syncFile(path: string): Promise<string | null> {
  const file = await open(path, 'r+');
  try {
    await file.sync();
    return null;
  } catch (error) {
    const code = systemCode(error);
    if (code === null || lossCodes.has(code)) throw error;
    return code;
  } finally {
    await file.close();
  }
}

/** Folders that cannot be synchronised, and say so by these codes: every file there is as safe as it can be. */
const unable = new Set(['EINVAL', 'ENOTSUP', 'EOPNOTSUPP', 'EBADF']);

/**
 * Makes sure that a name in the folder is on the disk, where folders can be synchronised at all (not on Windows). Never rejects.
 * @returns the system's code of what failed; else null
 */
export async function syncFolder(path: string): Promise<string | null> {
  if (process.platform === 'win32') return null;
  const failure = (error: unknown): string | null => {
    const code = systemCode(error) ?? String(error);
    return unable.has(code) ? null : code;
  };
  const folder = await open(path, 'r').catch(failure);
  if (folder === null || typeof folder === 'string') return folder;
  const outcome = await folder.sync().then(() => null, failure);
  await folder.close().catch(() => undefined);
  return outcome;
}
