import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Manifest } from '../../shared/manifest.ts';
import { Problem } from '../../shared/problem.ts';
import { sentence } from '../../shared/sentence.ts';

/** A model folder whose manifest could be read; its other files are verified when a session opens. */
export interface UsableModel<Of extends Manifest = Manifest> {
  readonly id: string;
  readonly folder: string;
  readonly manifest: Of;
  readonly problem: null;
}

/** A file of a model folder and the hash that its manifest promises. */
export interface HashedFile {
  readonly file: string;
  readonly sha256: string;
}

const verified = new Map<string, Promise<void>>();

/** Checks files of a model against their hashes, each once per process. Throws `model-damaged`. */
export async function verifyFiles(model: Pick<UsableModel, 'id' | 'folder'>, files: readonly HashedFile[]): Promise<void> {
  await Promise.all(
    files.map((file) => {
      const key = `${join(model.folder, file.file)} ${file.sha256}`;
      let check = verified.get(key);
      if (check === undefined) {
        check = verifyFile(model, file);
        verified.set(key, check);
        // A repaired file must be looked at again.
        check.catch(() => verified.delete(key));
      }
      return check;
    }),
  );
}

async function verifyFile(model: Pick<UsableModel, 'id' | 'folder'>, { file, sha256 }: HashedFile): Promise<void> {
  const hash = createHash('sha256');
  try {
    await pipeline(createReadStream(join(model.folder, file)), hash);
  } catch (error) {
    throw new Problem('model-damaged', sentence('model.fileUnreadable', { id: model.id, file }), { detail: String(error), cause: error });
  }
  const actual = hash.digest('hex');
  if (actual !== sha256) {
    throw new Problem('model-damaged', sentence('model.fileDamaged', { id: model.id, file }), {
      detail: `sha256 ${actual}, expected ${sha256}`,
    });
  }
}
