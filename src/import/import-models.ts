import { mkdir, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import type { EngineContext } from '../engine/context.ts';
import { importOf, summaryOf } from '../engine/model-card.ts';
import type { InstalledModel } from '../engine/models.ts';
import type { UsableModel } from '../engine/runtime/model.ts';
import { removeAbandonedScratch, withScratch } from '../engine/scratch.ts';
import {
  importedModelsFolder,
  type EngineSettings,
  type ImportDetails,
  type ImportOutcome,
  type QuantiseOutcome,
} from '../shared/engine-protocol.ts';
import { manifestSchema, type Manifest } from '../shared/manifest.ts';
import { Problem, problemOf, throwIfCancelled } from '../shared/problem.ts';
import { sentence, told, type Sentence } from '../shared/sentence.ts';
import { partOf, type WorkWatch } from '../shared/work-watch.ts';
import { knownModel, notStated } from './known-models.ts';
import { quantiseFolder } from './quantise-model.ts';
import { foreignModels, type Converted, type ForeignModel, type Identity } from './foreign-models.ts';

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
  const folder = importedModelsFolder(settings);
  if (folder === null) throw new Error('there is no folder for models');
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

/** Of the time of a model that is tried in 8 bits, its import. */
const importShare = 0.3;

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

/** Tries a finished model in 8 bits. What goes wrong with that is told, and costs nobody the model. */
async function tried(model: UsableModel, scratch: string, threads: number, watch: WorkWatch): Promise<Quantised> {
  const refused = (why: Sentence): QuantiseOutcome => ({
    model: model.id,
    kept: false,
    why,
    agreementDb: null,
    worstDb: null,
    timesAsFast: null,
    seconds: 0,
  });
  const { manifest } = model;
  if (!('tensors' in manifest)) return { manifest, quantised: refused(sentence('quantise.notThisKind', { id: model.id })) };
  try {
    const quantised = await withScratch(scratch, (own) => quantiseFolder({ ...model, manifest }, {}, { scratch: own, threads }, watch));
    return { manifest: quantised.kept ? await readManifest(model.folder) : manifest, quantised };
  } catch (error) {
    throwIfCancelled(watch.signal);
    const { said, message } = problemOf(error).toData();
    return { manifest, quantised: refused(said ?? told(message)) };
  }
}

interface Quantised {
  readonly manifest: Manifest;
  readonly quantised: QuantiseOutcome;
}

const readManifest = async (folder: string): Promise<Manifest> =>
  manifestSchema.parse(JSON.parse(await readFile(join(folder, 'manifest.json'), 'utf8')));

async function importOne({ model, details, folder, installed, settings, watch }: Import): Promise<Omit<ImportOutcome, 'seconds'>> {
  return withScratch(folder, async (scratch) => {
    const own = details.quantise === true ? partOf(watch, 0, importShare) : watch;
    const converted = await model.convert(scratch, partOf(own, 0, convertShare));
    throwIfCancelled(watch.signal);
    own.onProgress?.(convertShare);
    const { kind } = converted;
    const twin = installed.find((other) => other.problem === null && isSame(other, converted));
    if (twin !== undefined) {
      throw new Problem('already-exists', sentence('model.installed', { name: model.name, id: twin.id }), {
        advice: sentence('model.installed.advice', { id: twin.id }),
      });
    }
    const identity = identityOf(model, converted, details, new Set(installed.map((other) => other.id)));
    const { id } = identity;
    const imported = await converted.finish(identity, partOf(own, convertShare, 1));
    throwIfCancelled(watch.signal);
    const finishing = { id, folder: scratch, manifest: imported, problem: null };
    const { manifest, quantised } =
      details.quantise === true
        ? await tried(finishing, scratch, settings.threads, partOf(watch, importShare, 1))
        : { manifest: imported, quantised: undefined };
    throwIfCancelled(watch.signal);
    await rename(scratch, join(folder, id));
    const finished: UsableModel = { id, folder: join(folder, id), manifest, problem: null };
    installed.push(finished);
    return { source: model.name, model: summaryOf(finished, settings), kind, problem: null, ...(quantised && { quantised }) };
  });
}

/** What the manifest says, by the person, by what is known of the files, or by the files themselves. */
function identityOf(model: ForeignModel, converted: Converted, details: ImportDetails, taken: ReadonlySet<string>): Identity {
  const { kind, sources, recipe, does } = converted;
  // Two files that become one are no longer what either of them is known for.
  const recognised = details.blend === true ? null : knownModel(sources);
  const known = recognised ?? { name: model.title, author: '', licence: notStated, purpose: '' };
  const name = details.name ?? known.name;
  const author = details.author ?? known.author;
  const { purpose } = known;
  return {
    schema: 1,
    id: freeId(name, taken),
    name,
    summary: details.summary ?? `${does}${purpose === '' || does.endsWith(purpose) ? '' : ` for ${purpose}`}, imported (${kind}).`,
    experimental: false,
    card: {
      licence: details.licence ?? known.licence,
      limits: limitsOf(purpose),
      ...(author === '' ? {} : { author }),
      imported: { kind, sources, ...(recipe === null ? {} : { recipe }) },
    },
  };
}

const limitsOf = (purpose: string): string =>
  purpose === ''
    ? 'Imported: Onestep does not know what it was trained for.'
    : `Imported: its author made it for ${purpose}; Onestep has not tried it.`;

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
