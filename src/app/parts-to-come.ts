import type { PhotoFacts, Plan } from '../shared/engine-protocol.ts';
import type { Pyramid } from '../shared/contract.ts';
import { Problem } from '../shared/problem.ts';
import type { QueueState } from '../shared/queue.ts';
import type { PixelAnswer } from './application.ts';
import type { EngineProcess } from './engine-process.ts';
import type { PhotoRegister } from './photos/photo-register.ts';

/* The places of the queue and of the pixels until those parts are there. */

const missing = async (): Promise<never> => {
  throw new Problem('internal-error', 'This part of Onestep is not there yet.');
};

const emptyState: QueueState = {
  ...{ revision: 0, activity: 'idle', currentJobId: null, fraction: 0, secondsLeft: null, pixelsPerSecond: 0 },
  counts: { waiting: 0, running: 0, done: 0, skipped: 0, failed: 0, cancelled: 0 },
};

export const emptyQueue = {
  state: emptyState,
  open: async (): Promise<void> => undefined,
  close: async (): Promise<void> => undefined,
  enqueue: missing as (...given: unknown[]) => Promise<string[]>,
  plan: missing as () => Promise<Plan>,
  preview: missing,
  cancelPreviews: async (): Promise<void> => undefined,
  jobIds: async (): Promise<string[]> => [],
  jobs: async (): Promise<never[]> => [],
  pause: async (): Promise<void> => undefined,
  resume: async (): Promise<void> => undefined,
  cancelJobs: async (): Promise<void> => undefined,
  retryJobs: async (): Promise<void> => undefined,
  moveJobs: async (): Promise<void> => undefined,
  changeJobs: async (): Promise<void> => undefined,
  clearJobs: async (): Promise<void> => undefined,
  batchReport: missing,
};

export const plainPixels = (register: PhotoRegister, engine: EngineProcess) => ({
  pixels: missing as () => Promise<PixelAnswer>,
  pyramid: missing as () => Promise<Pyramid>,
  facts: async (id: number): Promise<PhotoFacts> => {
    const path = await register.readable(id);
    return engine.call((calls) => calls.inspect(path, 10_000));
  },
  close: async (): Promise<void> => undefined,
});
