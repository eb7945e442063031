import { randomUUID } from 'node:crypto';
import type {
  DeviceReport,
  EngineSettings,
  ImportDetails,
  ImportOutcome,
  JobReport,
  ModelSummary,
  Notice,
  PhotoFacts,
  Plan,
  Progress,
} from '../shared/engine-protocol.ts';
import type { Evaluation, EvaluationRequest } from '../shared/evaluation.ts';
import { cancelled, Problem, throwIfCancelled } from '../shared/problem.ts';
import type { Request } from '../shared/request.ts';
import type { WorkWatch } from '../shared/work-watch.ts';
import { EngineProcess, type Launcher, type RemoteEngine } from './engine-process.ts';
import type { Background } from './give-way.ts';
import { removeLeftovers, removeScratch } from './leftovers.ts';

export interface JobHandlers {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: Progress) => void) | undefined;
  readonly onNotice?: ((notice: Notice) => void) | undefined;
  /** Awaited before a process is given the job, also when another process gets it because the first one died. */
  readonly onBegin?: ((processId: number) => Promise<void>) | undefined;
}

interface Watch extends JobHandlers {
  last: Progress | null;
}

/** The calls of the engine as a front door makes them. */
export interface Engine {
  inspect(path: string, maxMegapixels: number): Promise<PhotoFacts>;
  plan(request: Request): Promise<Plan>;
  enhance(request: Request, handlers?: JobHandlers): Promise<JobReport>;
  devices(): Promise<DeviceReport[]>;
  models(): Promise<ModelSummary[]>;
}

/**
 * The engine in its own process, one job at a time. A job is cancelled within a tile, or by killing the process when that
 * takes longer than the grace time. A process that dies takes only its job with it: that one is done again on the CPU if an
 * accelerator was at work, else rejected with Problem `engine-stopped`; the next call runs on a fresh process.
 */
