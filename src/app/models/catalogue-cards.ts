import type { CatalogueCard } from '../../shared/catalogue.ts';
import type { ModelSummary } from '../../shared/engine-protocol.ts';
import type { Downloads } from './downloads.ts';

/** The catalogue, with what of it is installed: whatever the model is called, it was made of the same files. */
export async function catalogueCards(installed: readonly ModelSummary[], downloads: Downloads): Promise<CatalogueCard[]> {
  const byFiles = new Map(installed.map(({ id, sources }) => [keyOf(sources), id]));
  return (await downloads.entries()).map((entry) => ({
    ...entry,
    installed: byFiles.get(keyOf(entry.files.map(({ sha256 }) => sha256))) ?? null,
    progress: downloads.progressOf(entry.id),
  }));
}

const keyOf = (hashes: readonly string[]): string => [...hashes].sort().join();
