import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import * as z from 'zod';
import { scratchMaker } from '../shared/temporary-names.ts';
import { manifestSchema, type EnlargingManifest } from '../shared/manifest.ts';
import { defaultFamily } from '../shared/options.ts';
import { messageOf, Problem } from '../shared/problem.ts';
import { sentence } from '../shared/sentence.ts';
import type { UsableModel } from './runtime/model.ts';

/** A model folder that was found; `problem` says why it cannot be used. */
export type InstalledModel =
  UsableModel | { readonly id: string; readonly folder: string; readonly manifest: null; readonly problem: Problem };

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
  const settled = entries.filter((entry) => scratchMaker(entry) === null);
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
    problem: new Problem('model-damaged', sentence('model.unreadable', { id }), { detail }),
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
    return damaged(`manifest.json: ${messageOf(error)}`);
  }
  const manifest = manifestSchema.safeParse(content);
  if (!manifest.success) return damaged(`manifest.json: ${z.prettifyError(manifest.error)}`);
  if (manifest.data.id !== id) return damaged(`manifest.json calls itself ${manifest.data.id}, but its folder is ${id}.`);
  return { id, folder, manifest: manifest.data, problem: null };
}

/** The model `id`, usable. Throws `model-not-found`, or the model's own problem. */
export function findModel(models: readonly InstalledModel[], id: string): UsableModel {
  const model = models.find((candidate) => candidate.id === id);
  if (model === undefined) throw unknown(id);
  return usable(model);
}

const unknown = (id: string): Problem => new Problem('model-not-found', sentence('model.unknown', { id }));

/** Those that can be used. */
export const usableOnes = (models: readonly InstalledModel[]): UsableModel[] => models.filter((model) => model.problem === null);

/** Those of them that enlarge photos. */
const enlarging = (models: readonly InstalledModel[]): UsableModel<EnlargingManifest>[] =>
  usableOnes(models).filter((model): model is UsableModel<EnlargingManifest> => 'scale' in model.manifest);

/** The first usable model that enlarges, of those that *auto* chooses among where there are any: what devices are tried with. */
export function firstUsable(models: readonly InstalledModel[]): UsableModel<EnlargingManifest> | null {
  const candidates = enlarging(models);
  return candidates.find(({ manifest }) => manifest.family === defaultFamily && !manifest.experimental) ?? candidates[0] ?? null;
}

/** The model itself, or its problem thrown. */
function usable(model: InstalledModel): UsableModel {
  if (model.problem !== null) throw model.problem;
  return model;
}

const isMissing = (error: unknown): boolean => {
  const code = (error as NodeJS.ErrnoException).code;
  return code === 'ENOENT' || code === 'ENOTDIR';
};

/**
 * The models that a job may use: the named one alone; those of the named family, by scale; or with `auto` those of the default family
 * that are not experimental.
 * @throws Problem model-not-found, bad-request where the named one is for faces, or the named model's own problem
 */
export function modelsFor(wanted: string, installed: readonly InstalledModel[]): UsableModel<EnlargingManifest>[] {
  const isAuto = wanted === 'auto';
  const name = isAuto ? defaultFamily : wanted;
  if (!isAuto && installed.some(({ id }) => id === wanted)) return [enlargingOne(findModel(installed, wanted))];
  const family = enlarging(installed).filter(({ manifest }) => manifest.family === name && !(isAuto && manifest.experimental));
  if (family.length > 0) return family.sort((a, b) => a.manifest.scale - b.manifest.scale);
  if (!isAuto) throw unknown(wanted);
  const damaged = installed.flatMap((model) => (model.problem === null ? [] : [`${model.problem.message} ${model.problem.detail ?? ''}`]));
  throw new Problem('model-not-found', sentence('model.noFamily', { family: defaultFamily }), {
    detail: damaged.length > 0 ? damaged.join('\n') : undefined,
    advice: sentence('model.noFamily.advice'),
  });
}

function enlargingOne({ manifest, ...model }: UsableModel): UsableModel<EnlargingManifest> {
  if ('scale' in manifest) return { ...model, manifest };
  throw new Problem('bad-request', sentence('model.forFaces', { id: model.id }), { advice: sentence('model.forFaces.advice') });
}
