import * as z from 'zod';
import type { CatalogueCard, DownloadProgress } from './catalogue.ts';
import {
  importDetailsSchema,
  type DeviceReport,
  type ImportOutcome,
  type ModelSummary,
  type QuantiseOutcome,
  type PhotoFacts,
  type Plan,
  type Pyramid,
} from './engine-protocol.ts';
import { fleetCalls, type FleetAdding } from './fleet.ts';
import type { Evaluation, MeasuredPair } from './evaluation.ts';
import { choosable, droppedFileSchema, libraryQuerySchema } from './library.ts';
import type { FolderListing, LibraryState, LibraryView, PhotoCard, ResultCard } from './library.ts';
import { optionsSchema, someOptions, type Options } from './options.ts';
import { call, event, returns, type Calls, type Events, type Type } from './protocol/call.ts';
import { jobId } from './protocol/job.ts';
import { jobStates, type JobCard, type JobProgress, type QueueState } from './queue.ts';
import { regionSchema } from './request.ts';
import { settingsPatchSchema, type Settings } from './settings.ts';

export const places = ['library', 'queue', 'fleet', 'compare', 'models', 'settings', 'about', 'help'] as const;
export type Place = (typeof places)[number];

/** Pages of docs/user, which the interface shows itself. */
export const helpPages = ['index', 'troubleshooting', 'fleet', 'privacy', 'cuda'] as const;
export type HelpPage = (typeof helpPages)[number];

export interface InitialState {
  readonly door: 'electron' | 'browser';
  readonly platform: string;
  /** Whether there is a desktop on which folders and pages can be opened. */
  readonly desktop: boolean;
  readonly version: string;
  /** Whether this Onestep can replace itself by a newer one: packages that know where those are. */
  readonly updates: boolean;
  /** The system's language, such as `de-AT`. */
  readonly systemLanguage: string;
  readonly settings: Settings;
  readonly library: LibraryState;
  readonly queue: QueueState;
}

export interface Preview {
  readonly photo: number;
  readonly version: string;
  readonly width: number;
  readonly height: number;
  readonly model: string;
  readonly seconds: number;
}

/** What options come to for many photos together. Where not all could be looked at in time (`exact` is false), sums are estimates. */
export interface BatchTotal {
  readonly photos: number;
  /** Of these, so many will be left out because there is nothing to do, or cannot be enhanced at all. */
  readonly skipped: number;
  readonly unreadable: number;
  /** Of the results. */
  readonly pixels: number;
  /** Null where nothing was measured yet. */
  readonly seconds: number | null;
  readonly bytes: number;
  /** Free on the disk that the results go to; null where it does not say. */
  readonly free: number | null;
  readonly exact: boolean;
}

export interface MeasuredPhoto extends MeasuredPair {
  /** The photo whose result it is. */
  readonly photo: number;
}

export interface BatchEvaluationProgress {
  /** How many of `count` results are measured, with the part of the current one. */
  readonly done: number;
  readonly count: number;
  /** The one that has just been measured; null while one is under way. */
  readonly latest: MeasuredPhoto | null;
}

export interface About {
  readonly version: string;
  readonly versions: Readonly<Record<string, string>>;
  readonly folders: Readonly<Record<string, string>>;
  /** THIRD-PARTY-NOTICES.md. */
  readonly notices: string;
}

export interface DesktopActionsState {
  /** `amiss`: something is missing, or starts another copy of Onestep. `impossible`: a file manager could not start this door. */
  readonly state: 'off' | 'on' | 'amiss' | 'impossible';
  /** The file managers that have them, as they call themselves. */
  readonly places: readonly string[];
}

/** Everything that may ever be opened in a browser: addresses, and pages of our own (docs/user), which are files. */
export const allowedPages = {
  paper: 'https://arxiv.org/abs/2410.04224',
  node: 'https://nodejs.org',
  guide: 'help/index.html',
  privacy: 'help/privacy.html',
  troubleshooting: 'help/troubleshooting.html',
} as const;
export type Page = keyof typeof allowedPages;

export const cardsAtOnce = 500;
export const previewPixels = 16_000_000;

const list = <Item>(item: z.ZodType<Item>, most: number): z.ZodType<readonly Item[]> => z.array(item).max(most);

const id = z.int().min(0);
const ids = list(id, 1_000_000);
const path = z.string().min(1).max(32_767);
const paths = list(path, 100_000);
const jobIds = list(jobId, 1_000_000);
const modelId = z.string().min(1).max(200);
const allOptions = optionsSchema as z.ZodType<Options>;
const report = z.enum(['json', 'csv']);
const nothing: Type<void> = returns();

