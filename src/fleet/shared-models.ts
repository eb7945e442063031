import { createHash, randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { copyFile, mkdir, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { ModelSummary } from '../shared/engine-protocol.ts';
import { manifestSchema } from '../shared/manifest.ts';
import { ownFolder, type Root } from './roots.ts';

const folderOf = (root: Root, manifest: string): string => join(root.folder, ownFolder, 'models', manifest);

/** Licences under which a model is not handed on, not even between one's own computers. */
const isClosed = (licence: string): boolean => /no[nt]?[- ]?(re)?distribut|proprietary|all rights reserved/i.test(licence);

/** Puts an imported model into a shared folder under the hash of its manifest, once. Models that come with Onestep are everywhere. */
export async function publishModel(root: Root, { folder, removable, licence }: ModelSummary, manifest: string): Promise<void> {
  const to = folderOf(root, manifest);
  if (!removable || isClosed(licence) || (await isThere(to))) return;
  const temporary = `${to}.${randomBytes(6).toString('hex')}`;
  try {
    await copyFolder(folder, temporary);
    // Somebody else may have been quicker, with the same.
    await rename(temporary, to).catch((error: unknown) => {
      if (!['EEXIST', 'ENOTEMPTY', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
    });
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

/**
 * Installs a model that lies in one of the shared folders, after every file of it was found to be what its manifest says, and the
 * manifest what was asked for.
 * @param modelsFolder that of this computer's user
 * @returns whether it is there now
 */
export async function fetchModel(roots: readonly Root[], modelsFolder: string, id: string, manifest: string): Promise<boolean> {
  for (const root of roots) {
    const from = folderOf(root, manifest);
    if (!(await isThere(from))) continue;
    const temporary = join(modelsFolder, `.fleet-${randomBytes(6).toString('hex')}`);
    try {
      await copyFolder(from, temporary);
      if (!(await isWhole(temporary, id, manifest))) continue;
      const to = join(modelsFolder, id);
      // Another version of it is kept: it may be in use.
      if (await isThere(to)) return false;
      await rename(temporary, to);
      return true;
    } finally {
      await rm(temporary, { recursive: true, force: true });
    }
  }
  return false;
}

async function isWhole(folder: string, id: string, manifest: string): Promise<boolean> {
  const text = await readFile(join(folder, 'manifest.json'));
  if (createHash('sha256').update(text).digest('hex') !== manifest) return false;
  const read = manifestSchema.safeParse(JSON.parse(text.toString('utf8')));
  if (!read.success || read.data.id !== id) return false;
  for (const { file, sha256 } of hashedFiles(read.data)) {
    const hash = createHash('sha256');
    await pipeline(createReadStream(join(folder, file)), hash);
    if (hash.digest('hex') !== sha256) return false;
  }
  return true;
}

/** Whatever in a manifest names a file with its hash. */
function hashedFiles(value: unknown): { file: string; sha256: string }[] {
  if (typeof value !== 'object' || value === null) return [];
  const own = 'file' in value && 'sha256' in value && typeof value.file === 'string' && typeof value.sha256 === 'string';
  return [...(own ? [value as { file: string; sha256: string }] : []), ...Object.values(value).flatMap(hashedFiles)];
}

/** Files only: a model has no folders, and a link could lead anywhere. */
async function copyFolder(from: string, to: string): Promise<void> {
  await mkdir(to, { recursive: true });
  for (const entry of await readdir(from, { withFileTypes: true }))
    if (entry.isFile()) await copyFile(join(from, entry.name), join(to, entry.name));
}

const isThere = async (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );
