import { mkdir } from 'node:fs/promises';
import * as z from 'zod';
import type { DeviceReport, EngineCalls, EngineEvents, EngineSettings, ImportDetails, ImportOutcome } from '../shared/engine-protocol.ts';
import { Problem } from '../shared/problem.ts';
import { requestSchema, type Request } from '../shared/request.ts';
import type { WorkWatch } from '../shared/work-watch.ts';
import { createContext, type EngineContext } from './context.ts';
import { summaryOf } from './model-card.ts';
import type { UsableModel } from './runtime/model.ts';

/** What brings foreign models and takes them away, given by the program that has it; see the calls of these names. */
export interface ModelImports {
  importModels(paths: readonly string[], details: ImportDetails, context: EngineContext, watch: WorkWatch): Promise<ImportOutcome[]>;
  removeModel(id: string, context: EngineContext): Promise<void>;
}

/**
 * The engine as the object behind a message port. Native libraries are loaded when the first call needs them, so that
 * starting and listing models cost nothing. Arguments are validated: they come from another process.
 * From here on ONNX Runtime tells nobody what it is used for: since 1.29 it would, on Linux and macOS, with a number that it gives to
 * this computer, unless this is set before its first session (microsoft/onnxruntime#27379, docs/Privacy.md there).
 */
export function createEngine(events: EngineEvents, imports: ModelImports): EngineCalls {
  process.env.ORT_DISABLE_TELEMETRY = '1';
  const open = new OpenEngine(events);
  return {
    open: (settings) => open.with(settings),
    cancel: (jobId) => open.cancel(jobId),
    ...photoAnswers(open, events),
    ...modelAnswers(open, imports),
    ...viewAnswers(open),
    ...evaluationAnswers(open),
  };
}

/** Ends the work, and tells how far it is. */
interface RunningWatch extends WorkWatch {
  readonly signal: AbortSignal;
  readonly onProgress: (fraction: number) => void;
}

/** What all answers share: what was opened, and the jobs that can be cancelled. */
class OpenEngine {
  readonly #events: EngineEvents;
  readonly #jobs = new Map<string, AbortController>();
  #context: EngineContext | null = null;

  constructor(events: EngineEvents) {
    this.#events = events;
  }

