import { mkdir } from 'node:fs/promises';
import * as z from 'zod';
import type { EngineCalls, EngineEvents, EngineSettings, ImportDetails, ImportOutcome, ModelSummary } from '../shared/engine-protocol.ts';
import { Problem } from '../shared/problem.ts';
import { requestSchema, type Request } from '../shared/request.ts';
import type { WorkWatch } from '../shared/work-watch.ts';
import type { EngineContext } from './context.ts';
import { authorOf, isImported, sourcesOf } from './model-card.ts';
import type { InstalledModel } from './models.ts';
import type { createEvaluateCalls } from './evaluate/evaluate-calls.ts';
import type { createViewCalls } from './view/view-calls.ts';

/** What converts foreign models, given by the program that has it; see `importModels` in the protocol. */
type ImportModels = (
  paths: readonly string[],
  details: ImportDetails,
  context: EngineContext,
  watch: WorkWatch,
) => Promise<ImportOutcome[]>;

/**
 * The engine as the object behind a message port. Native libraries are loaded when the first call needs them, so that
 * starting and listing models cost nothing. Arguments are validated: they come from another process.
 * From here on ONNX Runtime tells nobody what it is used for: since 1.29 it would, on Linux and macOS, with a number that it gives to
 * this computer, unless this is set before its first session (microsoft/onnxruntime#27379, docs/Privacy.md there).
 */
export function createEngine(events: EngineEvents, importModels: ImportModels): EngineCalls {
  process.env.ORT_DISABLE_TELEMETRY = '1';
  const jobs = new Map<string, AbortController>();
  let context: EngineContext | null = null;
  let view: Promise<ReturnType<typeof createViewCalls>> | null = null;
  let evaluating: Promise<ReturnType<typeof createEvaluateCalls>> | null = null;
  const viewing = (): NonNullable<typeof view> => (view ??= import('./view/view-calls.ts').then((module) => module.createViewCalls()));
  const evaluation = (): NonNullable<typeof evaluating> =>
    (evaluating ??= import('./evaluate/evaluate-calls.ts').then((module) => module.createEvaluateCalls()));
  const opened = (): EngineContext => {
    if (context === null) throw new Error('open() must be called first');
    return context;
  };
  /** Runs what {@link EngineCalls.cancel} can end. */
  const asJob = async <Answer>(jobId: string, work: (signal: AbortSignal) => Promise<Answer>): Promise<Answer> => {
    if (jobs.has(jobId)) throw new Error(`job ${jobId} is already running`);
    const controller = new AbortController();
    jobs.set(jobId, controller);
    try {
      return await work(controller.signal);
    } finally {
      jobs.delete(jobId);
    }
  };
  /** Of jobs that do not enhance. */
  const tellFraction = (jobId: string) => (fraction: number) => {
    events.progress(jobId, { fraction, stage: 'decode', pixelsPerSecond: 0, secondsLeft: null });
  };

  return {
    async open(settings) {
      context = createContext(settings);
      await mkdir(settings.temporaryFolder, { recursive: true });
      await mkdir(settings.cacheFolder, { recursive: true });
      const { removeAbandonedScratch } = await import('./scratch.ts');
      await removeAbandonedScratch(settings.temporaryFolder);
      return { processId: process.pid };
    },

    async inspect(path, maxMegapixels) {
      const { inspectPhoto } = await import('./photo/inspect.ts');
      return inspectPhoto(path, { maxMegapixels });
    },

    async plan(request) {
      const { planJob } = await import('./plan.ts');
      return planJob(validated(request), opened());
    },

    async isResult(path) {
      const { hasMark } = await import('./photo/mark.ts');
      return hasMark(path);
    },

    async enhance(jobId, request) {
      return asJob(jobId, async (signal) => {
        const { enhancePhoto } = await import('./enhance.ts');
        return enhancePhoto(validated(request), opened(), {
          signal,
          onProgress: (progress) => {
            events.progress(jobId, progress);
          },
          onNotice: (notice) => {
            events.notice(jobId, notice);
          },
        });
      });
    },

    cancel(jobId) {
      jobs.get(jobId)?.abort();
      return Promise.resolve();
    },

    async devices() {
      const { measureDevices } = await import('./runtime/devices.ts');
      const { settings, models } = opened();
      return measureDevices({ models: await models(), threads: settings.threads, cacheFolder: settings.cacheFolder });
    },

    async testModel(id) {
      const { measureDevices } = await import('./runtime/devices.ts');
      const { findModel } = await import('./models.ts');
      const { settings, models } = opened();
      return measureDevices({ models: [findModel(await models(), id)], threads: settings.threads, cacheFolder: settings.cacheFolder });
    },

    async models() {
      const { settings, models } = opened();
      return (await models()).map((model) => summaryOf(model, settings));
    },

    async importModels(jobId, paths, details) {
      try {
        return await asJob(jobId, (signal) => importModels(paths, details, opened(), { signal, onProgress: tellFraction(jobId) }));
      } finally {
        context = createContext(opened().settings);
      }
    },

    async removeModel(id) {
      const { removeModel } = await import('./imports/remove-model.ts');
      try {
        await removeModel(id, opened());
      } finally {
        context = createContext(opened().settings);
      }
    },

    async reloadModels() {
      const { closeIdleSessions } = await import('./runtime/open-sessions.ts');
      context = createContext(opened().settings);
      await closeIdleSessions();
    },

    thumbnail: async (path, edge) => (await viewing()).thumbnail(path, edge),
    cutTile: async (file, level, column, row) => (await viewing()).cutTile(file, level, column, row),
    picture: async (path, edge) => (await viewing()).picture(path, edge),
    async pyramid(jobId, path, file) {
      return asJob(jobId, async (signal) =>
        (await viewing()).pyramid(path, file, {
          temporaryFolder: opened().settings.temporaryFolder,
          signal,
          onProgress: tellFraction(jobId),
        }),
      );
    },

    driftMap: async (result, source, edge) => (await evaluation()).driftMap(result, source, edge, opened().settings.temporaryFolder),
    async evaluate(jobId, request) {
      return asJob(jobId, async (signal) => {
        const { temporaryFolder, threads } = opened().settings;
        return (await evaluation()).evaluate(request, { temporaryFolder, threads, signal, onProgress: tellFraction(jobId) });
      });
    },
  };
}

