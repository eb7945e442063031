import type {
  DeviceReport,
  EngineSettings,
  ImportDetails,
  ImportOutcome,
  QuantiseDetails,
  QuantiseOutcome,
} from '../shared/engine-protocol.ts';
import { checkedCalls, type Handlers } from '../shared/protocol/call.ts';
import { engineProtocol, type EngineCalls, type EngineEvents } from '../shared/protocol/engine.ts';
import { Problem } from '../shared/problem.ts';
import { sentence } from '../shared/sentence.ts';
import type { WorkWatch } from '../shared/work-watch.ts';
import { createContext, type EngineContext } from './context.ts';
import { summaryOf } from './model-card.ts';
import type { UsableModel } from './runtime/model.ts';

/** What brings foreign models and takes them away, given by the program that has it; see the calls of these names. */
export interface ModelImports {
  importModels(paths: readonly string[], details: ImportDetails, context: EngineContext, watch: WorkWatch): Promise<ImportOutcome[]>;
  quantiseModel(id: string, details: QuantiseDetails, context: EngineContext, watch: WorkWatch): Promise<QuantiseOutcome>;
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
  return checkedCalls(engineProtocol.calls, {
    process: {
      open: (settings) => open.with(settings),
      cancel: (jobId) => {
        open.cancel(jobId);
      },
    },
    photos: { ...photoAnswers(open, events), ...viewAnswers(open) },
    evaluation: evaluationAnswers(open),
    models: modelAnswers(open, imports),
  });
}

type Answers<Noun extends keyof EngineCalls> = Handlers<(typeof engineProtocol)['calls']>[Noun];

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
    if (this.#context === null) throw new Error('process.open must be called first');
    return this.#context;
  }

  async with(settings: EngineSettings): Promise<{ processId: number }> {
    this.#context = createContext(settings);
    const { makeOwnFolder, removeAbandonedScratch } = await import('./scratch.ts');
    await makeOwnFolder(settings.cacheFolder, () => Promise.resolve());
    await makeOwnFolder(settings.temporaryFolder, () => removeAbandonedScratch(settings.temporaryFolder));
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
      this.#events.progress(jobId, fraction);
    };
    try {
      return await work({ signal: controller.signal, onProgress });
    } finally {
      this.#jobs.delete(jobId);
    }
  }

  cancel(jobId: string): void {
    this.#jobs.get(jobId)?.abort();
  }
}

const photoAnswers = (open: OpenEngine, events: EngineEvents): Pick<Answers<'photos'>, 'inspect' | 'plan' | 'isResult' | 'enhance'> => ({
  async inspect(path, maxMegapixels) {
    const { inspectPhoto } = await import('./photo/inspect.ts');
    return inspectPhoto(path, { maxMegapixels });
  },

  async plan(request) {
    const { planJob } = await import('./plan.ts');
    return planJob(request, open.context);
  },

  async isResult(path) {
    const { hasMark } = await import('./photo/inspect.ts');
    return hasMark(path);
  },

  enhance: (jobId, request) =>
    open.asJob(jobId, async ({ signal }) => {
      const { enhancePhoto } = await import('./enhance.ts');
      return enhancePhoto(request, open.context, {
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

function modelAnswers(open: OpenEngine, imports: ModelImports): Answers<'models'> {
  const measured = async (model: UsableModel | null): Promise<DeviceReport[]> => {
    const { measureDevices } = await import('./runtime/devices.ts');
    const { runnableOf } = await import('./pipelines/kinds.ts');
    const { threads, cacheFolder } = open.context.settings;
    const runnable = model && runnableOf(model);
    if (model !== null && runnable === null) throw new Problem('bad-request', sentence('model.processorOnly', { id: model.id }));
    return measureDevices({ model: runnable, threads, cacheFolder });
  };
  return {
    async list() {
      const { settings, models } = open.context;
      return (await models()).map((model) => summaryOf(model, settings));
    },

    async devices() {
      const { firstUsable } = await import('./models.ts');
      return measured(firstUsable(await open.context.models()));
    },

    async test(id) {
      const { findModel } = await import('./models.ts');
      return measured(findModel(await open.context.models(), id));
    },

    async import(jobId, paths, details) {
      try {
        return await open.asJob(jobId, (watch) => imports.importModels(paths, details, open.context, watch));
      } finally {
        open.forgetModels();
      }
    },

    async quantise(jobId, id, details) {
      try {
        return await open.asJob(jobId, (watch) => imports.quantiseModel(id, details, open.context, watch));
      } finally {
        open.forgetModels();
      }
    },

    async remove(id) {
      try {
        await imports.removeModel(id, open.context);
      } finally {
        open.forgetModels();
      }
    },

    async reload() {
      const { closeIdleSessions } = await import('./runtime/sessions.ts');
      open.forgetModels();
      await closeIdleSessions();
    },
  };
}

function viewAnswers(open: OpenEngine): Pick<Answers<'photos'>, 'thumbnail' | 'cutTile' | 'picture' | 'pyramid'> {
  const tiles = once(async () => new (await import('./view/tiles.ts')).Tiles());
  return {
    thumbnail: async (path, edge) => (await import('./view/rendition.ts')).renderThumbnail(path, edge),
    picture: async (path, edge) => (await import('./view/rendition.ts')).renderPicture(path, edge),
    cutTile: async (file, level, column, row) => (await tiles()).cut(file, level, column, row),
    pyramid: (jobId, path, file) =>
      open.asJob(jobId, async (watch) => {
        const { makePyramid } = await import('./view/pyramid.ts');
        return makePyramid(path, file, { ...watch, temporaryFolder: open.context.settings.temporaryFolder });
      }),
  };
}

function evaluationAnswers(open: OpenEngine): Answers<'evaluation'> {
  const learnedMetrics = once(async () => new (await import('./evaluate/learned-metrics.ts')).LearnedMetrics());
  return {
    driftMap: async (result, source, edge) => {
      const { renderDriftMap } = await import('./evaluate/drift-map.ts');
      return renderDriftMap({ result, source }, edge, open.context.settings.temporaryFolder);
    },
    measure: (jobId, request) =>
      open.asJob(jobId, async (watch) => {
        const { evaluateResult } = await import('./evaluate/evaluate.ts');
        const { temporaryFolder, threads } = open.context.settings;
        return evaluateResult(request, { ...watch, temporaryFolder, threads, learned: await learnedMetrics() });
      }),
  };
}

/** The same promise every time, made at the first. */
function once<Value>(make: () => Promise<Value>): () => Promise<Value> {
  let made: Promise<Value> | null = null;
  return () => (made ??= make());
}
