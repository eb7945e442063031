import { basename } from 'node:path';
import { convertModel, type FaceDraft } from '../convert/convert.ts';
import { convertStable } from '../convert/diffusion/convert-stable.ts';
import { isDiffusersFolder } from '../convert/diffusion/folder.ts';
import type { RunGraph } from '../convert/run-graph.ts';
import { findSources, type Source } from '../convert/sources.ts';
import { finishDetector, finishRestorer } from '../engine/pipelines/faces/finish.ts';
import { finishFeedForward } from '../engine/pipelines/feed-forward/finish.ts';
import { finishOneStep } from '../engine/pipelines/one-step/finish.ts';
import type { DiffusionDetails, ImportDetails } from '../shared/engine-protocol.ts';
import type { Manifest } from '../shared/manifest.ts';
import { Problem, throwIfCancelled } from '../shared/problem.ts';
import { sentence } from '../shared/sentence.ts';
import type { WorkWatch } from '../shared/work-watch.ts';
import { runGraph } from './run-graph.ts';

/** Something that is imported as one model. */
export interface ForeignModel {
  /** Of its file or folder, without an ending. */
  readonly name: string;
  /** What the model is called that is made of it, unless a person says otherwise. */
  readonly title: string;
  /** Writes graphs and weights into an empty folder. Throws a Problem for whatever is wrong with the files. */
  convert(folder: string, watch: WorkWatch): Promise<Converted>;
}

export interface Converted {
  /** What it was recognised as. */
  readonly kind: string;
  /** What it does, in a word or two; the rest of the sentence says for what. */
  readonly does: string;
  /** The files that it was made of. */
  readonly sources: readonly { readonly file: string; readonly sha256: string }[];
  /** What else the model depends on; null where the files decide everything. */
  readonly recipe: Readonly<Record<string, unknown>> | null;
  /** Measures what was converted and writes the manifest. */
  finish(identity: Identity, watch: WorkWatch): Promise<Manifest>;
}

/** What every manifest of an imported model says. */
export interface Identity {
  readonly schema: 1;
  readonly id: string;
  readonly name: string;
  readonly summary: string;
  readonly experimental: boolean;
  readonly card: Manifest['card'];
}

/**
 * What is imported as one model each; what was asked for must make sense for their number.
 * @throws Problem not-found, unsupported-model, bad-request
 */
export async function foreignModels(paths: readonly string[], details: ImportDetails, threads: number): Promise<ForeignModel[]> {
  const stable: string[] = [];
  for (const path of paths) if (details.diffusion !== undefined || (await isDiffusersFolder(path))) stable.push(path);
  if (stable.length > 0 && (paths.length > 1 || details.blend === true)) {
    throw new Problem('bad-request', sentence('import.stableAlone'));
  }
  const models =
    stable.length > 0
      ? stable.map((path) => stableModel(path, details.diffusion ?? {}, threads))
      : await networks(paths, details.blend === true, threads);
  if (models.length === 0) throw new Problem('unsupported-model', sentence('import.nothing'));
  if (models.length > 1 && details.name !== undefined) throw new Problem('bad-request', sentence('import.oneName'));
  return models;
}

/** Files that hold networks, each by itself or two as one. */
async function networks(paths: readonly string[], blend: boolean, threads: number): Promise<ForeignModel[]> {
  const sources = await findSources(paths);
  if (!blend) return sources.map((source) => network(source, null, threads));
  const [first, second] = sources;
  if (first === undefined || second === undefined || sources.length > 2) {
    throw new Problem('bad-request', sentence('import.twoBlended'));
  }
  return [network(first, second, threads)];
}

const network = (source: Source, second: Source | null, threads: number): ForeignModel => ({
  name: source.name,
  title: second === null ? source.name : `${source.name} to ${second.name}`,
  convert: async (folder, { signal }) => {
    const run: RunGraph = (path, picture) => {
      throwIfCancelled(signal);
      return runGraph(path, picture, threads);
    };
    const draft = await convertModel(source, folder, run, second);
    if ('does' in draft) return forFaces(draft, folder, threads);
    const { kind, radius, sources, weights, ...parts } = draft;
    return {
      kind,
      does: `×${draft.scale}`,
      sources,
      recipe: null,
      finish: (identity) => finishFeedForward({ folder, radius, threads, manifest: { ...identity, ...parts, weights: [...weights] } }),
    };
  },
});

/** What does its part with faces. */
function forFaces({ does, kind, sources, side, input, output, graphs, weights }: FaceDraft, folder: string, threads: number): Converted {
  const files = { graphs, weights: [...weights] };
  return {
    kind,
    sources,
    recipe: null,
    does: does === 'restore' ? 'Restores faces' : 'Finds faces',
    finish: (identity) =>
      does === 'restore'
        ? finishRestorer({ folder, threads, manifest: { ...identity, ...files, face: { side, input, output } } })
        : finishDetector({ folder, threads, manifest: { ...identity, ...files, picture: { side, input } } }),
  };
}

/** A folder of Stable Diffusion with what makes a one-step model of it. */
const stableModel = (path: string, details: DiffusionDetails, threads: number): ForeignModel => ({
  name: basename(path),
  title: details.lora === undefined ? basename(path) : basename(details.lora).replace(/\.\w+$/, ''),
  convert: async (folder, watch) => {
    const { kind, sources, recipe, card, ...parts } = await convertStable({ folder: path }, details, folder, watch);
    return {
      kind,
      does: `×${parts.scale}`,
      sources,
      recipe,
      finish: ({ card: common, ...identity }, finishing) =>
        finishOneStep({ folder, threads, manifest: { ...identity, ...parts, card: { ...card, ...common } } }, finishing),
    };
  },
});
