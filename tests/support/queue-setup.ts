import { join } from 'node:path';
import { jobEngine } from '../../src/app/jobs/job-run.ts';
import { nodeLauncher } from '../../src/app/node-launcher.ts';
import { PhotoRegister } from '../../src/app/photos/photo-register.ts';
import { Queue, type QueueOptions } from '../../src/app/queue/queue.ts';
import { SupervisedEngine } from '../../src/app/supervised-engine.ts';
import { defaultOptions } from '../../src/shared/options.ts';
import { defaultSettings } from '../../src/shared/settings.ts';

/** The options of tests with golden models. */
export const twice = { ...defaultOptions, model: 'identity-x2', provider: 'cpu', target: { kind: 'scale', scale: 2 } } as const;

export interface QueueSetup {
  readonly queue: Queue;
  readonly engine: SupervisedEngine;
  readonly register: PhotoRegister;
}

interface RealEngine {
  readonly host: string;
  readonly models: string;
  /** What the queue shall see of the engine instead. */
  readonly wrap?: (engine: SupervisedEngine) => QueueOptions['engine'];
}

/** A queue with a real engine, everything of its own inside `folder`. */
export function realQueue(folder: string, { host, models, wrap = jobEngine, ...more }: Partial<QueueOptions> & RealEngine): QueueSetup {
  const temporaryFolder = join(folder, 'temporary');
  const cacheFolder = join(folder, 'cache');
  const engine = new SupervisedEngine({
    launch: nodeLauncher(host),
    settings: { modelFolders: [models], cacheFolder, temporaryFolder, threads: 1 },
  });
  const register = new PhotoRegister();
  const queue = new Queue({
    ...{ engine: wrap(engine), previewEngine: engine.photos, register, cacheFolder, temporaryFolder, folder: join(folder, 'state') },
    settings: () => ({ ...defaultSettings, options: twice }),
    onQueue: () => undefined,
    onJobs: () => undefined,
    onProgress: () => undefined,
    ...more,
  });
  return { queue, engine, register };
}

export const found = (path: string) => ({ path, under: '', skipIfResult: false });
