import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import * as z from 'zod';
import { scratchOwner } from '../shared/engine-protocol.ts';
import { manifestSchema, type FeedForwardManifest, type Manifest, type OneStepManifest } from '../shared/manifest.ts';
import { Problem } from '../shared/problem.ts';

/** A model folder whose manifest could be read; its other files are verified when a session opens. */
export interface UsableModel<Kind extends Manifest = Manifest> {
  readonly id: string;
  readonly folder: string;
  readonly manifest: Kind;
  readonly problem: null;
}

export type FeedForwardModel = UsableModel<FeedForwardManifest>;
export type OneStepModel = UsableModel<OneStepManifest>;

/** A model folder that was found; `problem` says why it cannot be used. */
export type InstalledModel =
  UsableModel | { readonly id: string; readonly folder: string; readonly manifest: null; readonly problem: Problem };

/** A file of a model folder and the hash that its manifest promises. */
export interface HashedFile {
  readonly file: string;
  readonly sha256: string;
}

/**
 * Every model in `folders`, sorted by id, experimental ones last; the first folder that has an id wins. Reads the manifests only.
 * A folder of models that does not exist holds none.
 */
export async function loadModels(folders: readonly string[]): Promise<InstalledModel[]> {
  const found = new Map<string, InstalledModel>();
  for (const folder of folders) {
    for (const model of await loadFolder(folder)) {
      if (!found.has(model.id)) found.set(model.id, model);
    }
  }
  const place = ({ id, manifest }: InstalledModel): string => `${manifest?.experimental === true ? '2' : '1'} ${id}`;
  return [...found.values()].sort((a, b) => (place(a) < place(b) ? -1 : 1));
}

async function loadFolder(folder: string): Promise<InstalledModel[]> {
  const entries = await readdir(folder).catch((error: unknown) => {
    if (isMissing(error)) return [];
    throw error;
  });
  // A model that is being imported is not there yet.
  const settled = entries.filter((entry) => scratchOwner(entry) === null);
  const models = await Promise.all(settled.map((entry) => loadModel(join(folder, entry))));
  return models.filter((model) => model !== null);
}

/** Null where `folder` holds no manifest: it is not a model. */
async function loadModel(folder: string): Promise<InstalledModel | null> {
  const id = basename(folder);
  const damaged = (detail: string): InstalledModel => ({
    id,
    folder,
    manifest: null,
    problem: new Problem('model-damaged', `The model ${id} cannot be read.`, { detail }),
  });
  let text: string;
  try {
    text = await readFile(join(folder, 'manifest.json'), 'utf8');
  } catch (error) {
    return isMissing(error) ? null : damaged(String(error));
  }
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch (error) {
    return damaged(`manifest.json: ${error}`);
  }
  const manifest = manifestSchema.safeParse(content);
  if (!manifest.success) return damaged(`manifest.json: ${z.prettifyError(manifest.error)}`);
  if (manifest.data.id !== id) return damaged(`manifest.json calls itself ${manifest.data.id}, but its folder is ${id}.`);
  return { id, folder, manifest: manifest.data, problem: null };
}

/** The model `id`, usable. Throws `model-not-found`, or the model's own problem. */
export function findModel(models: readonly InstalledModel[], id: string): UsableModel {
  const model = models.find((candidate) => candidate.id === id);
  if (model === undefined) throw new Problem('model-not-found', `There is no model called ${id}.`);
  return usable(model);
}

/** The model itself, or its problem thrown. */
export function usable(model: InstalledModel): UsableModel {
  if (model.problem !== null) throw model.problem;
  return model;
}

const verified = new Map<string, Promise<void>>();

/** Checks files of a model against their hashes, each once per process. Throws `model-damaged`. */
export async function verifyFiles(model: UsableModel, files: readonly HashedFile[]): Promise<void> {
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

async function verifyFile(model: UsableModel, { file, sha256 }: HashedFile): Promise<void> {
  const hash = createHash('sha256');
  try {
    await pipeline(createReadStream(join(model.folder, file)), hash);
  } catch (error) {
    throw new Problem('model-damaged', `A file of the model ${model.id} cannot be read: ${file}.`, { detail: String(error), cause: error });
  }
  const actual = hash.digest('hex');
  if (actual !== sha256) {
    throw new Problem('model-damaged', `A file of the model ${model.id} is damaged: ${file}.`, {
      detail: `sha256 ${actual}, expected ${sha256}`,
    });
  }
}

const isMissing = (error: unknown): boolean => {
  const code = (error as NodeJS.ErrnoException).code;
  return code === 'ENOENT' || code === 'ENOTDIR';
};
