import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Every file of `src` as text, by its path from the root, sorted. */
export async function sourceFiles(): Promise<{ path: string; text: string }[]> {
  const entries = await readdir(join(root, 'src'), { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return Promise.all(
    paths.sort().map(async (path) => ({ path: path.slice(root.length).replaceAll('\\', '/'), text: await readFile(path, 'utf8') })),
  );
}
