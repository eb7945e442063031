import type { MetricFiles } from '../app/evaluate/metric-files.ts';
import type { Downloads } from '../app/models/downloads.ts';
import type { SupervisedEngine } from '../app/supervised-engine.ts';
import type { Streams } from './view.ts';

/** What a command needs of its surroundings. */
export interface Shell {
  readonly engine: SupervisedEngine;
  readonly streams: Streams;
  /** Downloads models and imports them with the engine. */
  readonly openDownloads: (onProgress: ConstructorParameters<typeof Downloads>[0]['onProgress']) => Promise<Downloads>;
  /** What metrics need beside Onestep. */
  readonly openMetrics: () => Promise<MetricFiles>;
}