export class SupervisedEngine implements Engine {
  readonly #process: EngineProcess;
  readonly #settings: EngineSettings;
  readonly #graceSeconds: number;
  readonly #watches = new Map<string, Watch>();
  #lastJob: Promise<unknown> = Promise.resolve();
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
        progress: (jobId, progress) => {
          const watch = this.#watches.get(jobId);
          if (watch === undefined) return;
          watch.last = progress;
          watch.onProgress?.(progress);
        },
        notice: (jobId, notice) => this.#watches.get(jobId)?.onNotice?.(notice),
      },
    });
  }

  /** Starts the process before the first call, so that it loads meanwhile. */
  start(): void {
    this.#process.start();
  }

  get processId(): number | null {
    return this.#process.processId;
  }

  async inspect(path: string, maxMegapixels: number): Promise<PhotoFacts> {
    return this.#process.call((calls) => calls.inspect(path, maxMegapixels));
  }

  async plan(request: Request): Promise<Plan> {
    return this.#process.call((calls) => calls.plan(request));
  }

  async isResult(path: string): Promise<boolean> {
    return this.#process.call((calls) => calls.isResult(path));
  }

  async devices(): Promise<DeviceReport[]> {
    return this.#process.call((calls) => calls.devices());
  }

  async models(): Promise<ModelSummary[]> {
    return this.#process.call((calls) => calls.models());
  }

  /**
   * @throws Problem as the engine found it; `cancelled` after an abort: models that were finished before stay; `engine-stopped`
   */
  async importModels(paths: readonly string[], details: ImportDetails, { signal, onProgress }: WorkWatch = {}): Promise<ImportOutcome[]> {
    const watch: Watch = { signal, onProgress: ({ fraction }) => onProgress?.(fraction), last: null };
    return this.#inTurn(() =>
      this.#job(
        watch,
        (calls, jobId) => calls.importModels(jobId, paths, details),
        async (processId) => removeScratch(processId, this.#settings.modelFolders.at(-1) ?? ''),
      ),
    );
  }

  async removeModel(id: string): Promise<void> {
    return this.#process.call((calls) => calls.removeModel(id));
  }

  /** As `EngineCalls.reloadModels`; a process that is yet to be started reads them anyway. */
  async reloadModels(): Promise<void> {
    if (this.#process.processId !== null) await this.#process.call((calls) => calls.reloadModels());
  }

  async testModel(id: string): Promise<DeviceReport[]> {
    return this.#process.call((calls) => calls.testModel(id));
  }

  /**
   * @throws Problem as the engine found it; `cancelled` after an abort; `engine-stopped` when the process died
   */
  async enhance(request: Request, handlers: JobHandlers = {}): Promise<JobReport> {
    return this.#inTurn(() => this.#attempt(request, handlers));
  }

  /**
   * @throws Problem as the engine found it; `cancelled` after an abort; `engine-stopped` when the process died
   */
  async evaluate(request: EvaluationRequest, handlers: Pick<JobHandlers, 'signal' | 'onProgress'> = {}): Promise<Evaluation> {
    return this.#inTurn(() =>
      this.#job(
        { ...handlers, last: null },
        (calls, jobId) => calls.evaluate(jobId, request),
        () => Promise.resolve(),
      ),
    );
  }

  async close(): Promise<void> {
    await this.#process.close();
  }

  /** Ends the process at once, whatever it does; resolves when what its job left is removed. */
  async kill(): Promise<void> {
    await this.#process.kill();
    await this.#lastJob;
  }

  async #inTurn<Answer>(work: () => Promise<Answer>): Promise<Answer> {
    const job = this.#lastJob.then(work);
    this.#lastJob = job.catch(() => undefined);
    return job;
  }

  async #attempt(request: Request, handlers: JobHandlers): Promise<JobReport> {
    const watch: Watch = { ...handlers, last: null };
    const first = this.#acceleratorFailed && request.options.provider === 'auto' ? onCpu(request) : request;
    try {
      return await this.#run(first, watch);
    } catch (error) {
      if (!isStop(error) || !wasOnAccelerator(first, watch)) throw error;
      this.#acceleratorFailed = true;
      const where = watch.last?.provider ?? 'the accelerator';
      const notice: Notice = {
        code: 'retried',
        message: `The engine stopped while it used ${where}; the photo was done again on the CPU.`,
      };
      handlers.onNotice?.(notice);
      const report = await this.#run(onCpu(request), watch);
      return { ...report, notices: [notice, ...report.notices] };
    }
  }

  async #run(request: Request, watch: Watch): Promise<JobReport> {
    return this.#job(
      watch,
      (calls, jobId) => calls.enhance(jobId, request),
      (processId) => removeLeftovers(processId, request, this.#settings.temporaryFolder),
    );
  }

  /** @param tidy is given the process that died over the job */
  async #job<Answer>(
    watch: Watch,
    ask: (calls: RemoteEngine, jobId: string) => Promise<Answer>,
    tidy: (processId: number) => Promise<void>,
  ): Promise<Answer> {
    throwIfCancelled(watch.signal);
    const jobId = randomUUID();
    let graceTimer: NodeJS.Timeout | undefined;
    const ran: { on: number | null } = { on: null };
    const onAbort = (): void => {
      graceTimer = setTimeout(() => void this.#process.kill(), this.#graceSeconds * 1000);
      this.#process.call((calls) => calls.cancel(jobId)).catch(() => undefined);
    };
    this.#watches.set(jobId, watch);
    watch.signal?.addEventListener('abort', onAbort, { once: true });
    try {
      return await this.#process.call(async (calls) => {
        ran.on = this.#process.processId;
        if (ran.on !== null) await watch.onBegin?.(ran.on);
        return ask(calls, jobId);
      });
    } catch (error) {
      if (!isStop(error)) throw error;
      if (ran.on !== null) await tidy(ran.on);
      throw watch.signal?.aborted === true ? cancelled() : error;
    } finally {
      clearTimeout(graceTimer);
      watch.signal?.removeEventListener('abort', onAbort);
      this.#watches.delete(jobId);
    }
  }
}

const isStop = (error: unknown): error is Problem => error instanceof Problem && error.code === 'engine-stopped';
const onCpu = (request: Request): Request => ({ ...request, options: { ...request.options, provider: 'cpu' } });
/** An unknown provider counts: the process may have died while it was opening a driver. */
const wasOnAccelerator = (request: Request, { last }: Watch): boolean =>
  request.options.provider !== 'cpu' && last?.stage === 'enhance' && last.provider !== 'cpu';