/**
 * The one contract between the interface and the application, in every door: what the application answers, and what it tells by
 * itself. Both ends derive their types, names and checks from this table; whatever does not fit is refused before a handler sees it.
 */
export const contract = {
  calls: {
    app: {
      /** What the interface needs to show itself. Events follow from here on. */
      start: call([], returns<InitialState>()),
      about: call([], returns<About>()),
      /** A page of docs/user, as HTML. */
      help: call([z.enum(helpPages)], returns<string>()),
    },

    desktop: {
      /** The door's own dialog; photos and folders are opened. Null where the door has none: the interface then shows `listFolder`. */
      choose: call([z.enum(choosable)], returns<string[] | null>()),
      /** A folder for the chooser; null means where a person would begin. */
      listFolder: call([path.nullable()], returns<FolderListing>()),
      /** Makes a folder inside another, for the chooser; answers its path. */
      makeFolder: call([path, z.string().min(1).max(255)], returns<string>()),
      /** Of a photo or a result. */
      showInFolder: call([id], nothing),
      /** Opens a page of {@link allowedPages} in the person's browser. */
      openPage: call([z.enum(Object.keys(allowedPages) as [Page, ...Page[]])], nothing),
      /** *Enhance with Onestep* in this person's file managers, as it is on the disk now. */
      actions: call([], returns<DesktopActionsState>()),
      /** Puts these actions where they are not, or not as they should be; or removes them all. */
      setActions: call([z.boolean()], returns<DesktopActionsState>()),
    },

    library: {
      /** Adds photos, and folders with all below them; answers the ids of the photos that were named themselves. */
      open: call([paths], returns<number[]>()),
      /** Takes opened folders and files out of the library. Nothing on disk changes. */
      close: call([paths], nothing),
      /** Takes single photos off the list until their folder is opened again, also at the next start. */
      hide: call([ids], nothing),
      /** Takes that back. */
      unhide: call([ids], nothing),
      /** Where dropped files lie, if they are found with the same names, sizes and times: the paths to open; otherwise null. */
      locate: call([list(droppedFileSchema, 100_000)], returns<string[] | null>()),
      view: call([libraryQuerySchema], returns<LibraryView>()),
    },

    photos: {
      /** Details in the order of the ids; those that are gone are left out. At most {@link cardsAtOnce}. */
      cards: call([list(id, cardsAtOnce)], returns<PhotoCard[]>()),
      facts: call([id], returns<PhotoFacts>()),
      /** All results of a photo that exist, the newest first. */
      results: call([id], returns<ResultCard[]>()),
      /** Makes the zoom pyramid of a photo or result if it is not there yet. `pyramidProgress` tells how far it is. */
      pyramid: call([id], returns<Pyramid>()),
      /** What options come to for a photo: size, name, estimated time. */
      plan: call([id, allOptions], returns<Plan>()),
      /** What options come to for all of these photos; one question at a time, the one before is cancelled. */
      total: call([ids, allOptions], returns<BatchTotal>()),
      /** Enhances a rectangle (of at most {@link previewPixels} result pixels) of a photo; the answer is a photo for the pixel addresses. */
      preview: call([id, regionSchema, allOptions], returns<Preview>()),
      cancelPreviews: call([], nothing),
    },

    evaluation: {
      /**
       * Measures a result of a photo, also against a file of the person's choice: `(photo, result, reference)`. One at a time: what was
       * asked before is cancelled.
       */
      measure: call([id, id, path.nullable()], returns<Evaluation>()),
      cancel: call([], nothing),
    },

    batchEvaluation: {
      /**
       * Measures the results of those photos that have one, also against files in a folder of the person's choice that have their names.
       * `batchEvaluationProgress` tells of each. One batch at a time: what was asked before is cancelled.
       */
      measure: call([ids, path.nullable()], nothing),
      /** What was measured is kept; `measure` is answered. */
      cancel: call([], nothing),
      /** What the last batch came to, as the text of a file; `svg` is a chart. */
      report: call([z.enum(['json', 'csv', 'svg'])], returns<string>()),
    },

    metrics: {
      /** Downloads what a metric needs: like `catalogue.download`, it uses the network. */
      download: call([modelId], nothing),
    },

    queue: {
      /** Adds photos with the settings' options, over which these go, and starts the queue unless it is paused; answers the jobs' ids. */
      enqueue: call([ids, someOptions], returns<string[]>()),
      /** In the order of the queue: those in one of these states, or all where none is named. */
      ids: call([z.array(z.enum(jobStates))], returns<readonly string[]>()),
      /** At most {@link cardsAtOnce}. */
      cards: call([list(jobId, cardsAtOnce)], returns<JobCard[]>()),
      /** The job that made a result, as long as it is on the list. */
      jobOf: call([id], returns<JobCard | null>()),
      /** Stops after the current photo; with `true` the current photo is begun again later. */
      pause: call([z.boolean()], nothing),
      /** Goes on, also with what an earlier run left. */
      resume: call([], nothing),
      cancel: call([jobIds], nothing),
      retry: call([jobIds], nothing),
      /** Moves waiting jobs before another one; null: to the end. */
      move: call([jobIds, jobId.nullable()], nothing),
      /** Waiting jobs only. */
      change: call([jobIds, someOptions], nothing),
      /** Takes finished jobs off the list; null: all of them. */
      clear: call([jobIds.nullable()], nothing),
      /** What became of the jobs of the list, as a file's text. */
      report: call([report], returns<string>()),
    },

    fleet: fleetCalls,

    settings: {
      change: call([settingsPatchSchema], nothing),
    },

    models: {
      list: call([], returns<ModelSummary[]>()),
      /** Converts foreign model files, and those in folders, each by itself: what is wrong with one is in its outcome. */
      import: call([paths, importDetailsSchema], returns<ImportOutcome[]>()),
      /** The import is rejected as `cancelled` and leaves nothing; models that were finished before stay. */
      cancelImport: call([], nothing),
      /** Tries an imported model in 8 bits, and keeps them where they are alike and faster. Takes up to minutes; cancelled, it changes nothing. */
      quantise: call([modelId], returns<QuantiseOutcome>()),
      /** It is rejected as `cancelled`. */
      cancelQuantise: call([], nothing),
      /** Removes an imported model from the disk. */
      remove: call([modelId], nothing),
      /** Tries one model on every device: takes seconds. */
      test: call([modelId], returns<DeviceReport[]>()),
      /** The devices of this computer. Measures where it was not measured before: takes seconds. */
      devices: call([], returns<DeviceReport[]>()),
    },

    catalogue: {
      /** Models of other people that can be downloaded. Nothing is asked of the network. */
      list: call([], returns<CatalogueCard[]>()),
      /** Downloads and imports a model, or goes on with it. No call but this and `metrics.download` uses the network. */
      download: call([modelId], returns<ModelSummary>()),
      /** What has arrived is kept; the download is rejected as `cancelled`. */
      cancel: call([modelId], nothing),
    },
  },

  events: {
    libraryChanged: event<[state: LibraryState]>(),
    photosChanged: event<[cards: readonly PhotoCard[]]>(),
    queueChanged: event<[state: QueueState]>(),
    jobsChanged: event<[cards: readonly JobCard[]]>(),
    jobProgress: event<[jobId: string, progress: JobProgress]>(),
    pyramidProgress: event<[id: number, fraction: number]>(),
    /** How far the measuring of a result is, 0…1. */
    evaluationProgress: event<[result: number, fraction: number]>(),
    batchEvaluationProgress: event<[progress: BatchEvaluationProgress]>(),
    /** How many photos are in the queue of the fleet; null: adding is over, one way or the other. */
    fleetAdding: event<[progress: FleetAdding | null]>(),
    settingsChanged: event<[settings: Settings]>(),
    modelsChanged: event<[models: readonly ModelSummary[]]>(),
    /** How far the import is, 0…1; null: it is over, one way or the other. */
    importProgress: event<[fraction: number | null]>(),
    /** How far the trial of 8 bits is, 0…1; null: it is over, one way or the other. */
    quantiseProgress: event<[id: string, fraction: number | null]>(),
    /** Null: it is over, one way or the other. */
    downloadProgress: event<[id: string, progress: DownloadProgress | null]>(),
    /** A page that the menu or a notification names. */
    navigate: event<[place: Place]>(),
    /** Another program has opened photos, or a folder alone: to be shown, the photos chosen. */
    opened: event<[ids: readonly number[], folder: string | null]>(),
  },
} as const;

export type AppCalls = Calls<(typeof contract)['calls']>;
export type AppEvents = Events<(typeof contract)['events']>;
