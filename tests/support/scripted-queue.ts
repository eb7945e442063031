import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { PhotoRegister } from '../../src/app/photos/photo-register.ts';
import { Queue, type QueueOptions } from '../../src/app/queue/queue.ts';
import type { JobHandlers } from '../../src/app/supervised-engine.ts';
import type { JobReport, Plan } from '../../src/shared/engine-protocol.ts';
import { cancelled } from '../../src/shared/problem.ts';
import type { Request } from '../../src/shared/request.ts';
import { told } from '../../src/shared/sentence.ts';
import { defaultSettings } from '../../src/shared/settings.ts';
import { noDials } from '../../src/shared/options.ts';

/** An engine that writes a few bytes at once; `duringJob` may hold it up, fail it or stop it. */
export class ScriptedQueueEngine {
  readonly asked: Request[] = [];
  readonly results = new Set<string>();
  duringJob: (request: Request, handlers: JobHandlers) => Promise<void> = () => Promise.resolve();

  async plan({ source, destination }: Request): Promise<Plan> {
    return {
      photo: { path: source, width: 100, height: 50 } as Plan['photo'],
      ...{ width: 200, height: 100, rule: told('Because.'), format: 'jpeg', skip: null, estimatedSeconds: 2, estimatedBytes: 10 },
      passes: [{ model: 'x2', scale: 2, width: 200, height: 100 }],
      output: destination ?? `${source}.out`,
    };
  }

  async enhance(request: Request, handlers: JobHandlers = {}): Promise<JobReport> {
    this.asked.push(request);
    await handlers.onBegin?.(2_000_000_000);
    await this.duringJob(request, handlers);
    if (handlers.signal?.aborted === true) throw cancelled();
    const output = request.destination ?? '';
    await writeFile(output, 'result');
    this.results.add(output);
    return {
      ...{ source: request.source, status: 'done', output, sourceWidth: 100, sourceHeight: 50, width: 200, height: 100, fileBytes: 6 },
      ...{ format: 'jpeg', quality: 90, passes: [], rule: told('Because.'), provider: 'cpu', precision: 'int8' },
      ...noDials,
      ...{ kept: [], converted: [], lost: [], notices: [], seconds: { total: 1, decode: 0, enhance: 1, inference: 1, encode: 0 } },
    } as const;
  }

  isResult = (path: string): Promise<boolean> => Promise.resolve(this.results.has(path));
  models = (): Promise<never[]> => Promise.resolve([]);
}

/** A queue that is closed when the test is over. */
export async function scriptedQueue(folder: string, engine: ScriptedQueueEngine, more: Partial<QueueOptions> = {}): Promise<Queue> {
  const queue = new Queue({
    ...{ engine, previewEngine: engine, register: new PhotoRegister() },
    ...{ cacheFolder: join(folder, 'cache'), temporaryFolder: join(folder, 'temporary'), folder: join(folder, 'state') },
    settings: () => defaultSettings,
    onQueue: () => undefined,
    onJobs: () => undefined,
    onProgress: () => undefined,
    ...more,
  });
  onTestFinished(() => queue.close());
  await queue.open();
  return queue;
}