/** Models are read from disk on first use and kept; a reading that failed is not kept. */
export function createContext(settings: EngineSettings): EngineContext {
  let models: Promise<InstalledModel[]> | null = null;
  return {
    settings,
    models: () => {
      models ??= import('./models.ts')
        .then(({ loadModels }) => loadModels(settings.modelFolders))
        .catch((error: unknown) => {
          models = null;
          throw error;
        });
      return models;
    },
  };
}

function validated(request: unknown): Request {
  const result = requestSchema.safeParse(request);
  if (result.success) return result.data;
  throw new Problem('bad-request', 'The options of this photo do not make sense together.', { detail: z.prettifyError(result.error) });
}

/** What front doors are told about a model. */
export function summaryOf(model: InstalledModel, settings: EngineSettings): ModelSummary {
  const { id, folder, manifest, problem } = model;
  return {
    id,
    name: manifest?.name ?? id,
    summary: manifest?.summary ?? '',
    family: manifest?.family ?? null,
    experimental: manifest?.experimental ?? false,
    scale: manifest?.scale ?? 1,
    options: Object.keys(manifest?.options ?? {}),
    defaults: Object.fromEntries(Object.entries(manifest?.options ?? {}).map(([name, row]) => [name, row.default])),
    precisions: [...new Set(manifest?.graphs.map((graph) => graph.precision))],
    licence: manifest?.card.licence ?? '',
    limits: manifest?.card.limits ?? '',
    author: authorOf(manifest),
    credits: (manifest?.card.data?.credits ?? []).map(({ author, licence, source }) => ({ author, licence, source })),
    folder,
    removable: isImported(model, settings),
    sources: sourcesOf(manifest),
    problem: problem?.toData() ?? null,
  };
}
