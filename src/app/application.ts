import { availableParallelism } from 'node:os';
import { isDeepStrictEqual } from 'node:util';
import { cardsAtOnce, contract, type AppCalls, type AppEvents } from '../shared/contract.ts';
import { importedModelsFolder } from '../shared/engine-protocol.ts';
import { languageOf } from '../shared/language.ts';
import type { Options } from '../shared/options.ts';
import type { PhotoAddress } from '../shared/photo-addresses.ts';
import { checkedCalls } from '../shared/protocol/call.ts';
import { EventFan } from '../shared/protocol/event-fan.ts';
import type { Settings } from '../shared/settings.ts';
import { DesktopActions } from './desktop-actions/desktop-actions.ts';
import type { Door, SettingsStore } from './door.ts';
import type { Launcher } from './engine-process.ts';
import { BatchEvaluation } from './evaluate/batch-evaluation.ts';
import { Evaluations } from './evaluate/evaluations.ts';
import { MetricFiles } from './evaluate/metric-files.ts';
import { catalogueFile, downloadsFolder, metricsFolder, modelFolders, type Folders } from './folders.ts';
import { createHandlers } from './handlers.ts';
import { Library } from './library/library.ts';
import { Downloads } from './models/downloads.ts';
import { InstalledModels } from './models/installed-models.ts';
import { PhotoPixels, type PixelAnswer } from './photos/photo-pixels.ts';
import { PhotoRegister } from './photos/photo-register.ts';
import { Queue } from './queue/queue.ts';
import { SettingsKeeper } from './settings/settings-keeper.ts';
import { SupervisedEngine } from './supervised-engine.ts';

/** The application without a window, as the doors see it. */
export interface Application {
  /** Answers every call of the contract after checking its arguments against its table. */
  readonly calls: AppCalls;
  /** Tells these events to one more listener until the returned function is called. */
  listen(events: Partial<AppEvents>): () => void;
  /** Pixels for the interface. Rejects with a Problem; an aborted request is forgotten before it costs anything. */
  pixels(address: PhotoAddress, signal: AbortSignal): Promise<PixelAnswer>;
  /** Opens files and folders that the system, another program or the command line names, and has the interfaces show them. */
  openFromOutside(paths: readonly string[]): Promise<void>;
  /**
   * Adds what such files and folders come to to the queue, with `options` over the person's own. Nothing is shown.
   * @returns how many photos were added
   */
  enhanceFromOutside(paths: readonly string[], options: Partial<Options>): Promise<number>;
  /** Stops within seconds; what was running is begun again at the next start. */
  close(): Promise<void>;
}

export interface ApplicationOptions {
  readonly door: Door;
  readonly store: SettingsStore;
  readonly folders: Folders;
  /** Starts engine processes the way the setting `engineProcess` asks for, as far as the door can. */
  readonly launcherFor: (choice: Settings['engineProcess']) => Launcher;
  /** Holds `models/` and `THIRD-PARTY-NOTICES.md`. */
  readonly packageFolder: string;
  readonly version: string;
  /** Such as `de-AT`. */
  readonly systemLanguage: string;
  readonly platform: NodeJS.Platform;
}

/** As many opened folders and files as the settings hold. */
const rememberedRoots = 1000;

/**
 * Puts the application together. Resolves when calls can be answered; opened folders are searched from then on.
 * @throws Problem already-running, newer-version, not-writable
 */
