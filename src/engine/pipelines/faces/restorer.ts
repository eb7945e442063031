import { Tensor } from 'onnxruntime-node';
import type { FaceRestorerManifest } from '../../../shared/manifest.ts';
import type { UsableModel } from '../../runtime/model.ts';
import { openOnnx } from '../../runtime/onnx.ts';
import type { GraphSamples } from '../../runtime/samples.ts';
import type { RunnableModel, Session, SessionRequest } from '../../runtime/way.ts';

/** Networks that make the face of an upright square anew. What they make is chosen, tried and checked like the tile of any model. */
export function faceRestorer({ id, folder, manifest }: UsableModel<FaceRestorerManifest>): RunnableModel {
  const { graphs, weights, selfTest } = manifest;
  return {
    id,
    folder,
    weights,
    selfTest,
    ways: graphs.map((graph) => ({
      precision: graph.precision,
      files: [graph],
      format: { samples: 'float32', layout: 'nchw', black: -1 },
      open: (request) => openGraph(request, graph.file, manifest.face),
    })),
    defaultConstants: {},
    tileScale: 1,
    fixedTiles: true,
  };
}

async function openGraph(request: SessionRequest, file: string, { side, input, output }: FaceRestorerManifest['face']): Promise<Session> {
  // What is planned from the second face on would lie beside what the first one took.
  const session = await openOnnx(request, file, { enableMemPattern: false });
  return {
    run: async (face) => {
      const begin = performance.now();
      const answer = (await session.run({ [input]: new Tensor('float32', face, [1, 3, side, side]) }))[output];
      const seconds = (performance.now() - begin) / 1000;
      const restored = answer?.data as GraphSamples | undefined;
      if (restored?.length !== face.length) throw new Error(`The graph ${file} gives no face of ${side} × ${side} pixels.`);
      return { output: restored, seconds };
    },
    release: () => session.release(),
  };
}
