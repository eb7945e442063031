import type { EngineSettings, Notice, Progress } from '../shared/engine-protocol.ts';
import type { InstalledModel } from './models.ts';

/** What every job of one engine shares. */
export interface EngineContext {
  readonly settings: EngineSettings;
  /** Installed models, read once; those that are damaged carry their problem. */
  readonly models: () => Promise<InstalledModel[]>;
}

/** What the caller of one job hears and how it stops it. */
export interface JobWatch {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: Progress) => void) | undefined;
  readonly onNotice?: ((notice: Notice) => void) | undefined;
}

/** Models are read from disk on first use and kept; a reading that failed is not kept. */
export function createContext(settings: EngineSettings): EngineContext {
  let models: Promise<InstalledModel[]> | null = null;
  return {
    settings,
    models: () => {
      models ??= import('./models.ts')
        .then(({ loadModels }) => loadModels(settings.modelFolders))
        .catch((error: unknown) => {
          models = null;
          throw error;
        });
      return models;
    },
  };
}
