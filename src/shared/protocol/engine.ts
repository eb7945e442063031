import * as z from 'zod';
import {
  importDetailsSchema,
  type DeviceReport,
  type EngineSettings,
  type ImportOutcome,
  quantiseDetailsSchema,
  type QuantiseOutcome,
  type JobReport,
  type ModelSummary,
  type Notice,
  type PhotoFacts,
  type Plan,
  type Progress,
  type Pyramid,
  type Thumbnail,
} from '../engine-protocol.ts';
import type { Evaluation } from '../evaluation.ts';
import { requestSchema, type Request } from '../request.ts';
import { call, event, returns, type Calls, type Events, type Type } from './call.ts';
import { job, jobId, tells, type WatchedCalls } from './job.ts';

const path = z.string().min(1).max(32_767);
const paths = z.array(path).max(100_000) as z.ZodType<readonly string[]>;
const megapixels = z.number().positive().max(1_000_000);
const edge = z.int().min(1).max(65_535);
const position = z.int().min(0).max(10_000_000);
const modelId = z.string().min(1).max(200);
const settings: z.ZodType<EngineSettings> = z.strictObject({
  modelFolders: z.array(z.string().max(32_767)).max(100),
  cacheFolder: z.string().max(32_767),
  temporaryFolder: z.string().max(32_767),
  threads: z.int().min(1).max(10_000),
});
const request = requestSchema as z.ZodType<Request>;
const evaluationRequest = z.strictObject({ result: path, reference: path.nullable(), source: path.nullable(), metricsFolder: path });
/** 0…1. */
const fraction = tells<number>();
const nothing: Type<void> = returns();

/**
 * What the engine process answers the programs in front of it, and tells them. Both ends derive their types, names and checks from
 * this table; whatever does not fit is refused before a handler sees it.
 */
export const engineProtocol = {
  calls: {
    process: {
      /** To be called first. */
      open: call([settings], returns<{ processId: number }>()),
      /** Ends a job. */
      cancel: call([jobId], nothing),
    },

    photos: {
      /** Facts from the header; refused above so many megapixels. */
      inspect: call([path, megapixels], returns<PhotoFacts>()),
      plan: call([request], returns<Plan>()),
      /** Whether the file is a result of ours, unchanged since; false for anything unreadable. */
      isResult: call([path], returns<boolean>()),
      enhance: job([request], returns<JobReport>(), tells<Progress>()),
      /** The photo with its longer side at most so many pixels; never enlarged. */
      thumbnail: call([path, edge], returns<Thumbnail>()),
      /** The photo as PNG, upright, in sRGB, with its longer side at most so many pixels; never enlarged. */
      picture: call([path, edge], returns<Uint8Array>()),
      /** The zoom pyramid of a photo, made in the second file unless it lies there whole. */
      pyramid: job([path, path], returns<Pyramid>(), fraction),
      /** A tile `(level, column, row)` of the pyramid in a file as PNG, exact, with the photo's own profile. Rejects with `not-found` where there is none. */
      cutTile: call([path, position, position, position], returns<Uint8Array>()),
    },

    evaluation: {
      /** Measures a result. */
      measure: job([evaluationRequest], returns<Evaluation>(), fraction),
      /**
       * Where a result, reduced to the size of its source, differs from it, as PNG (`drift-scale.ts`) with its longer side at most so many
       * pixels: `(result, source, edge)`.
       */
      driftMap: call([path, path, edge], returns<Uint8Array>()),
    },

    models: {
      list: call([], returns<ModelSummary[]>()),
      /** Converts foreign model files, and those in folders, each by itself: what is wrong with one is in its outcome. Cancelled, it keeps the models that were finished before. */
      import: job([paths, importDetailsSchema], returns<ImportOutcome[]>(), fraction),
      /** Gives an imported model a graph in 8 bits, where that is like the one in 32 and faster. Takes up to minutes; cancelled, it changes nothing. */
      quantise: job([modelId, quantiseDetailsSchema], returns<QuantiseOutcome>(), fraction),
      /** Removes an imported model from the disk. */
      remove: call([modelId], nothing),
      /** Reads the models again, which another process has changed, and lets go of the files of those that nobody uses. */
      reload: call([], nothing),
      /** Tries one model on every device of this computer. */
      test: call([modelId], returns<DeviceReport[]>()),
      devices: call([], returns<DeviceReport[]>()),
    },
  },

  events: {
    /** How far a job is: see its row. */
    progress: event<[jobId: string, told: unknown]>(),
    notice: event<[jobId: string, notice: Notice]>(),
  },
} as const;

/** As they are on the wire: a job has an id. */
export type EngineCalls = Calls<(typeof engineProtocol)['calls']>;
export type EngineEvents = Events<(typeof engineProtocol)['events']>;
export type WatchedEngineCalls = WatchedCalls<(typeof engineProtocol)['calls']>;
