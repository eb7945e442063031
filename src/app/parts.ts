import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { contract } from '../shared/contract.ts';
import { importedModelsFolder, type EngineSettings } from '../shared/engine-protocol.ts';
import { languageOf } from '../shared/language.ts';
import { event } from '../shared/protocol/call.ts';
import { EventFan } from '../shared/protocol/event-fan.ts';
import type { Settings } from '../shared/settings.ts';
import { DesktopActions } from './desktop-actions/desktop-actions.ts';
import type { Door, SettingsStore } from './door.ts';
import type { Launcher } from './engine-process.ts';
import { FleetMembership, type FleetProgram } from './fleet.ts';
import { BatchEvaluation } from './evaluate/batch-evaluation.ts';
import { Evaluations } from './evaluate/evaluations.ts';
import { MetricFiles } from './evaluate/metric-files.ts';
import { catalogueFile, downloadsFolder, metricsFolder, modelFolders, type Folders } from './folders.ts';
import { jobEngine } from './jobs/job-run.ts';
import { Speeds, withSpeeds } from './jobs/speeds.ts';
import { Library } from './library/library.ts';
import { Downloads } from './models/downloads.ts';
import { InstalledModels } from './models/installed-models.ts';
import { PhotoPixels } from './photos/photo-pixels.ts';
import { PhotoRegister } from './photos/photo-register.ts';
import { Queue } from './queue/queue.ts';
import { SettingsKeeper } from './settings/settings-keeper.ts';
import { SupervisedEngine } from './supervised-engine.ts';

export interface ApplicationOptions {
  readonly door: Door;
  readonly store: SettingsStore;
  readonly folders: Folders;
  /** Starts engine processes the way the setting `engineProcess` asks for, as far as the door can. */
  readonly launcherFor: (choice: Settings['engineProcess']) => Launcher;
  /** Not before somebody asks for a fleet. */
  readonly loadFleet: () => Promise<FleetProgram>;
  /** Holds `models/` and `THIRD-PARTY-NOTICES.md`. */
  readonly packageFolder: string;
  readonly version: string;
  /** Such as `de-AT`. */
  readonly systemLanguage: string;
  readonly platform: NodeJS.Platform;
}

/** What the application consists of, in the order in which it is made: a part is given those before it, and hears of later ones by events. */
export interface Parts extends ApplicationOptions {
  readonly events: EventFan<typeof events>;
  readonly register: PhotoRegister;
  readonly settings: SettingsKeeper;
  readonly engines: Engines;
  readonly models: InstalledModels;
  readonly downloads: Downloads;
  readonly metrics: MetricFiles;
  readonly evaluations: Evaluations;
  readonly batchEvaluation: BatchEvaluation;
  readonly pixels: PhotoPixels;
  readonly library: Library;
  readonly queue: Queue;
  readonly fleet: FleetMembership;
  readonly desktopActions: DesktopActions;
}

/** The contract's, and what the parts tell each other. */
const events = {
  ...contract.events,
  /** The upright size of a photo, whenever it was met. */
  photoSized: event<[id: number, width: number, height: number]>(),
  /** New photos lie in opened folders. */
  photosArrived: event<[ids: readonly number[]]>(),
} as const;

/** As many opened folders and files as the settings hold. */
const rememberedRoots = 1000;
/** As many removed photos as the settings hold. */
const rememberedHidden = 10_000;

export function createParts(options: ApplicationOptions): Parts {
  const { door, folders, packageFolder } = options;
  const told = new EventFan(events);
  const { tell } = told;
  const register = new PhotoRegister();
  const settings = new SettingsKeeper(options.store, tell.settingsChanged);
  const launch = options.launcherFor(settings.current.engineProcess);
  const engine = engineSettings(options);
  const engines = createEngines(launch, engine);
  const pixels = new PhotoPixels({
    register,
    launch,
    engine,
    cacheFolder: folders.cache,
    cacheMegabytes: () => settings.current.cacheMegabytes,
    onPyramidProgress: tell.pyramidProgress,
    onSize: tell.photoSized,
  });
  const library = new Library({
    register,
    settings: () => settings.current,
    isMarked: (path) => pixels.isResult(path),
    measure: (id) => pixels.facts(id),
    onChanged: tell.libraryChanged,
    onPhotos: tell.photosChanged,
    onRoots: (paths) => {
      const roots = paths.slice(-rememberedRoots);
      if (!isDeepStrictEqual(roots, settings.current.roots)) settings.change({ roots });
    },
    onHidden: (paths) => settings.change({ hidden: paths.slice(-rememberedHidden) }),
    onArrived: tell.photosArrived,
  });
  const speeds = new Speeds(join(folders.state, 'speeds.json'));
  const queue = new Queue({
    engine: withSpeeds(jobEngine(engines.enhancer), speeds),
    previewEngine: withSpeeds(engines.previewer.photos, speeds),
    register,
    folder: folders.state,
    cacheFolder: folders.cache,
    temporaryFolder: folders.temporary,
    settings: () => settings.current,
    onQueue: tell.queueChanged,
    onJobs: tell.jobsChanged,
    onProgress: tell.jobProgress,
  });
  const desktopActions = new DesktopActions({
    startable: door.startable,
    platform: options.platform,
    packageFolder,
    language: () => languageOf(settings.current.language, [options.systemLanguage]),
  });
  const fleet = fleetOf(options, settings, engines, tell);
  const parts = { ...options, events: told, register, settings, engines, pixels, library, queue, fleet, desktopActions };
  const whole = { ...parts, ...modelParts(options, engine, engines, tell), ...evaluationParts(options, register, engines, tell) };
  listenToEachOther(whole);
  return whole;
}

