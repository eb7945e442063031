import { Tensor } from 'onnxruntime-node';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { FaceDetectorManifest, FaceRestorerManifest } from '../../../shared/manifest.ts';
import { testPicture } from '../../../shared/test-picture.ts';
import { cpu } from '../../runtime/providers.ts';
import { openOnnx } from '../../runtime/onnx.ts';
import { openSession } from '../../runtime/sessions.ts';
import { answerTo, pendingSelfTest, runnable, writeFinished } from '../finish.ts';
import { mapsOf } from './detector.ts';
import { faceRestorer } from './restorer.ts';

/** Of the face as the restorer has it, until a person says otherwise: most is restored, and something of the photo is left. */
const usualFidelity = 0.25;

/** The folder of a restorer without its manifest: graphs and weights are there. */
export interface UnfinishedRestorer {
  readonly folder: string;
  readonly manifest: Omit<FaceRestorerManifest, 'pipeline' | 'selfTest' | 'options'>;
  readonly threads: number;
}

/**
 * Runs a test picture through the restorer on the processor, writes down the answer, and the manifest.
 * @throws Problem unsupported-model where onnxruntime does not run it, wrong-output where the answer is of no use
 */
export async function finishRestorer({ folder, manifest: unfinished, threads }: UnfinishedRestorer): Promise<FaceRestorerManifest> {
  const { side } = unfinished.face;
  const manifest: FaceRestorerManifest = {
    ...unfinished,
    pipeline: 'face-restorer',
    options: { fidelity: { default: usualFidelity } },
    selfTest: pendingSelfTest(side),
  };
  const { id, name } = manifest;
  const model = faceRestorer({ id, folder, manifest, problem: null });
  const [way] = model.ways;
  if (way === undefined) throw new Error(`${name} has no graph.`);
  const tile = testPicture(side);
  const answer = await runnable(name, async () => {
    const session = await openSession({ model, way, provider: cpu, threads, constants: {}, width: side, height: side });
    try {
      return await answerTo(tile, side, session, way.format, name);
    } finally {
      await session.release();
    }
  });
  return writeFinished(folder, manifest, tile, answer);
}

/** The same of a detector, which has no answer to compare with: it runs on the processor only. */
export interface UnfinishedDetector {
  readonly folder: string;
  readonly manifest: Omit<FaceDetectorManifest, 'pipeline' | 'options'>;
  readonly threads: number;
}

/**
 * Runs a detector once, and writes the manifest.
 * @throws Problem unsupported-model where onnxruntime does not run it, model-damaged where its maps are not as large as they have to be
 */
export async function finishDetector({ folder, manifest: unfinished, threads }: UnfinishedDetector): Promise<FaceDetectorManifest> {
  const manifest: FaceDetectorManifest = { ...unfinished, pipeline: 'face-detector', options: {} };
  const { id, name, graphs, picture } = manifest;
  const { side, input } = picture;
  await runnable(name, async () => {
    const session = await openOnnx({ model: { folder }, provider: cpu, threads, width: side, height: side }, graphs[0]?.file ?? '');
    try {
      mapsOf(await session.run({ [input]: new Tensor('float32', new Float32Array(3 * side * side), [1, 3, side, side]) }), side, id);
    } finally {
      await session.release();
    }
  });
  await writeFile(join(folder, 'manifest.json'), `${JSON.stringify(manifest, null, 2)}\n`, { flag: 'wx' });
  return manifest;
}
