import type { SupervisedEngine } from '../app/supervised-engine.ts';
import type { Streams } from './view.ts';

/** What a command needs of its surroundings. */
export interface Shell {
  readonly engine: SupervisedEngine;
  readonly streams: Streams;
}
