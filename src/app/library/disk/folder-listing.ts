import { mkdir, readdir, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import type { FolderListing } from '../../../shared/library.ts';
import { isModelName } from '../../../shared/model-extensions.ts';
import { isPhotoName } from '../../../shared/photo-extensions.ts';
import { safeComponent } from '../../../shared/name-template.ts';
import { Problem } from '../../../shared/problem.ts';
import { sentence } from '../../../shared/sentence.ts';
import { diskWords } from '../../disk-words.ts';
import { isJunk } from '../../photo-walk.ts';
import type { PhotoRegister } from '../../photos/photo-register.ts';
import { naturalKey, sortInSlices } from '../list/sorting.ts';
import { placesOf } from './places.ts';

/**
 * What a chooser shows of a folder: its folders, photos, models and certificates as people sort them, and the places where photos usually are. Hidden
 * folders are left out. Null is where a person would begin. From now on the register lets its photos be seen.
 * @throws Problem not-found, not-readable
 */
export async function listFolder(
  path: string | null,
  platform: NodeJS.Platform,
  register: Pick<PhotoRegister, 'idOf' | 'chooseFrom'>,
): Promise<FolderListing> {
  const places = await placesOf(platform);
  const folder = resolve(path ?? places[0]?.path ?? homedir());
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
    const code = (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'not-found' : 'not-readable';
    throw new Problem(code, diskWords('folder', error), { detail: folder, cause: error });
  });
  const folders: string[] = [];
  const photos: string[] = [];
  const models: string[] = [];
  const certificates: string[] = [];
  for (const entry of entries) {
    if (isJunk(entry.name)) continue;
    const isFolder = entry.isSymbolicLink() ? await leadsToFolder(join(folder, entry.name)) : entry.isDirectory();
    if (isFolder) folders.push(entry.name);
    else if (isPhotoName(entry.name)) photos.push(entry.name);
    else if (isModelName(entry.name)) models.push(entry.name);
    else if (isCertificateName(entry.name)) certificates.push(entry.name);
  }
  const parent = dirname(folder);
  await register.chooseFrom(folder);
  return {
    path: folder,
    parent: parent === folder ? null : parent,
    folders: await listed(folder, folders),
    photos: (await listed(folder, photos)).map((file) => ({ ...file, photo: register.idOf(file.path) })),
    models: await listed(folder, models),
    certificates: await listed(folder, certificates),
    places,
  };
}

/**
 * Makes a folder of that name inside `folder`, and answers its path.
 * @throws Problem bad-request (no name that every system takes), already-exists, not-writable
 */
export async function makeFolder(folder: string, name: string): Promise<string> {
  if (safeComponent(name) !== name)
    throw new Problem('bad-request', sentence('folder.badName', { name }), { advice: sentence('folder.badName.advice') });
  const path = join(resolve(folder), name);
  await mkdir(path).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST')
      throw new Problem('already-exists', sentence('result.exists', { name }), { detail: path });
    throw new Problem('not-writable', diskWords('folder', error), { detail: path, cause: error });
  });
  return path;
}

const isCertificateName = (name: string): boolean => /\.(crt|cer|pem)$/i.test(name);

async function listed(folder: string, names: readonly string[]): Promise<{ name: string; path: string }[]> {
  const keyed = names.map((name) => ({ name, path: join(folder, name), key: naturalKey(name) }));
  const sorted = await sortInSlices(keyed, (a, b) => (a.key < b.key ? -1 : Number(a.key > b.key)));
  return sorted.map(({ name, path }) => ({ name, path }));
}

const leadsToFolder = async (path: string): Promise<boolean> =>
  stat(path).then(
    (file) => file.isDirectory(),
    () => false,
  );
