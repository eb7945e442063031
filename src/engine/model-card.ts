import { dirname, resolve } from 'node:path';
import * as z from 'zod';
import { importedModelsFolder, type EngineSettings, type ModelSummary } from '../shared/engine-protocol.ts';
import type { Manifest } from '../shared/manifest.ts';
import type { InstalledModel } from './models.ts';

/** What is read of a manifest's card beyond what every card has; another card's fields may mean anything. */
const importedSchema = z.looseObject({
  imported: z.looseObject({ sources: z.array(z.looseObject({ sha256: z.string() })), recipe: z.looseObject({}).optional() }),
});
const authorSchema = z.looseObject({ author: z.string() });

/** What a model was imported from, and how where the files leave that open; null where it was not imported. */
export function importOf(manifest: Manifest | null): z.infer<typeof importedSchema>['imported'] | null {
  const card = importedSchema.safeParse(manifest?.card);
  return card.success ? card.data.imported : null;
}

/** The sha256 of each file that a model was imported from; none where it was not. */
export const sourcesOf = (manifest: Manifest | null): string[] => importOf(manifest)?.sources.map(({ sha256 }) => sha256) ?? [];

/** Who made a model; empty where its card does not tell. */
export function authorOf(manifest: Manifest | null): string {
  const card = authorSchema.safeParse(manifest?.card);
  return card.success ? card.data.author : '';
}

/** Whether a model lies in the folder that imported ones go into. */
export function isImported({ folder }: InstalledModel, settings: EngineSettings): boolean {
  const imported = importedModelsFolder(settings);
  return imported !== null && resolve(dirname(folder)) === resolve(imported);
}

/** What front doors are told about a model. */
export function summaryOf(model: InstalledModel, settings: EngineSettings): ModelSummary {
  const { id, folder, manifest, problem } = model;
  const place = {
    id,
    folder,
    removable: isImported(model, settings),
    quantisable: isQuantisable(model, settings),
    problem: problem?.toData() ?? null,
  };
  return manifest === null ? { ...unread, ...place, name: id } : { ...toldBy(manifest), ...place };
}

/** Whether 8 bits can be tried: of imported models of one graph each way that have none, and that no dial changes. */
const isQuantisable = (model: InstalledModel, settings: EngineSettings): boolean =>
  model.problem === null &&
  'tensors' in model.manifest &&
  Object.keys(model.manifest.options).length === 0 &&
  model.manifest.graphs.every(({ precision }) => precision !== 'int8') &&
  isImported(model, settings);

type Told = Omit<ModelSummary, 'id' | 'folder' | 'removable' | 'quantisable' | 'problem'>;

const toldBy = (manifest: Manifest): Told => ({
  name: manifest.name,
  summary: manifest.summary,
  family: manifest.family ?? null,
  experimental: manifest.experimental,
  scale: 'scale' in manifest ? manifest.scale : 1,
  faces: 'scale' in manifest ? null : 'face' in manifest ? 'restorer' : 'detector',
  options: Object.keys(manifest.options),
  defaults: Object.fromEntries(Object.entries(manifest.options).map(([name, row]: [string, { default: number }]) => [name, row.default])),
  precisions: [...new Set(manifest.graphs.map((graph) => graph.precision))],
  licence: manifest.card.licence,
  limits: manifest.card.limits,
  author: authorOf(manifest),
  credits: (manifest.card.data?.credits ?? []).map(({ author, licence, source }) => ({ author, licence, source })),
  sources: sourcesOf(manifest),
});

/** Of a model whose manifest cannot be read. */
const unread: Omit<Told, 'name'> = {
  summary: '',
  family: null,
  experimental: false,
  scale: 1,
  faces: null,
  options: [],
  defaults: {},
  precisions: [],
  licence: '',
  limits: '',
  author: '',
  credits: [],
  sources: [],
};
