import { mkdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { convertModel } from '../convert/convert.ts';
import { findSources, type Source } from '../convert/sources.ts';
import type { EngineContext } from '../engine/context.ts';
import { summaryOf } from '../engine/engine.ts';
import { finishModel } from '../engine/imports/finish-model.ts';
import { runGraph } from '../engine/imports/run-graph.ts';
import { sourcesOf } from '../engine/model-card.ts';
import type { InstalledModel, UsableModel } from '../engine/models.ts';
import { removeAbandonedScratch, withScratch } from '../engine/scratch.ts';
import type { EngineSettings, ImportDetails, ImportOutcome } from '../shared/engine-protocol.ts';
import { Problem, problemOf } from '../shared/problem.ts';

/**
 * Foreign models → model folders beside those that were imported before. Each appears in one step, finished, or not at all.
 * @throws Problem not-found, unsupported-model, bad-request where it is clear before anything was read
 */
export async function importModels(paths: readonly string[], details: ImportDetails, context: EngineContext): Promise<ImportOutcome[]> {
  const imports = pairsOf(await findSources(paths), details);
  const folder = context.settings.modelFolders.at(-1);
  if (folder === undefined) throw new Error('there is no folder for models');
  await mkdir(folder, { recursive: true });
  await removeAbandonedScratch(folder);
  const installed = [...(await context.models())];
  const outcomes: ImportOutcome[] = [];
  for (const { source, second } of imports) {
    const begin = performance.now();
    const outcome = await importOne({ source, second, details, folder, installed, settings: context.settings }).catch((error: unknown) => ({
      source: source.name,
      model: null,
      kind: null,
      problem: problemOf(error).toData(),
    }));
    outcomes.push({ ...outcome, seconds: (performance.now() - begin) / 1000 });
  }
  return outcomes;
}

/** What is imported as one model each; what was asked for must make sense for their number. */
function pairsOf(sources: readonly Source[], { name, blend = false }: ImportDetails): { source: Source; second: Source | null }[] {
  const [first, second] = sources;
  if (first === undefined) throw new Problem('unsupported-model', 'There are no model files.');
  if (blend) {
    if (second === undefined || sources.length > 2) throw new Problem('bad-request', 'Two models are blended, no more and no fewer.');
    return [{ source: first, second }];
  }
  if (sources.length > 1 && name !== undefined) throw new Problem('bad-request', 'A name can be given to one model only.');
  return sources.map((source) => ({ source, second: null }));
}

interface Import {
  readonly source: Source;
  /** What it is blended with. */
  readonly second: Source | null;
  readonly details: ImportDetails;
  readonly folder: string;
  /** Grows with what is imported. */
  readonly installed: InstalledModel[];
  readonly settings: EngineSettings;
}

async function importOne({ source, second, details, folder, installed, settings }: Import): Promise<Omit<ImportOutcome, 'seconds'>> {
  const { threads } = settings;
  return withScratch(folder, async (scratch) => {
    const draft = await convertModel(source, scratch, (path, picture) => runGraph(path, picture, threads), second);
    const { kind, radius, sources, weights, ...parts } = draft;
    const hashes = sources.map(({ sha256 }) => sha256).sort();
    const twin = installed.find((model) => model.problem === null && sameSources(model, hashes));
    if (twin !== undefined) {
      throw new Problem('already-exists', `${source.name} is installed already, as ${twin.id}.`, {
        advice: `Remove it first: onestep models remove ${twin.id}`,
      });
    }
    const name = details.name ?? (second === null ? source.name : `${source.name} to ${second.name}`);
    const id = freeId(name, new Set(installed.map((model) => model.id)));
    const manifest = await finishModel({
      folder: scratch,
      radius,
      threads,
      manifest: {
        schema: 1,
        id,
        name,
        summary: details.summary ?? `×${String(draft.scale)}, imported (${kind}).`,
        pipeline: 'feed-forward',
        experimental: false,
        ...parts,
        weights: [...weights],
        card: {
          licence: details.licence ?? 'not stated',
          limits: 'Imported: Onestep does not know what it was trained for.',
          ...(details.author === undefined ? {} : { author: details.author }),
          imported: { kind, sources },
        },
      },
    });
    await rename(scratch, join(folder, id));
    const model: UsableModel = { id, folder: join(folder, id), manifest, problem: null };
    installed.push(model);
    return { source: source.name, model: summaryOf(model, settings), kind, problem: null };
  });
}

/** Whether a model was imported from files with exactly these hashes, sorted. */
function sameSources({ manifest }: UsableModel, hashes: readonly string[]): boolean {
  const own = sourcesOf(manifest).sort();
  return own.length === hashes.length && own.every((hash, index) => hash === hashes[index]);
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
  for (let count = 2; taken.has(id); count += 1) id = `${plain}-${String(count)}`;
  return id;
}
