import { convertModel } from '../convert/convert.ts';
import type { RunGraph } from '../convert/run-graph.ts';
import { findSources, type Source } from '../convert/sources.ts';
import { finishModel } from '../engine/imports/finish-model.ts';
import { runGraph } from '../engine/imports/run-graph.ts';
import type { ImportDetails } from '../shared/engine-protocol.ts';
import { Problem, throwIfCancelled } from '../shared/problem.ts';
import type { ForeignModel } from './foreign-model.ts';

/**
 * What is imported as one model each of files that hold networks; what was asked for must make sense for their number.
 * @throws Problem not-found, unsupported-model, bad-request
 */
export async function feedForwardModels(
  paths: readonly string[],
  { blend = false }: ImportDetails,
  threads: number,
): Promise<ForeignModel[]> {
  const sources = await findSources(paths);
  if (!blend) return sources.map((source) => foreignModel(source, null, threads));
  const [first, second] = sources;
  if (first === undefined || second === undefined || sources.length > 2) {
    throw new Problem('bad-request', 'Two models are blended, no more and no fewer.');
  }
  return [foreignModel(first, second, threads)];
}

const foreignModel = (source: Source, second: Source | null, threads: number): ForeignModel => ({
  name: source.name,
  title: second === null ? source.name : `${source.name} to ${second.name}`,
  convert: async (folder, { signal }) => {
    const run: RunGraph = (path, picture) => {
      throwIfCancelled(signal);
      return runGraph(path, picture, threads);
    };
    const draft = await convertModel(source, folder, run, second);
    const { kind, radius, sources, weights, ...parts } = draft;
    return {
      kind,
      scale: draft.scale,
      sources,
      recipe: null,
      finish: (identity) =>
        finishModel({ folder, radius, threads, manifest: { ...identity, pipeline: 'feed-forward', ...parts, weights: [...weights] } }),
    };
  },
});
