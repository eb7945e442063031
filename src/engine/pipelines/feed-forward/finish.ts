import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { FeedForwardManifest, GraphEntry } from '../../shared/manifest.ts';
import { Problem } from '../../shared/problem.ts';
import { testPicture } from '../../shared/test-picture.ts';
import type { Samples } from '../image/pixels.ts';
import type { FeedForwardModel } from '../models.ts';
import { defaultConstants } from '../pipelines/option-feeds.ts';
import { fromGraph, toGraph } from '../pipelines/samples.ts';
import { cpu } from '../runtime/providers.ts';
import { leastParityDb, psnr } from '../runtime/self-test.ts';
import { openSession } from '../runtime/open-sessions.ts';
import type { Session } from '../runtime/session.ts';
import { measureOverlap } from './measure-overlap.ts';

/** A model folder without its manifest: graphs and weights are there, nothing has been measured. */
export interface UnfinishedModel {
  readonly folder: string;
  readonly manifest: Omit<FeedForwardManifest, 'overlap' | 'selfTest'>;
  /** Source pixels around a tile that its result depends on; null where that is the whole tile, or is not known. */
  readonly radius: number | null;
  readonly threads: number;
}

const selfTestFile = 'self-test.bin';
const selfTestSide = 48;

/**
 * Runs a converted model on the processor, writes down its answer to the test tile and how much tiles must overlap, checks that
 * its graphs agree, and writes the manifest.
 * @throws Problem unsupported-model where onnxruntime does not run it, wrong-output where the answer is of no use
 */
export async function finishModel({ folder, manifest: measured, radius, threads }: UnfinishedModel): Promise<FeedForwardManifest> {
  const tile = testPicture(selfTestSide);
  const pending = { file: selfTestFile, sha256: '0'.repeat(64), width: selfTestSide, height: selfTestSide };
  const manifest: FeedForwardManifest = { ...measured, overlap: 0, selfTest: pending };
  const model: FeedForwardModel = { id: manifest.id, folder, manifest, problem: null };

  const reference = graphWith(manifest, 'float32');
  const answer = await withSession(model, reference, threads, async (session) => {
    const begin = performance.now();
    const samples = await enlarge(session, model, reference, tile, selfTestSide);
    const secondsPerPixel = (performance.now() - begin) / 1000 / selfTestSide ** 2;
    const run = (picture: Uint8Array, side: number): Promise<Samples> => enlarge(session, model, reference, picture, side);
    return { samples, overlap: await measureOverlap({ run, radius, scale: manifest.scale, secondsPerPixel }) };
  });
  const bytes = graphWith(manifest, 'uint8');
  const again = await withSession(model, bytes, threads, (session) => enlarge(session, model, bytes, tile, selfTestSide));
  const parityDb = psnr(answer.samples, again, 255);
  if (parityDb < leastParityDb) throw wrongOutput(manifest, `its graphs differ by ${parityDb.toFixed(1)} dB`);

  const selfTest = Buffer.concat([tile, answer.samples as Uint8Array]);
  await writeFile(join(folder, selfTestFile), selfTest, { flag: 'wx' });
  const sha256 = createHash('sha256').update(selfTest).digest('hex');
  const finished: FeedForwardManifest = { ...manifest, overlap: answer.overlap, selfTest: { ...pending, sha256 } };
  await writeFile(join(folder, 'manifest.json'), `${JSON.stringify(finished, null, 2)}\n`, { flag: 'wx' });
  return finished;
}

function graphWith({ id, graphs }: FeedForwardManifest, samples: GraphEntry['samples']): GraphEntry {
  const graph = graphs.find((entry) => entry.samples === samples && entry.precision === 'fp32');
  if (graph === undefined) throw new Error(`${id} has no ${samples} graph in 32 bit`);
  return graph;
}

async function withSession<Result>(
  model: FeedForwardModel,
  graph: GraphEntry,
  threads: number,
  use: (session: Session) => Promise<Result>,
): Promise<Result> {
  const constants = defaultConstants(model.manifest);
  const request = { model, graph, provider: cpu, threads, constants, width: selfTestSide, height: selfTestSide };
  const session = await runnable(model.manifest, openSession(request));
  try {
    return await use(session);
  } finally {
    await session.release();
  }
}

/** A square picture through a graph, 8 bit. */
async function enlarge(
  session: Session,
  { manifest }: FeedForwardModel,
  graph: GraphEntry,
  picture: Uint8Array,
  side: number,
): Promise<Samples> {
  const conversion = { channels: 3, bits: 8, samples: graph.samples, layout: manifest.tensors.layout, black: 0 } as const;
  const { output } = await runnable(manifest, session.run(toGraph(picture, conversion), side, side));
  const { samples, finite } = fromGraph(output, conversion);
  if (!finite) throw wrongOutput(manifest, 'its answer holds values that are not numbers');
  return samples;
}

const wrongOutput = ({ name }: FeedForwardManifest, why: string): Problem =>
  new Problem('wrong-output', `${name} gave an unusable result: ${why}.`);

/** What native code says against a foreign network is the network's fault: layers that do not fit one another. */
async function runnable<Result>({ name }: FeedForwardManifest, work: Promise<Result>): Promise<Result> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof Problem) throw error;
    const detail = error instanceof Error ? error.message : String(error);
    throw new Problem('unsupported-model', `${name} cannot be used: onnxruntime does not run it.`, { detail, cause: error });
  }
}
