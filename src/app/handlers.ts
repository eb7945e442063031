import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { About, AppCalls, contract, InitialState } from '../shared/contract.ts';
import { optionsSchema } from '../shared/options.ts';
import { Problem } from '../shared/problem.ts';
import type { Handlers } from '../shared/protocol/call.ts';
import { sentence } from '../shared/sentence.ts';
import { listFolder, makeFolder } from './library/disk/folder-listing.ts';
import { locateDropped } from './library/disk/locate-dropped.ts';
import { catalogueCards } from './models/downloads.ts';
import { helpFile, pageTarget } from './page-target.ts';
import type { Parts } from './parts.ts';
import { Totals } from './queue/totals.ts';

/** What answers the contract, noun by noun; a part that answers as the contract asks stands for itself. */
export function createHandlers(parts: Parts): Handlers<(typeof contract)['calls']> {
  const { evaluations: evaluation, batchEvaluation } = parts;
  return {
    app: {
      start: () => startOf(parts),
      about: () => aboutOf(parts),
      help: (page) => readFile(helpFile(page, parts.packageFolder), 'utf8'),
    },
    desktop: desktopHandlers(parts),
    library: libraryHandlers(parts),
    photos: photoHandlers(parts),
    evaluation,
    batchEvaluation: {
      measure: (ids, references) => batchEvaluation.measure(parts.library.enhanced(ids), references),
      cancel: () => {
        batchEvaluation.cancel();
      },
      report: (format) => batchEvaluation.report(format),
    },
    metrics: {
      download: async (id) => {
        await parts.metrics.download(id, new AbortController().signal);
      },
    },
    queue: queueHandlers(parts),
    fleet: fleetHandlers(parts),
    settings: parts.settings,
    ...modelHandlers(parts),
  };
}

type Group<Noun extends keyof AppCalls> = Handlers<(typeof contract)['calls']>[Noun];

function desktopHandlers({ door, library, register, desktopActions, platform, packageFolder }: Parts): Group<'desktop'> {
  return {
    choose: async (kind) => {
      const chosen = await door.choose(kind);
      if (chosen !== null && chosen.length > 0 && (kind === 'photos' || kind === 'folder')) await library.open(chosen);
      return chosen;
    },
    listFolder: (path) => listFolder(path, platform, register),
    makeFolder,
    showInFolder: async (id) => {
      await register.readable(id);
      const path = register.pathOf(id);
      if (path !== null) await door.showInFolder(path);
    },
    openPage: (page) => door.openPage(pageTarget(page, packageFolder)),
    actions: () => desktopActions.state(),
    setActions: (wanted) => desktopActions.set(wanted),
  };
}

function libraryHandlers({ library, platform }: Parts): Group<'library'> {
  return {
    open: (paths) => library.open(paths),
    close: (paths) => library.close(paths),
    hide: (ids) => library.hide(ids),
    unhide: (ids) => library.unhide(ids),
    locate: (dropped) => locateDropped(dropped, { roots: library.state.roots.map(({ path }) => path), platform }),
    view: (query) => library.view(query),
  };
}

function photoHandlers({ library, pixels, queue }: Parts): Group<'photos'> {
  const totals = new Totals();
  return {
    cards: (ids) => library.cards(ids),
    facts: (id) => pixels.facts(id),
    results: (id) => library.results(id),
    pyramid: (id) => pixels.pyramid(id),
    plan: (id, options) => queue.plan(id, options),
    total: (ids, options) => totals.of(ids.length, (index) => queue.plan(ids[index] ?? -1, options)),
    preview: (id, region, options) => queue.preview(id, region, options),
    cancelPreviews: () => {
      queue.cancelPreviews();
    },
  };
}

function queueHandlers({ queue, library }: Parts): Group<'queue'> {
  return {
    enqueue: (ids, options) => queue.enqueue(library.sources(ids, true), options),
    ids: (states) => queue.jobIdsIn(states),
    cards: (ids) => queue.jobs(ids),
    jobOf: (id) => queue.jobOf(id),
    pause: (now) => queue.pause(now),
    resume: () => queue.resume(),
    cancel: (ids) => queue.cancelJobs(ids),
    retry: (ids) => queue.retryJobs(ids),
    move: (ids, before) => queue.moveJobs(ids, before),
    change: (ids, options) => queue.changeJobs(ids, options),
    clear: async (ids) => {
      await queue.clearJobs(ids);
      library.jobsKept(queue.jobIds);
    },
    report: (format) => queue.batchReport(format),
  };
}

function fleetHandlers({ fleet, library, settings }: Parts): Group<'fleet'> {
  return {
    connect: (form) => fleet.connect(form),
    cancelConnecting: () => {
      fleet.cancelConnecting();
    },
    disconnect: () => fleet.disconnect(),
    nameOf: (folder) => fleet.nameOf(folder),
    view: () => fleet.view(),
    add: (ids, options) => fleet.add(library.sources(ids, true), optionsSchema.parse({ ...settings.current.options, ...options })),
    cancelAdding: () => {
      fleet.cancelAdding();
    },
    pause: () => fleet.pause(),
    resume: () => fleet.resume(),
    cancel: (batch) => fleet.cancel(batch),
    retry: (ids) => fleet.retry(ids),
    drain: (machine, drained) => fleet.drain(machine, drained),
  };
}

function modelHandlers({ models, downloads, engines }: Parts): { models: Group<'models'>; catalogue: Group<'catalogue'> } {
  return {
    models: {
      list: () => models.list(),
      import: (paths, details) => models.importChosen(paths, details),
      cancelImport: () => {
        models.cancelImport();
      },
      quantise: (id) => models.quantise(id),
      cancelQuantise: () => {
        models.cancelQuantise();
      },
      remove: (id) => models.remove(id),
      test: (id) => models.test(id),
      devices: () => engines.previewer.models.devices(),
    },
    catalogue: {
      list: async () => catalogueCards(await models.list(), downloads),
      download: (id) => downloads.download(id),
      cancel: (id) => {
        downloads.cancel(id);
      },
    },
  };
}

function startOf({ door, settings, library, queue, version, systemLanguage, platform }: Parts): InitialState {
  return {
    door: door.name,
    desktop: door.desktop,
    updates: door.updates,
    platform,
    version,
    systemLanguage,
    settings: settings.current,
    library: library.state,
    queue: queue.state(),
  };
}

async function aboutOf({ version, folders, packageFolder }: Parts): Promise<About> {
  const { node = '', v8 = '', electron, chrome } = process.versions as Record<string, string | undefined>;
  const notices = await readFile(join(packageFolder, 'THIRD-PARTY-NOTICES.md'), 'utf8').catch((error: unknown) => {
    throw new Problem('not-found', sentence('about.noLicences'), { cause: error });
  });
  return {
    version,
    versions: { ...(electron === undefined ? {} : { electron }), ...(chrome === undefined ? {} : { chrome }), node, v8 },
    folders: { ...folders },
    notices,
  };
}
