import { rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { FaceRestorerManifest, FeedForwardManifest } from '../shared/manifest.ts';
import { Problem } from '../shared/problem.ts';
import { sentence } from '../shared/sentence.ts';
import { testPicture } from '../shared/test-picture.ts';
import { radius, shifted } from './analysis/reach.ts';
import { traceGraph } from './analysis/trace.ts';
import { amount, blended, blendOptions } from './blend.ts';
import { fitted, tensors } from './fit.ts';
import { sha256Of } from './file-hash.ts';
import type { Graph } from './graph/graph.ts';
import { encodeGraph, writeGraph, writeWeights } from './graph/write.ts';
import { HalfWeights } from './half-weights.ts';
import { withBandedEnd } from './optimise/banded-end.ts';
import { loaded, optimised } from './optimise/optimise.ts';
import type { RunGraph } from './run-graph.ts';
import type { FaceNetwork, Fitting, SourceNetwork } from './source-network.ts';
import type { Source } from './sources.ts';
import { takesAnySize, understand, type TrialRequest } from './understand.ts';

type HashedFile = FeedForwardManifest['weights'][number];

/** What the files of a converted model say about it; the engine measures the rest and writes the manifest. */
export interface Draft {
  readonly kind: string;
  readonly scale: number;
  readonly graphs: FeedForwardManifest['graphs'];
  readonly weights: readonly HashedFile[];
  readonly tensors: FeedForwardManifest['tensors'];
  readonly options: FeedForwardManifest['options'];
  /** Source pixels around a tile that its result depends on; null where that is the whole tile, or is not known. */
  readonly radius: number | null;
  /** The files that it was made of. */
  readonly sources: readonly HashedFile[];
}

/** The same for a network that restores or finds faces. */
export interface FaceDraft extends Pick<Draft, 'kind' | 'weights' | 'sources'>, Pick<FaceNetwork, 'does' | 'side'> {
  readonly graphs: FaceRestorerManifest['graphs'];
  readonly input: string;
  /** The first; a detector has more. */
  readonly output: string;
}

const weightFile = 'weights.bin';

/**
 * Converts a foreign model into the graphs that the engine runs, written into `folder`, which exists and is empty. With `second`,
 * a model of the same shape, the two become one between which a dial chooses: 0 is the first.
 * @throws Problem unsupported-model, damaged-model-file, unsafe-model-file, not-found: whatever is wrong with the files
 */
export async function convertModel(
  source: Source,
  folder: string,
  run: RunGraph,
  second: Source | null = null,
): Promise<Draft | FaceDraft> {
  const foreign = await source.read();
  const partner = await second?.read();
  try {
    const sources = await hashed([...source.files, ...(second?.files ?? [])]);
    const name = basename(source.files[0] ?? source.name);
    const face = 'does' in foreign ? foreign : await faceOf({ network: foreign, name, folder, run });
    if ('does' in foreign || face !== null || (partner !== undefined && 'does' in partner)) {
      if (face === null || partner !== undefined) throw new Problem('bad-request', sentence('import.facesBlended'));
      return { ...(await faceParts(face, folder)), sources };
    }
    return { ...(await enlargingParts(foreign, partner, { name, folder, run })), sources };
  } finally {
    await foreign.close();
    await partner?.close();
  }
}

const hashed = (paths: readonly string[]): Promise<HashedFile[]> =>
  Promise.all(paths.map(async (path) => ({ file: basename(path), sha256: await sha256Of(path) })));

/** A network that takes squares of one size only is one for faces. */
async function faceOf(request: TrialRequest): Promise<FaceNetwork | null> {
  const { orFace } = request.network;
  return orFace === undefined || (await takesAnySize(request)) ? null : orFace;
}

async function faceParts({ does, kind, side, graph }: FaceNetwork, folder: string): Promise<Omit<FaceDraft, 'sources'>> {
  const { graphs, weights } = await writeGraphs(folder, { 'fp32.onnx': { samples: 'float32', graph } });
  const [input = '', output = ''] = [graph.inputs[0]?.name, graph.outputs[0]?.name];
  return { does, kind, side, weights, input, output, graphs: graphs.map(({ file, sha256, precision }) => ({ file, sha256, precision })) };
}

async function enlargingParts(
  foreign: SourceNetwork,
  partner: SourceNetwork | undefined,
  { name, folder, run }: Omit<TrialRequest, 'network'>,
): Promise<Omit<Draft, 'sources'>> {
  const own = await optimised(foreign.graph);
  const graph = partner === undefined ? own : blended(await loaded(own), await loaded(await optimised(partner.graph)), amount.tensor);
  const network = { ...foreign, graph };
  const fitting = await understand({ network, name, folder, run });
  const files = {
    // What the processor runs: accelerators have memory of their own, and do not like graphs that depend on sizes.
    'fp32-u8.onnx': { samples: 'uint8', graph: fitted({ ...network, graph: withBandedEnd(graph) }, fitting, 'uint8') },
    'fp32.onnx': { samples: 'float32', graph: fitted(network, fitting, 'float32') },
  } as const;
  const { graphs, weights } = await writeGraphs(folder, await withHalfWeights(files, folder, run));
  return {
    kind: network.kind,
    scale: fitting.scale,
    graphs,
    weights,
    tensors,
    options: partner === undefined ? {} : blendOptions,
    radius: withColours(network, network.known === undefined ? radiusOf(network, fitting) : network.known.radius),
  };
}

type Samples = FeedForwardManifest['graphs'][number]['samples'];

type GraphFiles = Readonly<Record<string, { readonly samples: Samples; readonly graph: Graph }>>;

/** Side of the picture that answers are compared with, and how alike they have to be: far below one level of 256 on average. */
const [comparedSide, leastLikenessDb] = [48, 60];

/** The same graphs with weights in half precision, where the answers are the same with them. */
async function withHalfWeights(files: GraphFiles, folder: string, run: RunGraph): Promise<GraphFiles> {
  const weights = new HalfWeights();
  const halved = Object.fromEntries(
    Object.entries(files).map(([file, { samples, graph }]) => [file, { samples, graph: weights.of(graph) }]),
  );
  if (weights.isExact) return halved;
  const values = Float32Array.from(testPicture(comparedSide), (level) => level / 255);
  const answers: Float32Array[] = [];
  for (const { 'fp32.onnx': candidate } of [files, halved]) {
    if (candidate === undefined) return files;
    const written = await writeGraph(folder, 'trial', candidate.graph);
    const answer = await run(join(folder, 'trial.onnx'), { width: comparedSide, height: comparedSide, values });
    await Promise.all(written.map((file) => rm(join(folder, file))));
    // What does not run is told when it is finished.
    if ('refusal' in answer) return files;
    answers.push(answer.values);
  }
  return likeness(answers) >= leastLikenessDb ? halved : files;
}

/** Peak signal-to-noise ratio of two answers of 0…1, dB. */
function likeness([whole = new Float32Array(), half = whole]: readonly Float32Array[]): number {
  const squares = whole.reduce((sum, value, index) => sum + (value - half[index]!) ** 2, 0);
  return -10 * Math.log10(squares / whole.length);
}

/** Graphs that share one file of weights. */
async function writeGraphs(folder: string, files: GraphFiles): Promise<{ graphs: FeedForwardManifest['graphs']; weights: HashedFile[] }> {
  const places = await writeWeights(
    folder,
    weightFile,
    Object.values(files).map(({ graph }) => graph),
  );
  if (Object.values(files).some(({ graph }) => [...graph.constants.values()].includes(amount.tensor))) {
    places.set(amount.tensor, { file: amount.file, offset: 0, length: 4 });
    await writeFile(join(folder, amount.file), amount.tensor.bytes as Uint8Array, { flag: 'wx' });
  }
  const graphs: FeedForwardManifest['graphs'] = [];
  for (const [file, { samples, graph }] of Object.entries(files)) {
    await writeFile(join(folder, file), await encodeGraph(graph, places), { flag: 'wx' });
    graphs.push({ file, sha256: await sha256Of(join(folder, file)), precision: 'fp32', samples });
  }
  // Networks of a few numbers keep them in the graph.
  if (places.size === 0) {
    await rm(join(folder, weightFile));
    return { graphs, weights: [] };
  }
  return { graphs, weights: [{ file: weightFile, sha256: await sha256Of(join(folder, weightFile)) }] };
}

/** Of colours that are enlarged beside a grey network, two pixels on each side count. */
const withColours = ({ planes }: SourceNetwork, reach: number | null): number | null =>
  reach === null || planes?.given !== 1 ? reach : Math.max(2, reach);

/** Along the worse axis, of the network within its frame. */
function radiusOf({ graph, layout }: SourceNetwork, { scale, loss, multiple, remainder }: Fitting): number | null {
  // Any size that the network takes; what each pixel depends on does not change with it.
  const size = Math.ceil(256 / multiple) * multiple + remainder;
  const reach = layout === 'nchw' ? traceGraph(graph, size, size)?.reach : undefined;
  if (reach === undefined) return null;
  const margin = Math.ceil(loss / 2 / scale);
  const cut = scale * margin - loss / 2;
  const widest = Math.max(...reach.map((axis) => radius(shifted(axis, cut - margin * scale))));
  return Number.isFinite(widest) ? widest : null;
}
