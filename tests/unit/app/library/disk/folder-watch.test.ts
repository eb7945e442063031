import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { watch } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { FolderWatch } from '../../../../../src/app/library/disk/folder-watch.ts';

async function folderWith(...folders: string[]): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'onestep-watch-'));
  onTestFinished(() => rm(root, { recursive: true, force: true }));
  for (const folder of folders) await mkdir(join(root, folder), { recursive: true });
  return root;
}

it('tells what was touched in the folders that were added, until they are removed', async () => {
  const root = await folderWith('a', 'b');
  const touched = new Set<string>();
  const folders = new FolderWatch({ wholeTrees: false, onTouched: (path) => touched.add(path), onRefused: () => undefined });
  onTestFinished(() => {
    folders.close();
  });
  for (const path of [root, join(root, 'a'), join(root, 'b'), join(root, 'a')]) folders.add(path);
  folders.remove(join(root, 'b'));
  expect(['a', 'b'].map((name) => folders.isWatched(join(root, name)))).toEqual([true, false]);
  await writeFile(join(root, 'b/y.jpg'), '');
  await writeFile(join(root, 'a/x.jpg'), '');
  await expect.poll(() => [...touched]).toContain(join(root, 'a/x.jpg'));
  expect([...touched]).not.toContain(join(root, 'b/y.jpg'));
});

it('says which folder the system refuses to watch', async () => {
  const root = await folderWith('a');
  const refused: string[] = [];
  const full = (() => {
    throw Object.assign(new Error('System limit for number of file watchers reached'), { code: 'ENOSPC' });
  }) as unknown as typeof watch;
  const folders = new FolderWatch({
    wholeTrees: false,
    onTouched: () => undefined,
    onRefused: (folder, { code }) => refused.push(`${folder} ${code ?? ''}`),
    watchFolder: full,
  });
  folders.add(root);
  folders.add(join(root, 'missing'));
  expect(refused).toEqual([`${root} ENOSPC`, `${join(root, 'missing')} ENOSPC`]);
  expect(folders.isWatched(root)).toBe(false);
});
