import { randomUUID } from 'node:crypto';
import { importedModelsFolder, type EngineSettings, type JobReport, type Notice, type Progress } from '../shared/engine-protocol.ts';
import { cancelled, Problem, throwIfCancelled } from '../shared/problem.ts';
import { engineProtocol, type WatchedEngineCalls } from '../shared/protocol/engine.ts';
import { watchedCalls } from '../shared/protocol/job.ts';
import type { Request } from '../shared/request.ts';
import { sentence } from '../shared/sentence.ts';
import type { Watch } from '../shared/work-watch.ts';
import { EngineProcess, type Launcher } from './engine-process.ts';
import type { Background } from './give-way.ts';
import { removeLeftovers, removeScratch } from './leftovers.ts';
import { Turns } from './turns.ts';

export interface JobHandlers extends Watch<Progress> {
  readonly onNotice?: ((notice: Notice) => void) | undefined;
  /** Awaited before a process is given the job, also when another process gets it because the first one died. */
  readonly onBegin?: ((processId: number) => Promise<void>) | undefined;
}

/** A job as it is being carried out. */
interface Running extends Pick<JobHandlers, 'signal' | 'onNotice' | 'onBegin'> {
  readonly onProgress?: ((told: never) => void) | undefined;
  last: unknown;
}

/** The calls of the engine as a front door makes them. */
export interface Engine {
  readonly photos: Omit<WatchedEngineCalls['photos'], 'enhance'> & {
    enhance(request: Request, handlers?: JobHandlers): Promise<JobReport>;
  };
  readonly evaluation: WatchedEngineCalls['evaluation'];
  readonly models: WatchedEngineCalls['models'];
}

/**
 * The engine in its own process, one job at a time. A job is cancelled within a tile, or by killing the process when that
 * takes longer than the grace time. A process that dies takes only its job with it: that one is done again on the CPU if an
 * accelerator was at work, else rejected with Problem `engine-stopped`; the next call runs on a fresh process.
 */
export class SupervisedEngine implements Engine {
  readonly photos: Engine['photos'];
  readonly evaluation: Engine['evaluation'];
  readonly models: Engine['models'];
  readonly #process: EngineProcess;
  readonly #settings: EngineSettings;
  readonly #graceSeconds: number;
  readonly #running = new Map<string, Running>();
  readonly #turns = new Turns();
  #acceleratorFailed = false;

  /** @param options.background the process gives way to others, so that looking at photos stays quick meanwhile */
  constructor(options: {
    launch: Launcher;
    settings: EngineSettings;
    graceSeconds?: number;
    idleSeconds?: number;
    background?: Background;
  }) {
    this.#settings = options.settings;
    this.#graceSeconds = options.graceSeconds ?? 5;
    this.#process = new EngineProcess({
      launch: options.launch,
      settings: options.settings,
      ...(options.idleSeconds === undefined ? {} : { idleSeconds: options.idleSeconds }),
      ...(options.background === undefined ? {} : { background: options.background }),
      events: {
        progress: (jobId, told) => {
          const job = this.#running.get(jobId);
          if (job === undefined) return;
          job.last = told;
          job.onProgress?.(told as never);
        },
        notice: (jobId, notice) => this.#running.get(jobId)?.onNotice?.(notice),
      },
    });
    const { photos, evaluation, models } = watchedCalls(engineProtocol.calls, {
      call: (name, given) => this.#process.call((_, call) => call(name, given)),
      job: (name, given, watch) => this.#turns.take(() => this.#job(name, given, { ...watch, last: null })),
    });
    this.photos = { ...photos, enhance: (request, handlers = {}) => this.#turns.take(() => this.#enhance(request, handlers)) };
    this.evaluation = evaluation;
    // A process that is yet to be started reads them anyway.
    this.models = { ...models, reload: async () => (this.processId === null ? undefined : models.reload()) };
  }

  /** Starts the process before the first call, so that it loads meanwhile. */
  start(): void {
    this.#process.start();
  }

  get processId(): number | null {
    return this.#process.processId;
  }

  async close(): Promise<void> {
    await this.#process.close();
  }

  /** Ends the process at once, whatever it does; resolves when what its job left is removed. */
  async kill(): Promise<void> {
    await this.#process.kill();
    await this.#turns.over();
  }

  async #enhance(request: Request, handlers: JobHandlers): Promise<JobReport> {
    const first = this.#acceleratorFailed && request.options.provider === 'auto' ? onCpu(request) : request;
    const running: Running = { ...handlers, last: null };
    try {
      return await this.#attempt(first, running);
    } catch (error) {
      const last = running.last as Progress | null;
      if (!isStop(error) || !wasOnAccelerator(first, last)) throw error;
      this.#acceleratorFailed = true;
      const device = last?.provider ?? sentence('device.accelerator');
      const notice: Notice = { code: 'retried', message: sentence('notice.retried', { device }) };
      handlers.onNotice?.(notice);
      const report = await this.#attempt(onCpu(request), running);
      return { ...report, notices: [notice, ...report.notices] };
    }
  }

  async #attempt(request: Request, running: Running): Promise<JobReport> {
    return (await this.#job('photos.enhance', [request], running, request)) as JobReport;
  }

  /**
   * @param request what the job may have begun to write the result of
   * @throws Problem as the engine found it; `cancelled` after an abort; `engine-stopped` when the process died
   */
  async #job(name: string, given: readonly unknown[], running: Running, request: Request | null = null): Promise<unknown> {
    const { signal } = running;
    throwIfCancelled(signal);
    const jobId = randomUUID();
    let graceTimer: NodeJS.Timeout | undefined;
    const ran: { on: number | null } = { on: null };
    const onAbort = (): void => {
      graceTimer = setTimeout(() => void this.#process.kill(), this.#graceSeconds * 1000);
      this.#process.call(({ process }) => process.cancel(jobId)).catch(() => undefined);
    };
    this.#running.set(jobId, running);
    signal?.addEventListener('abort', onAbort, { once: true });
    try {
      return await this.#process.call(async (_, call) => {
        ran.on = this.#process.processId;
        if (ran.on !== null) await running.onBegin?.(ran.on);
        return call(name, [jobId, ...given]);
      });
    } catch (error) {
      if (!isStop(error)) throw error;
      if (ran.on !== null) await this.#tidyUp(ran.on, request);
      throw signal?.aborted === true ? cancelled() : error;
    } finally {
      clearTimeout(graceTimer);
      signal?.removeEventListener('abort', onAbort);
      this.#running.delete(jobId);
    }
  }

  async #tidyUp(processId: number, request: Request | null): Promise<void> {
    const { temporaryFolder } = this.#settings;
    const imported = importedModelsFolder(this.#settings);
    if (imported !== null) await removeScratch(processId, imported);
    if (request === null) await removeScratch(processId, temporaryFolder);
    else await removeLeftovers(processId, request, temporaryFolder);
  }
}

const isStop = (error: unknown): error is Problem => error instanceof Problem && error.code === 'engine-stopped';
const onCpu = (request: Request): Request => ({ ...request, options: { ...request.options, provider: 'cpu' } });
/** An unknown provider counts: the process may have died while it was opening a driver. */
const wasOnAccelerator = (request: Request, last: Progress | null): boolean =>
  request.options.provider !== 'cpu' && last?.stage === 'enhance' && last.provider !== 'cpu';
