import * as z from 'zod';
import type { CatalogueCard, DownloadProgress } from './catalogue.ts';
import {
  importableSteps,
  type DeviceReport,
  type ImportDetails,
  type ImportOutcome,
  type ModelSummary,
  type PhotoFacts,
  type Plan,
} from './engine-protocol.ts';
import type { Evaluation, MeasuredPair } from './evaluation.ts';
import { droppedFileSchema, libraryQuerySchema } from './library.ts';
import type { DroppedFile, FolderListing, LibraryQuery, LibraryState, LibraryView, PhotoCard } from './library.ts';
import { optionNames, options as optionRows, optionsSchema, type Options } from './options.ts';
import type { JobCard, JobProgress, QueueState } from './queue.ts';
import { regionSchema, type Region } from './request.ts';
import { settingsPatchSchema, type Settings } from './settings.ts';

/**
 * The one contract between the interface and the application, in every door. `AppCalls` is what the application answers,
 * `AppEvents` what it tells by itself. Doors answer through {@link argumentSchemas}: whatever does not fit is refused before a
 * handler sees it. Every call may reject with a Problem.
 */
export interface AppCalls {
  /** What the interface needs to show itself. Events follow from here on. */
  start(): Promise<Start>;

  /** The door's own dialog; photos and folders are opened. Null where the door has none: the interface then shows {@link listFolder}. */
  choose(kind: (typeof choosable)[number]): Promise<string[] | null>;
  /** A folder for the chooser; null means where a person would begin. */
  listFolder(path: string | null): Promise<FolderListing>;
  /** Adds photos, and folders with all below them, to the library; answers the ids of the photos that were named themselves. */
  open(paths: readonly string[]): Promise<number[]>;
  /** Takes opened folders and files out of the library. Nothing on disk changes. */
  closeRoots(paths: readonly string[]): Promise<void>;
  /** Takes single photos off the list until their folder is opened again. */
  hidePhotos(ids: readonly number[]): Promise<void>;
  /** Where dropped files lie, if they are found with the same names, sizes and times: the paths to open; otherwise null. */
  locate(dropped: readonly DroppedFile[]): Promise<string[] | null>;

  libraryView(query: LibraryQuery): Promise<LibraryView>;
  /** Details in the order of `ids`; ids that are gone are left out. At most {@link cardsAtOnce}. */
  photos(ids: readonly number[]): Promise<PhotoCard[]>;
  facts(id: number): Promise<PhotoFacts>;
  /** Makes the zoom pyramid of a photo or result if it is not there yet. `pyramidProgress` tells how far it is. */
  pyramid(id: number): Promise<Pyramid>;

  /** What options come to for a photo: size, name, estimated time. */
  plan(id: number, options: Options): Promise<Plan>;
  /** Enhances a rectangle (of at most {@link previewPixels} result pixels) of a photo; the answer is a photo for the pixel addresses. */
  preview(id: number, region: Region, options: Options): Promise<Preview>;
  cancelPreviews(): Promise<void>;

  /** Measures a result of a photo, also against a file of the person's choice. One at a time: what was asked before is cancelled. */
  evaluate(photo: number, result: number, reference: string | null): Promise<Evaluation>;
  cancelEvaluation(): Promise<void>;
  /**
   * Measures the results of those photos that have one, also against files in a folder of the person's choice that have their names.
   * `batchEvaluationProgress` tells of each. One batch at a time: what was asked before is cancelled.
   */
  evaluateBatch(ids: readonly number[], references: string | null): Promise<void>;
  /** What was measured is kept; {@link evaluateBatch} is answered. */
  cancelBatchEvaluation(): Promise<void>;
  /** What the last batch came to, as the text of a file; `svg` is a chart. */
  batchEvaluation(format: 'json' | 'csv' | 'svg'): Promise<string>;
  /** Downloads what a metric needs: like {@link downloadModel}, it uses the network. */
  downloadMetric(id: string): Promise<void>;

