import { dirname, resolve } from 'node:path';
import * as z from 'zod';
import type { EngineSettings } from '../shared/engine-protocol.ts';
import type { Manifest } from '../shared/manifest.ts';
import type { InstalledModel } from './models.ts';

/** What is read of a manifest's card beyond what every card has; another card's fields may mean anything. */
const importedSchema = z.looseObject({ imported: z.looseObject({ sources: z.array(z.looseObject({ sha256: z.string() })) }) });
const creditsSchema = z.looseObject({ credits: z.string() });
const trainingSchema = z.looseObject({ data: z.looseObject({ description: z.string() }) });

/** The sha256 of each file that a model was imported from; none where it was not. */
export function sourcesOf(manifest: Manifest | null): string[] {
  const card = importedSchema.safeParse(manifest?.card);
  return card.success ? card.data.imported.sources.map(({ sha256 }) => sha256) : [];
}

/** Who made a model, or the photographs that it was trained on; empty where its card tells neither. */
export function creditsOf(manifest: Manifest | null): string {
  const named = creditsSchema.safeParse(manifest?.card);
  if (named.success) return named.data.credits;
  const training = trainingSchema.safeParse(manifest?.card);
  return training.success ? training.data.data.description : '';
}

/** Whether a model lies in the folder that imported ones go into. */
export function isImported({ folder }: InstalledModel, { modelFolders }: EngineSettings): boolean {
  const imported = modelFolders.at(-1);
  return imported !== undefined && resolve(dirname(folder)) === resolve(imported);
}