  get context(): EngineContext {
    if (this.#context === null) throw new Error('open() must be called first');
    return this.#context;
  }

  async with(settings: EngineSettings): Promise<{ processId: number }> {
    this.#context = createContext(settings);
    await mkdir(settings.temporaryFolder, { recursive: true });
    await mkdir(settings.cacheFolder, { recursive: true });
    const { removeAbandonedScratch } = await import('./scratch.ts');
    await removeAbandonedScratch(settings.temporaryFolder);
    return { processId: process.pid };
  }

  /** Models are read again when they are next asked for. */
  forgetModels(): void {
    this.#context = createContext(this.context.settings);
  }

  /** Runs what {@link cancel} can end; `watch` tells a fraction, as of jobs that do not enhance. */
  async asJob<Answer>(jobId: string, work: (watch: RunningWatch) => Promise<Answer>): Promise<Answer> {
    if (this.#jobs.has(jobId)) throw new Error(`job ${jobId} is already running`);
    const controller = new AbortController();
    this.#jobs.set(jobId, controller);
    const onProgress = (fraction: number): void => {
      this.#events.progress(jobId, { fraction, stage: 'decode', pixelsPerSecond: 0, secondsLeft: null });
    };
    try {
      return await work({ signal: controller.signal, onProgress });
    } finally {
      this.#jobs.delete(jobId);
    }
  }

  cancel(jobId: string): Promise<void> {
    this.#jobs.get(jobId)?.abort();
    return Promise.resolve();
  }
}

const photoAnswers = (open: OpenEngine, events: EngineEvents): Pick<EngineCalls, 'inspect' | 'plan' | 'isResult' | 'enhance'> => ({
  async inspect(path, maxMegapixels) {
    const { inspectPhoto } = await import('./photo/inspect.ts');
    return inspectPhoto(path, { maxMegapixels });
  },

  async plan(request) {
    const { planJob } = await import('./plan.ts');
    return planJob(validated(request), open.context);
  },

  async isResult(path) {
    const { hasMark } = await import('./photo/inspect.ts');
    return hasMark(path);
  },

  enhance: (jobId, request) =>
    open.asJob(jobId, async ({ signal }) => {
      const { enhancePhoto } = await import('./enhance.ts');
      return enhancePhoto(validated(request), open.context, {
        signal,
        onProgress: (progress) => {
          events.progress(jobId, progress);
        },
        onNotice: (notice) => {
          events.notice(jobId, notice);
        },
      });
    }),
});

type ModelCalls = Pick<EngineCalls, 'models' | 'devices' | 'testModel' | 'importModels' | 'removeModel' | 'reloadModels'>;

function modelAnswers(open: OpenEngine, imports: ModelImports): ModelCalls {
  const measured = async (model: UsableModel | null): Promise<DeviceReport[]> => {
    const { measureDevices } = await import('./runtime/devices.ts');
    const { ofItsKind } = await import('./pipelines/kinds.ts');
    const { threads, cacheFolder } = open.context.settings;
    return measureDevices({ model: model && ofItsKind(model), threads, cacheFolder });
  };
  return {
    async models() {
      const { settings, models } = open.context;
      return (await models()).map((model) => summaryOf(model, settings));
    },

    async devices() {
      const { firstUsable } = await import('./models.ts');
      return measured(firstUsable(await open.context.models()));
    },

    async testModel(id) {
      const { findModel } = await import('./models.ts');
      return measured(findModel(await open.context.models(), id));
    },

    async importModels(jobId, paths, details) {
      try {
        return await open.asJob(jobId, (watch) => imports.importModels(paths, details, open.context, watch));
      } finally {
        open.forgetModels();
      }
    },

    async removeModel(id) {
      try {
        await imports.removeModel(id, open.context);
      } finally {
        open.forgetModels();
      }
    },

    async reloadModels() {
      const { closeIdleSessions } = await import('./runtime/sessions.ts');
      open.forgetModels();
      await closeIdleSessions();
    },
  };
}

function viewAnswers(open: OpenEngine): Pick<EngineCalls, 'thumbnail' | 'cutTile' | 'picture' | 'pyramid'> {
  const calls = once(async () => (await import('./view/view-calls.ts')).createViewCalls());
  return {
    thumbnail: async (path, edge) => (await calls()).thumbnail(path, edge),
    cutTile: async (file, level, column, row) => (await calls()).cutTile(file, level, column, row),
    picture: async (path, edge) => (await calls()).picture(path, edge),
    pyramid: (jobId, path, file) =>
      open.asJob(jobId, async (watch) =>
        (await calls()).pyramid(path, file, { ...watch, temporaryFolder: open.context.settings.temporaryFolder }),
      ),
  };
}

function evaluationAnswers(open: OpenEngine): Pick<EngineCalls, 'driftMap' | 'evaluate'> {
  const calls = once(async () => (await import('./evaluate/evaluate-calls.ts')).createEvaluateCalls());
  return {
    driftMap: async (result, source, edge) => (await calls()).driftMap(result, source, edge, open.context.settings.temporaryFolder),
    evaluate: (jobId, request) =>
      open.asJob(jobId, async (watch) => {
        const { temporaryFolder, threads } = open.context.settings;
        return (await calls()).evaluate(request, { ...watch, temporaryFolder, threads });
      }),
  };
}

/** The same promise every time, made at the first. */
function once<Value>(make: () => Promise<Value>): () => Promise<Value> {
  let made: Promise<Value> | null = null;
  return () => (made ??= make());
}

function validated(request: unknown): Request {
  const result = requestSchema.safeParse(request);
  if (result.success) return result.data;
  throw new Problem('bad-request', 'The options of this photo do not make sense together.', { detail: z.prettifyError(result.error) });
}