/** Before any interface listens: what they are told then stands in the library. */
function listenToEachOther({ events: told, door, library, queue, settings }: Parts): void {
  told.listen({
    settingsChanged: () => {
      library.applySettings();
    },
    photoSized: (id, width, height) => {
      library.sizeLearnt(id, width, height);
    },
    photosArrived: (ids) => {
      // What goes wrong with a photo is told by its job; that it could not even be added is told by the journal's next line.
      if (settings.current.enhanceNewPhotos) queue.enqueue(library.sources(ids, false), {}).catch(() => undefined);
    },
    queueChanged: (state) => {
      door.queueChanged(state, settings.current);
    },
    jobsChanged: (cards) => {
      void library.jobsChanged(cards);
    },
  });
}

const engineSettings = ({ packageFolder, folders }: ApplicationOptions): EngineSettings => ({
  modelFolders: modelFolders(packageFolder),
  cacheFolder: folders.cache,
  temporaryFolder: folders.temporary,
  threads: availableParallelism(),
});

interface Engines {
  readonly enhancer: SupervisedEngine;
  /** Answers what should not wait for the photo that is being enhanced. */
  readonly previewer: SupervisedEngine;
  readonly importer: SupervisedEngine;
  /** A batch takes long: it gives way to everything else, and previews do not wait for it. */
  readonly measurer: SupervisedEngine;
}

const createEngines = (launch: Launcher, settings: EngineSettings): Engines => ({
  enhancer: new SupervisedEngine({ launch, settings, background: 'enhancing' }),
  previewer: new SupervisedEngine({ launch, settings, idleSeconds: 30 }),
  importer: new SupervisedEngine({ launch, settings, idleSeconds: 30 }),
  measurer: new SupervisedEngine({ launch, settings, idleSeconds: 30, background: 'measuring' }),
});

type Tell = EventFan<typeof events>['tell'];

const fleetOf = (
  { loadFleet, folders }: ApplicationOptions,
  settings: SettingsKeeper,
  { previewer }: Engines,
  tell: Tell,
): FleetMembership =>
  new FleetMembership({
    load: loadFleet,
    folder: folders.settings,
    way: () => settings.current.fleet,
    onWay: (way) => settings.change({ fleet: way }),
    engine: jobEngine(previewer),
    onAdding: tell.fleetAdding,
  });

function modelParts(
  { packageFolder, folders }: ApplicationOptions,
  engine: EngineSettings,
  { enhancer, previewer, importer }: Engines,
  tell: Tell,
): Pick<Parts, 'models' | 'downloads'> {
  const models = new InstalledModels({
    importer: importer.models,
    reader: previewer.models,
    users: [enhancer.models],
    onChanged: tell.modelsChanged,
    onImport: tell.importProgress,
    onQuantise: tell.quantiseProgress,
  });
  const downloads = new Downloads({
    catalogueFile: catalogueFile(packageFolder),
    folder: downloadsFolder(folders),
    modelsFolder: importedModelsFolder(engine) ?? folders.models,
    importModels: (...wanted) => models.import(...wanted),
    onProgress: tell.downloadProgress,
  });
  return { models, downloads };
}

function evaluationParts(
  { packageFolder, folders }: ApplicationOptions,
  register: PhotoRegister,
  { previewer, measurer }: Engines,
  tell: Tell,
): Pick<Parts, 'metrics' | 'evaluations' | 'batchEvaluation'> {
  const metrics = new MetricFiles({ catalogueFile: catalogueFile(packageFolder), folder: metricsFolder(folders) });
  const { folder } = metrics;
  return {
    metrics,
    evaluations: new Evaluations({
      engine: previewer.evaluation,
      register,
      metricsFolder: folder,
      onProgress: tell.evaluationProgress,
    }),
    batchEvaluation: new BatchEvaluation({
      engine: measurer.evaluation,
      register,
      metricsFolder: folder,
      onProgress: tell.batchEvaluationProgress,
    }),
  };
}
