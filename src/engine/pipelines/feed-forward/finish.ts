import type { FeedForwardManifest, GraphEntry } from '../../../shared/manifest.ts';
import { testPicture } from '../../../shared/test-picture.ts';
import { cpu } from '../../runtime/providers.ts';
import { leastParityDb, psnr } from '../../runtime/self-test.ts';
import { openSession } from '../../runtime/sessions.ts';
import type { RunnableModel, Way } from '../../runtime/way.ts';
import { answerTo, pendingSelfTest, runnable, writeFinished, wrongOutput } from '../finish.ts';
import { feedForward } from './kind.ts';
import { measureOverlap } from './measure-overlap.ts';

/** A model folder without its manifest: graphs and weights are there, nothing has been measured. */
export interface UnfinishedFeedForward {
  readonly folder: string;
  readonly manifest: Omit<FeedForwardManifest, 'pipeline' | 'overlap' | 'selfTest'>;
  /** Source pixels around a tile that its result depends on; null where that is the whole tile, or is not known. */
  readonly radius: number | null;
  readonly threads: number;
}

const side = 48;

/**
 * Runs a converted model on the processor, writes down its answer to the test tile and how much tiles must overlap, checks that
 * its graphs agree, and writes the manifest.
 * @throws Problem unsupported-model where onnxruntime does not run it, wrong-output where the answer is of no use
 */
export async function finishFeedForward({
  folder,
  manifest: measured,
  radius,
  threads,
}: UnfinishedFeedForward): Promise<FeedForwardManifest> {
  const tile = testPicture(side);
  const manifest: FeedForwardManifest = { ...measured, pipeline: 'feed-forward', overlap: 0, selfTest: pendingSelfTest(side) };
  const { id, name, scale } = manifest;
  const model = feedForward({ id, folder, manifest, problem: null });

  const answer = await withWay(model, 'float32', name, threads, async (enlarge) => {
    const begin = performance.now();
    const samples = await enlarge(tile, side);
    const secondsPerPixel = (performance.now() - begin) / 1000 / side ** 2;
    return { samples, overlap: await measureOverlap({ run: enlarge, radius, scale, secondsPerPixel }) };
  });
  const again = await withWay(model, 'uint8', name, threads, (enlarge) => enlarge(tile, side));
  const parityDb = psnr(answer.samples, again, 255);
  if (parityDb < leastParityDb) throw wrongOutput(name, `its graphs differ by ${parityDb.toFixed(1)} dB`);
  return writeFinished(folder, { ...manifest, overlap: answer.overlap }, tile, answer.samples);
}

/** A square RGB picture → its enlargement. */
type Enlarge = (picture: Uint8Array, side: number) => Promise<Uint8Array>;

/** Opens the 32-bit graph of such samples for a while. */
async function withWay<Result>(
  model: RunnableModel,
  samples: GraphEntry['samples'],
  name: string,
  threads: number,
  use: (enlarge: Enlarge) => Promise<Result>,
): Promise<Result> {
  const way = wayWith(model, samples);
  const request = { model, way, provider: cpu, threads, constants: model.defaultConstants, width: side, height: side };
  const session = await runnable(name, () => openSession(request));
  try {
    return await use((picture, length) => runnable(name, () => answerTo(picture, length, session, way.format, name)));
  } finally {
    await session.release();
  }
}

function wayWith({ id, ways }: RunnableModel, samples: GraphEntry['samples']): Way {
  const way = ways.find(({ format, precision }) => format.samples === samples && precision === 'fp32');
  if (way === undefined) throw new Error(`${id} has no ${samples} graph in 32 bit`);
  return way;
}