  /** Adds photos to the queue with the settings' options, over which `options` go, and starts it unless it is paused. */
  enqueue(ids: readonly number[], options: Partial<Options>): Promise<string[]>;
  jobIds(): Promise<readonly string[]>;
  jobs(ids: readonly string[]): Promise<JobCard[]>;
  /** Stops after the current photo; with `now` the current photo is begun again later. */
  pause(now: boolean): Promise<void>;
  /** Goes on, also with what an earlier run left. */
  resume(): Promise<void>;
  cancelJobs(ids: readonly string[]): Promise<void>;
  retryJobs(ids: readonly string[]): Promise<void>;
  /** Before job `before`; null: to the end. Only waiting jobs move. */
  moveJobs(ids: readonly string[], before: string | null): Promise<void>;
  /** Waiting jobs only. */
  changeJobs(ids: readonly string[], options: Partial<Options>): Promise<void>;
  /** Takes finished jobs off the list; null: all of them. */
  clearJobs(ids: readonly string[] | null): Promise<void>;
  /** What became of the jobs of the list, as a file's text. */
  batchReport(format: 'json' | 'csv'): Promise<string>;

  changeSettings(patch: Partial<Settings>): Promise<void>;
  models(): Promise<ModelSummary[]>;
  /** Converts foreign model files, and those in folders, each by itself: what is wrong with one is in its outcome. */
  importModels(paths: readonly string[], details: ImportDetails): Promise<ImportOutcome[]>;
  /** The import is rejected as `cancelled` and leaves nothing; models that were finished before stay. */
  cancelImport(): Promise<void>;
  /** Removes an imported model from the disk. */
  removeModel(id: string): Promise<void>;
  /** Tries one model on every device: takes seconds. */
  testModel(id: string): Promise<DeviceReport[]>;
  /** Models of other people that can be downloaded. Nothing is asked of the network. */
  catalogue(): Promise<CatalogueCard[]>;
  /** Downloads and imports a model of the catalogue, or goes on with it. No call but this and {@link downloadMetric} uses the network. */
  downloadModel(id: string): Promise<ModelSummary>;
  /** What has arrived is kept; the download is rejected as `cancelled`. */
  cancelDownload(id: string): Promise<void>;
  /** Measures where it was not measured before: takes seconds. */
  devices(): Promise<DeviceReport[]>;
  about(): Promise<About>;
  /** *Enhance with Onestep* in this person's file managers, as it is on the disk now. */
  desktopActions(): Promise<DesktopActionsState>;
  /** Puts these actions where they are not, or not as they should be; or removes them all. */
  setDesktopActions(wanted: boolean): Promise<DesktopActionsState>;

  /** Of a photo or a result. */
  showInFolder(id: number): Promise<void>;
  /** Opens a page of {@link allowedPages} in the person's browser. */
  openPage(page: Page): Promise<void>;
}

export interface AppEvents {
  libraryChanged(state: LibraryState): void;
  photosChanged(cards: readonly PhotoCard[]): void;
  queueChanged(state: QueueState): void;
  jobsChanged(cards: readonly JobCard[]): void;
  jobProgress(jobId: string, progress: JobProgress): void;
  pyramidProgress(id: number, fraction: number): void;
  /** How far the measuring of a result is, 0…1. */
  evaluationProgress(result: number, fraction: number): void;
  batchEvaluationProgress(progress: BatchEvaluationProgress): void;
  settingsChanged(settings: Settings): void;
  modelsChanged(models: readonly ModelSummary[]): void;
  /** How far the import is, 0…1; null: it is over, one way or the other. */
  importProgress(fraction: number | null): void;
  /** Null: it is over, one way or the other. */
  downloadProgress(id: string, progress: DownloadProgress | null): void;
  /** A page that the menu or a notification names. */
  navigate(place: Place): void;
  /** Another program has opened photos, or a folder alone: to be shown, the photos chosen. */
  opened(ids: readonly number[], folder: string | null): void;
}

/** What a person can be asked to choose on the disk. */
const choosable = ['photos', 'folder', 'output-folder', 'models', 'model-folder', 'reference', 'reference-folder'] as const;

export const places = ['library', 'queue', 'compare', 'models', 'settings', 'about'] as const;
export type Place = (typeof places)[number];

export interface Start {
  readonly door: 'electron' | 'browser';
  readonly platform: string;
  readonly version: string;
  /** Whether this Onestep can replace itself by a newer one: packages that know where those are. */
  readonly updates: boolean;
  /** The system's language, such as `de-AT`. */
  readonly systemLanguage: string;
  readonly settings: Settings;
  readonly library: LibraryState;
  readonly queue: QueueState;
}

