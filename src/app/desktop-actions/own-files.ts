import { randomUUID } from 'node:crypto';
import { chmod, mkdir, open, readFile, realpath, rename, rm, rmdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

/** A file that is ours alone. */
export interface OwnFile {
  readonly path: string;
  readonly content: string | Uint8Array;
  readonly executable?: boolean;
}

export type Condition = 'absent' | 'same' | 'different';

/** Whether files lie on the disk as they should; `different` as well where only some of them are there. */
export async function conditionOf(files: readonly OwnFile[]): Promise<Condition> {
  const each = await Promise.all(files.map(conditionOfOne));
  const [first = 'absent'] = each;
  return each.every((condition) => condition === first) ? first : 'different';
}

async function conditionOfOne({ path, content, executable = false }: OwnFile): Promise<Condition> {
  const found = await readFile(path).catch(() => null);
  if (found === null) return 'absent';
  const runs = ((await stat(path)).mode & 0o100) !== 0;
  return found.equals(Buffer.from(content)) && (runs || !executable) ? 'same' : 'different';
}

export async function writeFiles(files: readonly OwnFile[]): Promise<void> {
  for (const { path, content, executable = false } of files) await writeWhole(path, content, executable ? 0o755 : 0o644);
}

/** Removes files, and the folders in which they lie where those are ours as well and nothing else is in them. */
export async function removeFiles(files: readonly Pick<OwnFile, 'path'>[], ownFolders: readonly string[]): Promise<void> {
  for (const { path } of files) await rm(path, { force: true });
  for (const folder of ownFolders) await rmdir(folder).catch(() => undefined);
}

/** Writes a file wholly or not at all. One behind a link stays behind it, and keeps its permissions. */
export async function writeWhole(path: string, content: string | Uint8Array, mode: number): Promise<void> {
  const target = await realpath(path).catch(() => path);
  const before = await stat(target).catch(() => null);
  await mkdir(dirname(target), { recursive: true });
  const temporary = `${target}.${randomUUID().slice(0, 8)}`;
  try {
    const file = await open(temporary, 'wx');
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    await chmod(temporary, before === null ? mode : (before.mode | (mode & 0o111)) & 0o777);
    await rename(temporary, target);
  } finally {
    await rm(temporary, { force: true });
  }
}
