import type { EngineSettings } from '../shared/engine-protocol.ts';
import type { InstalledModel } from './models.ts';

/** What every job of one engine shares. */
export interface EngineContext {
  readonly settings: EngineSettings;
  /** Installed models, read once; those that are damaged carry their problem. */
  models(): Promise<InstalledModel[]>;
}
