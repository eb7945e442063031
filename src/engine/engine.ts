import { mkdir } from 'node:fs/promises';
import * as z from 'zod';
import type { EngineCalls, EngineEvents, EngineSettings, ImportDetails, ImportOutcome, ModelSummary } from '../shared/engine-protocol.ts';
import { Problem } from '../shared/problem.ts';
import { requestSchema, type Request } from '../shared/request.ts';
import type { EngineContext } from './context.ts';
import type { InstalledModel } from './models.ts';

/** What converts foreign models, given by the program that has it; see `importModels` in the protocol. */
type ImportModels = (paths: readonly string[], details: ImportDetails, context: EngineContext) => Promise<ImportOutcome[]>;

/**
 * The engine as the object behind a message port. Native libraries are loaded when the first call needs them, so that
 * starting and listing models cost nothing. Arguments are validated: they come from another process.
 */
export function createEngine(events: EngineEvents, importModels: ImportModels): EngineCalls {
  const jobs = new Map<string, AbortController>();
  let context: EngineContext | null = null;
  const opened = (): EngineContext => {
    if (context === null) throw new Error('open() must be called first');
    return context;
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

    async enhance(jobId, request) {
      if (jobs.has(jobId)) throw new Error(`job ${jobId} is already running`);
      const controller = new AbortController();
      jobs.set(jobId, controller);
      try {
        const { enhancePhoto } = await import('./enhance.ts');
        return await enhancePhoto(validated(request), opened(), {
          signal: controller.signal,
          onProgress: (progress) => {
            events.progress(jobId, progress);
          },
          onNotice: (notice) => {
            events.notice(jobId, notice);
          },
        });
      } finally {
        jobs.delete(jobId);
      }
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
      return (await opened().models()).map(summaryOf);
    },

    async importModels(paths, details) {
      try {
        return await importModels(paths, details, opened());
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
export function summaryOf({ id, folder, manifest, problem }: InstalledModel): ModelSummary {
  return {
    id,
    name: manifest?.name ?? id,
    summary: manifest?.summary ?? '',
    family: manifest?.family ?? null,
    scale: manifest?.scale ?? 1,
    options: Object.keys(manifest?.options ?? {}),
    precisions: [...new Set(manifest?.graphs.map((graph) => graph.precision))],
    licence: manifest?.card.licence ?? '',
    limits: manifest?.card.limits ?? '',
    folder,
    problem: problem?.toData() ?? null,
  };
}
