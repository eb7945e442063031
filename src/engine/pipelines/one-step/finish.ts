import type { TileStage } from '../../../shared/engine-protocol.ts';
import type { OneStepManifest } from '../../../shared/manifest.ts';
import { throwIfCancelled } from '../../../shared/problem.ts';
import { testPicture } from '../../../shared/test-picture.ts';
import type { WorkWatch } from '../../../shared/work-watch.ts';
import { referenceWay } from '../../runtime/candidates.ts';
import { cpu } from '../../runtime/providers.ts';
import { openSession } from '../../runtime/sessions.ts';
import type { RunnableModel } from '../../runtime/way.ts';
import { answerTo, pendingSelfTest, runnable, writeFinished } from '../finish.ts';
import { oneStep } from './kind.ts';

/** The folder of a one-step model without its manifest: graphs and weights are there. */
export interface UnfinishedOneStep {
  readonly folder: string;
  readonly manifest: Omit<OneStepManifest, 'pipeline' | 'selfTest'>;
  readonly threads: number;
}

/**
 * Runs a test tile through the model on the processor, with the first of its 32-bit graphs or, where there are none, the first of
 * all; writes down the answer, and the manifest. An abort is looked at between graphs.
 * @throws Problem unsupported-model where onnxruntime does not run it, wrong-output where the answer is of no use, cancelled
 */
export async function finishOneStep(
  { folder, manifest: unfinished, threads }: UnfinishedOneStep,
  watch: WorkWatch = {},
): Promise<OneStepManifest> {
  const side = unfinished.diffusion.tile;
  const tile = testPicture(side);
  const manifest: OneStepManifest = { ...unfinished, pipeline: 'one-step-diffusion', selfTest: pendingSelfTest(side) };
  const { id, name } = manifest;
  const model = oneStep({ id, folder, manifest, problem: null });
  return writeFinished(folder, manifest, tile, await runnable(name, () => firstAnswer(tile, name, model, threads, watch)));
}

/** When a graph's turn comes, of the time of opening and running them: as it was measured at full size (docs/performance.md). */
const begins = { encoder: 0.3, unet: 0.45, decoder: 0.6 } as const;

async function firstAnswer(
  tile: Uint8Array,
  name: string,
  model: RunnableModel,
  threads: number,
  { signal, onProgress }: WorkWatch,
): Promise<Uint8Array> {
  const { width, height } = model.selfTest;
  const way = referenceWay(model, 8) ?? model.ways[0];
  if (way === undefined) throw new Error(`${name} has no graphs.`);
  const session = await openSession({ model, way, provider: cpu, threads, constants: {}, width, height });
  try {
    throwIfCancelled(signal);
    const onStage = (stage: TileStage): void => onProgress?.(begins[stage]);
    return await answerTo(tile, width, session, way.format, name, { signal, onStage });
  } finally {
    await session.release();
  }
}
