import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { env, InferenceSession, Tensor } from 'onnxruntime-node';
import type { GraphEntry } from '../../shared/manifest.ts';
import { verifyFiles, type UsableModel } from '../models.ts';
import type { Provider } from './providers.ts';

export type GraphSamples = Uint8Array | Float32Array;

/** Everything that makes two open graphs different. */
export interface SessionRequest {
  readonly model: UsableModel;
  readonly graph: GraphEntry;
  readonly provider: Provider;
  readonly threads: number;
  /** Graph constants by file name (see `option-feeds.ts`). */
  readonly constants: Readonly<Record<string, number>>;
  /** Size of the tiles; matters to providers that compile for one size. */
  readonly width: number;
  readonly height: number;
}

/** An open graph. */
export interface Session {
  /**
   * @param input [1, height, width, 3] or [1, 3, height, width], as the manifest's layout says; 0…255 or 0…1
   * @returns scale² times as many samples, and how long the native code took
   */
  run(input: GraphSamples, width: number, height: number): Promise<{ output: GraphSamples; seconds: number }>;
  release(): Promise<void>;
}

// Native libraries would write to stderr what comes back as an error anyway.
env.logLevel = 'fatal';

/** Verifies the files of a graph and opens it. Throws `model-damaged`, or what the native code says. */
export async function openSession(request: SessionRequest): Promise<Session> {
  const { model, graph, provider } = request;
  const { tensors, weights, scale } = model.manifest;
  await verifyFiles(model, [graph, ...weights]);
  const session = await InferenceSession.create(join(model.folder, graph.file), {
    executionProviders: [provider.session],
    intraOpNumThreads: request.threads,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    graphOptimizationLevel: 'all',
    logSeverityLevel: 4,
    ...(provider.fixedShape ? { freeDimensionOverrides: { height: request.height, width: request.width } } : {}),
    ...(await externalData(request)),
  });
  const planar = tensors.layout === 'nchw';
  const shape = (width: number, height: number): number[] => (planar ? [1, 3, height, width] : [1, height, width, 3]);
  return {
    run: async (input, width, height) => {
      const image = new Tensor(graph.samples, input, shape(width, height));
      const start = performance.now();
      const answer = (await session.run({ [tensors.input]: image }))[tensors.output];
      const seconds = (performance.now() - start) / 1000;
      if (answer === undefined) throw new Error(`The graph ${graph.file} has no output called ${tensors.output}.`);
      const output = answer.data as GraphSamples;
      if (output.length !== input.length * scale ** 2) throw new Error(`The graph ${graph.file} does not enlarge ${String(scale)} times.`);
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
    model.manifest.weights.map(async ({ file }) => ({ path: file, data: await readFile(join(model.folder, file)) })),
  );
  return { externalData: [...weights, ...replaced.map(([path, value]) => ({ path, data: littleEndianFloat(value) }))] };
}

function littleEndianFloat(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setFloat32(0, value, true);
  return bytes;
}