export interface Pyramid {
  /** The photo's upright size in pixels. */
  readonly width: number;
  readonly height: number;
  readonly tileSide: number;
  /** Level 0 is the smallest; the last one has every pixel. */
  readonly levels: readonly { readonly width: number; readonly height: number }[];
}

export interface Preview {
  readonly photo: number;
  readonly version: string;
  readonly width: number;
  readonly height: number;
  readonly model: string;
  readonly seconds: number;
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

const id = z.int().min(0);
const ids = z.array(id).max(1_000_000);
const path = z.string().min(1).max(32_767);
const paths = z.array(path).max(100_000);
const jobIds = z.array(z.string().min(1).max(60)).max(1_000_000);
const modelId = z.string().min(1).max(200);
const words = z.string().min(1).max(2000).optional();
const diffusionDetails = z.strictObject({
  lora: path.optional(),
  loraScale: z.number().positive().max(100).optional(),
  embedding: path.optional(),
  timestep: z.int().min(0).max(999).optional(),
  step: z.enum(importableSteps).optional(),
  keepFp32: z.boolean().optional(),
});
const importDetails = z.strictObject({
  ...{ name: words, licence: words, summary: words, author: words },
  blend: z.boolean().optional(),
  diffusion: diffusionDetails.optional(),
});
/** Unlike the options' own schema, absent ones stay absent. */
const someOptions = z.strictObject(
  Object.fromEntries(optionNames.map((name) => [name, (optionRows[name].schema as z.ZodType).optional()])),
) as unknown as z.ZodType<Partial<Options>>;
const allOptions = optionsSchema as z.ZodType<Options>;

/** What the arguments of each call must look like. */
export const argumentSchemas: { readonly [Name in keyof AppCalls]: z.ZodType<Parameters<AppCalls[Name]>> } = {
  start: z.tuple([]),
  choose: z.tuple([z.enum(choosable)]),
  listFolder: z.tuple([path.nullable()]),
  open: z.tuple([paths]),
  closeRoots: z.tuple([paths]),
  hidePhotos: z.tuple([ids]),
  locate: z.tuple([z.array(droppedFileSchema).max(100_000)]),
  libraryView: z.tuple([libraryQuerySchema]),
  photos: z.tuple([z.array(id).max(cardsAtOnce)]),
  facts: z.tuple([id]),
  pyramid: z.tuple([id]),
  plan: z.tuple([id, allOptions]),
  preview: z.tuple([id, regionSchema, allOptions]),
  cancelPreviews: z.tuple([]),
  evaluate: z.tuple([id, id, path.nullable()]),
  cancelEvaluation: z.tuple([]),
  evaluateBatch: z.tuple([ids, path.nullable()]),
  cancelBatchEvaluation: z.tuple([]),
  batchEvaluation: z.tuple([z.enum(['json', 'csv', 'svg'])]),
  downloadMetric: z.tuple([modelId]),
  enqueue: z.tuple([ids, someOptions]),
  jobIds: z.tuple([]),
  jobs: z.tuple([jobIds.max(cardsAtOnce)]),
  pause: z.tuple([z.boolean()]),
  resume: z.tuple([]),
  cancelJobs: z.tuple([jobIds]),
  retryJobs: z.tuple([jobIds]),
  moveJobs: z.tuple([jobIds, z.string().nullable()]),
  changeJobs: z.tuple([jobIds, someOptions]),
  clearJobs: z.tuple([jobIds.nullable()]),
  batchReport: z.tuple([z.enum(['json', 'csv'])]),
  changeSettings: z.tuple([settingsPatchSchema]),
  models: z.tuple([]),
  importModels: z.tuple([paths, importDetails]),
  cancelImport: z.tuple([]),
  removeModel: z.tuple([modelId]),
  testModel: z.tuple([modelId]),
  catalogue: z.tuple([]),
  downloadModel: z.tuple([modelId]),
  cancelDownload: z.tuple([modelId]),
  devices: z.tuple([]),
  about: z.tuple([]),
  desktopActions: z.tuple([]),
  setDesktopActions: z.tuple([z.boolean()]),
  showInFolder: z.tuple([id]),
  openPage: z.tuple([z.enum(Object.keys(allowedPages) as [Page, ...Page[]])]),
};
