import { mkdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { isDiffusersFolder } from '../convert/diffusion/folder.ts';
import type { EngineContext } from '../engine/context.ts';
import { summaryOf } from '../engine/engine.ts';
import { importOf } from '../engine/model-card.ts';
import type { InstalledModel, UsableModel } from '../engine/models.ts';
import { removeAbandonedScratch, withScratch } from '../engine/scratch.ts';
import type { EngineSettings, ImportDetails, ImportOutcome } from '../shared/engine-protocol.ts';
import { Problem, problemOf, throwIfCancelled } from '../shared/problem.ts';
import { partOf, type WorkWatch } from '../shared/work-watch.ts';
import { feedForwardModels } from './feed-forward-models.ts';
import type { Converted, ForeignModel, Identity } from './foreign-model.ts';
import { stableModel } from './stable-model.ts';

/**
 * Foreign models → model folders beside those that were imported before. Each appears in one step, finished, or not at all.
 * @throws Problem not-found, unsupported-model, bad-request where it is clear before anything was read; cancelled: those that were
 * finished before stay
 */
export async function importModels(
  paths: readonly string[],
  details: ImportDetails,
  context: EngineContext,
  watch: WorkWatch,
): Promise<ImportOutcome[]> {
  const { settings } = context;
  const found = await foreignModels(paths, details, settings.threads);
  const folder = settings.modelFolders.at(-1);
  if (folder === undefined) throw new Error('there is no folder for models');
  await mkdir(folder, { recursive: true });
  await removeAbandonedScratch(folder);
  const installed = [...(await context.models())];
  const outcomes: ImportOutcome[] = [];
  const whole = inPercent(watch);
  for (const [index, model] of found.entries()) {
    const begin = performance.now();
    const part = partOf(whole, index / found.length, (index + 1) / found.length);
    const outcome = await importOne({ model, details, folder, installed, settings, watch: part }).catch((error: unknown) => {
      throwIfCancelled(watch.signal);
      return { source: model.name, model: null, kind: null, problem: problemOf(error).toData() };
    });
    part.onProgress?.(1);
    outcomes.push({ ...outcome, seconds: (performance.now() - begin) / 1000 });
  }
  return outcomes;
}

/** What is imported as one model each; what was asked for must make sense for their number. */
async function foreignModels(paths: readonly string[], details: ImportDetails, threads: number): Promise<ForeignModel[]> {
  const stable: string[] = [];
  for (const path of paths) if (details.diffusion !== undefined || (await isDiffusersFolder(path))) stable.push(path);
  if (stable.length > 0 && (paths.length > 1 || details.blend === true)) {
    throw new Problem('bad-request', 'A folder of Stable Diffusion is imported by itself.');
  }
  const models =
    stable.length > 0
      ? stable.map((path) => stableModel(path, details.diffusion ?? {}, threads))
      : await feedForwardModels(paths, details, threads);
  if (models.length === 0) throw new Problem('unsupported-model', 'There are no model files.');
  if (models.length > 1 && details.name !== undefined) throw new Problem('bad-request', 'A name can be given to one model only.');
  return models;
}

/** Of a model's time; the rest is its first run. As it was measured for Stable Diffusion (docs/performance.md). */
const convertShare = 0.6;

/** Tells when another percent is reached, however often it is told. */
function inPercent({ signal, onProgress }: WorkWatch): WorkWatch {
  let told = -1;
  return {
    signal,
    onProgress: (fraction) => {
      // A sum of parts may end just below 1.
      const percent = Math.floor(100 * fraction + 1e-6);
      if (percent <= told) return;
      told = percent;
      onProgress?.(percent / 100);
    },
  };
}

interface Import {
  readonly model: ForeignModel;
  readonly details: ImportDetails;
  readonly folder: string;
  /** Grows with what is imported. */
  readonly installed: InstalledModel[];
  readonly settings: EngineSettings;
  readonly watch: WorkWatch;
}

async function importOne({ model, details, folder, installed, settings, watch }: Import): Promise<Omit<ImportOutcome, 'seconds'>> {
  return withScratch(folder, async (scratch) => {
    const converted = await model.convert(scratch, partOf(watch, 0, convertShare));
    throwIfCancelled(watch.signal);
    watch.onProgress?.(convertShare);
    const { kind, sources, recipe } = converted;
    const twin = installed.find((other) => other.problem === null && isSame(other, converted));
    if (twin !== undefined) {
      throw new Problem('already-exists', `${model.name} is installed already, as ${twin.id}.`, {
        advice: `Remove it first: onestep models remove ${twin.id}`,
      });
    }
    const name = details.name ?? model.title;
    const id = freeId(name, new Set(installed.map((other) => other.id)));
    const identity: Identity = {
      schema: 1,
      id,
      name,
      summary: details.summary ?? `×${converted.scale}, imported (${kind}).`,
      experimental: false,
      card: {
        licence: details.licence ?? 'not stated',
        limits: 'Imported: Onestep does not know what it was trained for.',
        ...(details.author === undefined ? {} : { author: details.author }),
        imported: { kind, sources, ...(recipe === null ? {} : { recipe }) },
      },
    };
    const manifest = await converted.finish(identity, partOf(watch, convertShare, 1));
    throwIfCancelled(watch.signal);
    await rename(scratch, join(folder, id));
    const finished: UsableModel = { id, folder: join(folder, id), manifest, problem: null };
    installed.push(finished);
    return { source: model.name, model: summaryOf(finished, settings), kind, problem: null };
  });
}

/** Whether a model was imported from exactly these files, and in the same way. */
function isSame({ manifest }: UsableModel, { sources, recipe }: Converted): boolean {
  const own = importOf(manifest);
  if (own === null || JSON.stringify(own.recipe ?? null) !== JSON.stringify(recipe)) return false;
  const [some, others] = [own.sources, sources].map((files) =>
    files
      .map(({ sha256 }) => sha256)
      .sort()
      .join(),
  );
  return some === others;
}

/** The name as an id: lower-case words joined by hyphens, with a number where it is taken. */
function freeId(name: string, taken: ReadonlySet<string>): string {
  const words = name
    .normalize('NFKD')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .slice(0, 60)
    .replaceAll(/^-|-$/g, '');
  const plain = words === '' ? 'model' : words;
  let id = plain;
  for (let count = 2; taken.has(id); count += 1) id = `${plain}-${count}`;
  return id;
}
