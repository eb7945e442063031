import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Tensor, type InferenceSession } from 'onnxruntime-node';
import type { FeedForwardManifest } from '../../../shared/manifest.ts';
import { dialNames, type Dials } from '../../../shared/options.ts';
import { Problem } from '../../../shared/problem.ts';
import { sentence } from '../../../shared/sentence.ts';
import type { Pixels } from '../../image/pixels.ts';
import type { UsableModel } from '../../runtime/model.ts';
import { openOnnx } from '../../runtime/onnx.ts';
import { fromGraph, type GraphSamples } from '../../runtime/samples.ts';
import type { Constants, Session, SessionRequest } from '../../runtime/way.ts';
import { cornerOf, mirroredTo } from '../../tiles/mirrored.ts';
import { defaultPixelLimit } from '../../tiles/plan.ts';
import { runTiles, type Infer } from '../../tiles/run.ts';
import { defaultDials } from '../dials.ts';
import type { KindRun, ModelOfKind } from '../kind.ts';

/** Models that map a piece of a photo to the enlarged piece in one go, without knowing of the rest. */
export function feedForward({ id, folder, manifest }: UsableModel<FeedForwardManifest>): ModelOfKind {
  const { scale, overlap, graphs, weights, selfTest, tensors } = manifest;
  return {
    id,
    folder,
    weights,
    selfTest,
    ways: graphs.map((graph) => ({
      precision: graph.precision,
      files: [graph],
      format: { samples: graph.samples, layout: tensors.layout, black: 0 },
      open: (request) => openGraph(request, graph.file, manifest),
    })),
    defaultConstants: constantsFor(manifest, defaultDials(manifest)),
    scale,
    tileScale: scale,
    fixedTiles: false,
    reach: overlap,
    scratchBytes: () => 0,
    constants: (dials) => constantsFor(manifest, dials),
    enlarge: (source, run) => enlarge(source, manifest, run),
  };
}

/** Constant's file → value, by the mapping of the manifest. */
function constantsFor({ options: taken }: FeedForwardManifest, dials: Dials): Constants {
  const constants: Record<string, number> = {};
  for (const name of dialNames) {
    const [mapping, value] = [taken[name], dials[name]];
    if (mapping?.constant !== undefined && value !== null) constants[mapping.constant] = value;
  }
  return constants;
}

const enlarge = (source: Pixels, { scale, overlap, grid, bytesPerPixel }: FeedForwardManifest, run: KindRun): Promise<void> =>
  runTiles(source, {
    scale,
    overlap,
    grid,
    tileRows: run.tileRows,
    pixelLimit: defaultPixelLimit(scale, bytesPerPixel),
    region: run.region,
    signal: run.signal,
    infer: inferWithRoom(scale, (input, width, height) => run.inference.infer({ source, input, width, height, read: fromGraph })),
    sink: run.sink,
    onTile: run.onTile,
    onSmaller: (pixels) => {
      run.onNotice({ code: 'smaller-tile', message: sentence('notice.smallerTile', { pixels }) });
    },
  });

/** Graphs that mirror what lies beyond the edge cannot where a picture is smaller than that. No window of a network is wider. */
const roomySide = 64;

/** A tile too small for its graph is given to it larger, as the graph would have gone on by itself. */
function inferWithRoom(scale: number, infer: Infer): Infer {
  return async (input, width, height) => {
    try {
      return await infer(input, width, height);
    } catch (error) {
      if (error instanceof Problem || (width >= roomySide && height >= roomySide)) throw error;
      const roomy = mirroredTo({ samples: input, width, height }, roomySide);
      const output = await infer(roomy.samples, roomy.width, roomy.height);
      if (output === 'smaller') return output;
      const enlarged = { samples: output, width: roomy.width * scale, height: roomy.height * scale };
      return cornerOf(enlarged, { width: width * scale, height: height * scale });
    }
  };
}

/** Opens the one graph of a feed-forward model. */
async function openGraph(request: SessionRequest, file: string, { tensors, scale }: FeedForwardManifest): Promise<Session> {
  // What is planned from the second tile on would lie beside what the first one took.
  const session = await openOnnx(request, file, { ...(await externalData(request)), enableMemPattern: false });
  const planar = tensors.layout === 'nchw';
  const shape = (width: number, height: number): number[] => (planar ? [1, 3, height, width] : [1, height, width, 3]);
  return {
    run: async (input, width, height) => {
      const image = new Tensor(input instanceof Uint8Array ? 'uint8' : 'float32', input, shape(width, height));
      const start = performance.now();
      const answer = (await session.run({ [tensors.input]: image }))[tensors.output];
      const seconds = (performance.now() - start) / 1000;
      if (answer === undefined) throw new Error(`The graph ${file} has no output called ${tensors.output}.`);
      const output = answer.data as GraphSamples;
      if (output.length !== input.length * scale ** 2) throw new Error(`The graph ${file} does not enlarge ${scale} times.`);
      return { output, seconds };
    },
    release: () => session.release(),
  };
}

/** Once one external file is replaced in memory, onnxruntime wants all of them there. */
async function externalData({ model, constants }: SessionRequest): Promise<Pick<InferenceSession.SessionOptions, 'externalData'>> {
  const replaced = Object.entries(constants);
  if (replaced.length === 0) return {};
  const weights = await Promise.all(
    model.weights.map(async ({ file }) => ({ path: file, data: await readFile(join(model.folder, file)) })),
  );
  return { externalData: [...weights, ...replaced.map(([path, value]) => ({ path, data: littleEndianFloat(value) }))] };
}

function littleEndianFloat(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setFloat32(0, value, true);
  return bytes;
}
