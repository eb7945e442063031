import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Tensor, type InferenceSession } from 'onnxruntime-node';
import type { FeedForwardManifest } from '../../../shared/manifest.ts';
import { openOnnx } from '../../runtime/onnx.ts';
import type { GraphSamples } from '../../runtime/samples.ts';
import type { Session, SessionRequest } from '../../runtime/way.ts';

/** Opens the one graph of a feed-forward model. */
export async function openGraph(request: SessionRequest, file: string, { tensors, scale }: FeedForwardManifest): Promise<Session> {
  const session = await openOnnx(request, file, await externalData(request));
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