export async function createApplication(options: ApplicationOptions): Promise<Application> {
  const { door, folders } = options;
  const fan = new EventFan(contract.events);
  const register = new PhotoRegister();
  const settings = new SettingsKeeper(options.store, (current) => {
    library.applySettings();
    fan.tell.settingsChanged(current);
  });
  const launch = options.launcherFor(settings.current.engineProcess);
  const engineSettings = {
    modelFolders: modelFolders(options.packageFolder),
    cacheFolder: folders.cache,
    temporaryFolder: folders.temporary,
    threads: availableParallelism(),
  };
  const enhancer = new SupervisedEngine({ launch, settings: engineSettings, background: 'enhancing' });
  const previewer = new SupervisedEngine({ launch, settings: engineSettings, idleSeconds: 30 });
  const importer = new SupervisedEngine({ launch, settings: engineSettings, idleSeconds: 30 });
  // A batch takes long: it gives way to everything else, and previews do not wait for it.
  const measurer = new SupervisedEngine({ launch, settings: engineSettings, idleSeconds: 30, background: 'measuring' });

  const models = new InstalledModels({
    importer: importer.models,
    reader: previewer.models,
    users: [enhancer.models],
    onChanged: fan.tell.modelsChanged,
    onImport: fan.tell.importProgress,
  });
  const downloads = new Downloads({
    ...{ catalogueFile: catalogueFile(options.packageFolder), folder: downloadsFolder(folders) },
    modelsFolder: importedModelsFolder(engineSettings) ?? folders.models,
    importModels: async (...wanted) => models.import(...wanted),
    onProgress: fan.tell.downloadProgress,
  });

  const metrics = new MetricFiles({ catalogueFile: catalogueFile(options.packageFolder), folder: metricsFolder(folders) });
  const evaluations = new Evaluations({
    engine: previewer.evaluation,
    register,
    metricsFolder: metrics.folder,
    onProgress: fan.tell.evaluationProgress,
  });
  const batchEvaluation = new BatchEvaluation({
    engine: measurer.evaluation,
    register,
    metricsFolder: metrics.folder,
    onProgress: fan.tell.batchEvaluationProgress,
  });

  const library = new Library({
    register,
    settings: () => settings.current,
    isMarked: async (path) => pixels.isResult(path),
    measure: async (id) => pixels.facts(id),
    onChanged: fan.tell.libraryChanged,
    onPhotos: fan.tell.photosChanged,
    onRoots: (paths) => {
      const roots = paths.slice(-rememberedRoots);
      if (!isDeepStrictEqual(roots, settings.current.roots)) settings.change({ roots });
    },
    onArrived: (ids) => {
      // What goes wrong with a photo is told by its job; that it could not even be added is told by the journal's next line.
      if (settings.current.enhanceNewPhotos) queue.enqueue(library.sources(ids, false), {}).catch(() => undefined);
    },
  });
  const pixels = new PhotoPixels({
    ...{ register, launch, engine: engineSettings, cacheFolder: folders.cache },
    cacheMegabytes: () => settings.current.cacheMegabytes,
    onPyramidProgress: fan.tell.pyramidProgress,
    onSize: (id, width, height) => {
      library.sizeLearnt(id, width, height);
    },
  });
  const queue = new Queue({
    engine: { ...enhancer.photos, models: enhancer.models.list },
    previewEngine: previewer.photos,
    register,
    ...{ folder: folders.state, cacheFolder: folders.cache, temporaryFolder: folders.temporary },
    settings: () => settings.current,
    onQueue: (state) => {
      fan.tell.queueChanged(state);
      door.queueChanged(state, settings.current);
    },
    onJobs: (cards) => {
      void library.jobsChanged(cards);
      fan.tell.jobsChanged(cards);
    },
    onProgress: fan.tell.jobProgress,
  });

  const desktopActions = new DesktopActions({
    ...{ startable: door.startable, platform: options.platform, packageFolder: options.packageFolder },
    language: () => languageOf(settings.current.language, [options.systemLanguage]),
  });

  const close = async (): Promise<void> => {
    library.end();
    evaluations.cancel();
    batchEvaluation.cancel();
    await Promise.all([queue.close(), pixels.close(), downloads.close(), models.close()]);
    await Promise.all([importer.close(), enhancer.close(), previewer.close(), measurer.close()]);
  };
  try {
    await queue.open();
    await tellJobs(queue, library);
    await library.open(settings.current.roots);
  } catch (error) {
    await close();
    throw error;
  }

  return {
    calls: checkedCalls(
      contract.calls,
      createHandlers({
        ...{ ...options, register, settings, library, queue, pixels, previewer, models, downloads },
        ...{ desktopActions, evaluations, batchEvaluation, metrics },
      }),
    ),
    listen: (events) => fan.listen(events),
    pixels: async (address, signal) => pixels.pixels(address, signal),
    openFromOutside: async (paths) => {
      const named = await library.open(paths);
      const [folder = null] = paths.length === 1 ? paths.filter((path) => library.isFolder(path)) : [];
      if (folder === null && named.length < paths.length) await library.searched();
      fan.tell.opened(folder === null ? [...named, ...foundIn(library, paths, named)] : [], folder);
    },
    enhanceFromOutside: async (paths, given) => {
      const named = await library.open(paths);
      await library.searched();
      const found = foundIn(library, paths, named);
      return (await queue.enqueue([...library.sources(named, true), ...library.sources(found, false)], given)).length;
    },
    close,
  };
}

/** The photos in folders, without those that were named themselves. */
function foundIn(library: Library, paths: readonly string[], named: readonly number[]): number[] {
  const known = new Set(named);
  return library.within(paths).filter((id) => !known.has(id));
}

/** What the queue kept from earlier runs. */
async function tellJobs(queue: Queue, library: Library): Promise<void> {
  for (let start = 0; start < queue.jobIds.length; start += cardsAtOnce) {
    await library.jobsChanged(await queue.jobs(queue.jobIds.slice(start, start + cardsAtOnce)));
  }
}
