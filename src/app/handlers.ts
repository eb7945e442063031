import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { About, AppCalls, Start } from '../shared/contract.ts';
import { Problem } from '../shared/problem.ts';
import type { DesktopActions } from './desktop-actions/desktop-actions.ts';
import type { Door } from './door.ts';
import type { BatchEvaluation } from './evaluate/batch-evaluation.ts';
import type { Evaluations } from './evaluate/evaluations.ts';
import type { MetricFiles } from './evaluate/metric-files.ts';
import type { Folders } from './folders.ts';
import type { Library } from './library/library.ts';
import { listFolder } from './library/disk/folder-listing.ts';
import { locateDropped } from './library/disk/locate-dropped.ts';
import { catalogueCards } from './models/catalogue-cards.ts';
import type { Downloads } from './models/downloads.ts';
import type { InstalledModels } from './models/installed-models.ts';
import { pageTarget } from './page-target.ts';
import type { PhotoRegister } from './photos/photo-register.ts';
import type { PhotoPixels } from './photos/photo-pixels.ts';
import type { Queue } from './queue/queue.ts';
import type { SettingsKeeper } from './settings/settings-keeper.ts';
import type { SupervisedEngine } from './supervised-engine.ts';

/** What answers the calls. */
export interface Parts {
  readonly door: Door;
  readonly register: PhotoRegister;
  readonly settings: SettingsKeeper;
  readonly library: Library;
  readonly queue: Queue;
  readonly pixels: PhotoPixels;
  /** Answers what should not wait for the photo that is being enhanced. */
  readonly previewer: SupervisedEngine;
  readonly models: InstalledModels;
  readonly downloads: Downloads;
  readonly desktopActions: DesktopActions;
  readonly evaluations: Evaluations;
  readonly batchEvaluation: BatchEvaluation;
  readonly metrics: MetricFiles;
  readonly folders: Folders;
  readonly packageFolder: string;
  readonly version: string;
  readonly systemLanguage: string;
  readonly platform: NodeJS.Platform;
}

/** Every call of the contract, in terms of the part that carries it out. */
export function createHandlers(parts: Parts): AppCalls {
  const { door, register, settings, library, queue, pixels, previewer, models, downloads } = parts;
  const { desktopActions, evaluations, batchEvaluation, metrics } = parts;

  return {
    start: async () => startOf(parts),

    choose: async (kind) => {
      const chosen = await door.choose(kind);
      if (chosen !== null && chosen.length > 0 && (kind === 'photos' || kind === 'folder')) await library.open(chosen);
      return chosen;
    },
    listFolder: async (path) => listFolder(path, parts.platform),
    open: async (paths) => library.open(paths),
    closeRoots: async (paths) => library.close(paths),
    hidePhotos: async (ids) => library.hide(ids),
    locate: async (dropped) => locateDropped(dropped, { roots: library.state.roots.map(({ path }) => path), platform: parts.platform }),

    libraryView: async (query) => library.view(query),
    photos: async (ids) => library.cards(ids),
    facts: async (id) => pixels.facts(id),
    pyramid: async (id) => pixels.pyramid(id),

    plan: async (id, options) => queue.plan(id, options),
    preview: async (id, region, options) => queue.preview(id, region, options),
    cancelPreviews: async () => {
      queue.cancelPreviews();
    },

    evaluate: async (photo, result, reference) => evaluations.measure(photo, result, reference),
    cancelEvaluation: async () => {
      evaluations.cancel();
    },
    evaluateBatch: async (ids, references) => batchEvaluation.measure(library.enhanced(ids), references),
    cancelBatchEvaluation: async () => {
      batchEvaluation.cancel();
    },
    batchEvaluation: async (format) => batchEvaluation.report(format),
    downloadMetric: async (id) => {
      await metrics.download(id, new AbortController().signal);
    },

    enqueue: async (ids, options) => queue.enqueue(library.sources(ids, true), options),
    jobIds: async () => queue.jobIds,
    jobs: async (ids) => queue.jobs(ids),
    pause: async (now) => queue.pause(now),
    resume: async () => queue.resume(),
    cancelJobs: async (ids) => queue.cancelJobs(ids),
    retryJobs: async (ids) => queue.retryJobs(ids),
    moveJobs: async (ids, before) => queue.moveJobs(ids, before),
    changeJobs: async (ids, options) => queue.changeJobs(ids, options),
    clearJobs: async (ids) => {
      await queue.clearJobs(ids);
      library.jobsKept(queue.jobIds);
    },
    batchReport: async (format) => queue.batchReport(format),

    changeSettings: async (patch) => {
      settings.change(patch);
    },
    models: async () => models.list(),
    importModels: async (paths, details) => models.importChosen(paths, details),
    cancelImport: async () => {
      models.cancelImport();
    },
    removeModel: async (id) => models.remove(id),
    testModel: async (id) => models.test(id),
    catalogue: async () => catalogueCards(await models.list(), downloads),
    downloadModel: async (id) => downloads.download(id),
    cancelDownload: async (id) => {
      downloads.cancel(id);
    },
    devices: async () => previewer.devices(),
    desktopActions: async () => desktopActions.state(),
    setDesktopActions: async (wanted) => desktopActions.set(wanted),
    about: async () => aboutOf(parts),

    showInFolder: async (id) => {
      await register.readable(id);
      const path = register.pathOf(id);
      if (path !== null) await door.showInFolder(path);
    },
    openPage: async (page) => door.openPage(pageTarget(page, parts.packageFolder)),
  };
}

function startOf({ door, settings, library, queue, version, systemLanguage, platform }: Parts): Start {
  return {
    ...{ door: door.name, updates: door.updates, platform, version, systemLanguage },
    ...{ settings: settings.current, library: library.state, queue: queue.state() },
  };
}

async function aboutOf({ version, folders, packageFolder }: Parts): Promise<About> {
  const { node = '', v8 = '', electron, chrome } = process.versions as Record<string, string | undefined>;
  const notices = await readFile(join(packageFolder, 'THIRD-PARTY-NOTICES.md'), 'utf8').catch((error: unknown) => {
    throw new Problem('not-found', 'The list of the packages and their licences is missing.', { cause: error });
  });
  return {
    version,
    versions: { ...(electron === undefined ? {} : { electron }), ...(chrome === undefined ? {} : { chrome }), node, v8 },
    folders: { ...folders },
    notices,
  };
}
