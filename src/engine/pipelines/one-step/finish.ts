import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TileStage } from '../../shared/engine-protocol.ts';
import type { OneStepManifest } from '../../shared/manifest.ts';
import { Problem, throwIfCancelled } from '../../shared/problem.ts';
import { testPicture } from '../../shared/test-picture.ts';
import type { WorkWatch } from '../../shared/work-watch.ts';
import type { OneStepModel } from '../models.ts';
import { fromGraph, toGraph } from '../pipelines/samples.ts';
import { referenceGraph } from '../runtime/candidates.ts';
import { openSession } from '../runtime/open-sessions.ts';
import { cpu } from '../runtime/providers.ts';

/** The folder of a one-step model without its manifest: graphs and weights are there. */
export interface UnfinishedOneStep {
  readonly folder: string;
  readonly manifest: Omit<OneStepManifest, 'selfTest'>;
  readonly threads: number;
}

const selfTestFile = 'self-test.bin';

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
  const pending = { file: selfTestFile, sha256: '0'.repeat(64), width: side, height: side };
  const manifest: OneStepManifest = { ...unfinished, selfTest: pending };
  const answer = await answerTo(tile, { id: manifest.id, folder, manifest, problem: null }, threads, watch);
  const selfTest = Buffer.concat([tile, answer]);
  await writeFile(join(folder, selfTestFile), selfTest, { flag: 'wx' });
  const sha256 = createHash('sha256').update(selfTest).digest('hex');
  const finished: OneStepManifest = { ...manifest, selfTest: { ...pending, sha256 } };
  await writeFile(join(folder, 'manifest.json'), `${JSON.stringify(finished, null, 2)}\n`, { flag: 'wx' });
  return finished;
}

/** When a graph's turn comes, of the time of opening and running them: as it was measured at full size (docs/performance.md). */
const begins = { encoder: 0.3, unet: 0.45, decoder: 0.6 } as const;

async function answerTo(tile: Uint8Array, model: OneStepModel, threads: number, { signal, onProgress }: WorkWatch): Promise<Uint8Array> {
  const { name, diffusion, graphs } = model.manifest;
  const graph = referenceGraph(model.manifest, 8) ?? graphs[0];
  if (graph === undefined) throw new Error(`${name} has no graphs.`);
  const conversion = { channels: 3, bits: 8, samples: 'float32', layout: 'nchw', black: -1 } as const;
  const size = { width: diffusion.tile, height: diffusion.tile };
  try {
    const session = await openSession({ model, graph, provider: cpu, threads, constants: {}, ...size });
    try {
      throwIfCancelled(signal);
      const onStage = (stage: TileStage): void => onProgress?.(begins[stage]);
      const { output } = await session.run(toGraph(tile, conversion), size.width, size.height, { signal, onStage });
      const { samples, finite } = fromGraph(output, conversion);
      if (!finite) throw new Problem('wrong-output', `${name} gave an unusable result: its answer holds values that are not numbers.`);
      return samples as Uint8Array;
    } finally {
      await session.release();
    }
  } catch (error) {
    if (error instanceof Problem) throw error;
    // What native code says against a foreign network is the network's fault.
    const detail = error instanceof Error ? error.message : String(error);
    throw new Problem('unsupported-model', `${name} cannot be used: onnxruntime does not run it.`, { detail, cause: error });
  }
}
