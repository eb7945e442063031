import { readdir } from 'node:fs/promises';
import { basename, dirname } from 'node:path';

/** The file names beside `path`, itself left out; none when the folder cannot be listed. */
export async function siblingsOf(path: string): Promise<string[]> {
  const names = await readdir(dirname(path)).catch(() => []);
  return names.filter((name) => name !== basename(path));
}
