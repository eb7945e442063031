import { dirname, resolve } from 'node:path';
import * as z from 'zod';
import type { EngineSettings } from '../shared/engine-protocol.ts';
import type { Manifest } from '../shared/manifest.ts';
import type { InstalledModel } from './models.ts';

/** What is read of a manifest's card beyond what every card has; another card's fields may mean anything. */
const importedSchema = z.looseObject({ imported: z.looseObject({ sources: z.array(z.looseObject({ sha256: z.string() })) }) });
const authorSchema = z.looseObject({ author: z.string() });

/** The sha256 of each file that a model was imported from; none where it was not. */
export function sourcesOf(manifest: Manifest | null): string[] {
  const card = importedSchema.safeParse(manifest?.card);
  return card.success ? card.data.imported.sources.map(({ sha256 }) => sha256) : [];
}

/** Who made a model; empty where its card does not tell. */
export function authorOf(manifest: Manifest | null): string {
  const card = authorSchema.safeParse(manifest?.card);
  return card.success ? card.data.author : '';
}

/** Whether a model lies in the folder that imported ones go into. */
export function isImported({ folder }: InstalledModel, { modelFolders }: EngineSettings): boolean {
  const imported = modelFolders.at(-1);
  return imported !== undefined && resolve(dirname(folder)) === resolve(imported);
}
