import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { catalogueFile, downloadsFolder, metricsFolder, modelFolders, type Folders } from '../app/folders.ts';
import type { Launcher } from '../app/engine-process.ts';
import type { MetricFiles } from '../app/evaluate/metric-files.ts';
import type { Downloads } from '../app/models/downloads.ts';
import { SupervisedEngine } from '../app/supervised-engine.ts';
import { importedModelsFolder } from '../shared/engine-protocol.ts';

/** Where the built programs are: `out/` of the package. */
const programs = dirname(fileURLToPath(import.meta.url));
const packageFolder = dirname(programs);

export const packageVersion = (): string =>
  (JSON.parse(readFileSync(join(packageFolder, 'package.json'), 'utf8')) as { version: string }).version;

/** The engine of this installation; its process starts with the first call or with `start()`. */
export function openEngine(launch: Launcher, { cache, temporary }: Folders): SupervisedEngine {
  return new SupervisedEngine({
    launch,
    settings: {
      modelFolders: modelFolders(packageFolder),
      cacheFolder: cache,
      temporaryFolder: temporary,
      threads: availableParallelism(),
    },
  });
}

/** Where models are installed for this user. */
export const installedModelsFolder = ({ models }: Pick<Folders, 'models'>): string =>
  importedModelsFolder({ modelFolders: modelFolders(packageFolder) }) ?? models;

/** Downloads of this installation, imported by `engine`. */
export async function openDownloads(
  engine: SupervisedEngine,
  folders: Folders,
  onProgress: ConstructorParameters<typeof Downloads>[0]['onProgress'],
): Promise<Downloads> {
  const module = await import('../app/models/downloads.ts');
  return new module.Downloads({
    catalogueFile: catalogueFile(packageFolder),
    folder: downloadsFolder(folders),
    modelsFolder: installedModelsFolder(folders),
    importModels: (...wanted) => engine.models.import(...wanted),
    onProgress,
  });
}

/** What metrics of this installation need. */
export async function openMetrics(folders: Folders): Promise<MetricFiles> {
  const module = await import('../app/evaluate/metric-files.ts');
  return new module.MetricFiles({ catalogueFile: catalogueFile(packageFolder), folder: metricsFolder(folders) });
}
