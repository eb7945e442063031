import { sentence } from '../../../shared/sentence.ts';
import type { FeedForwardManifest, GraphEntry } from '../../../shared/manifest.ts';
import { testPicture } from '../../../shared/test-picture.ts';
import { cpu } from '../../runtime/providers.ts';
import { leastParityDb, psnr } from '../../runtime/self-test.ts';
import { openSession } from '../../runtime/sessions.ts';
import type { RunnableModel, SessionRequest, Way } from '../../runtime/way.ts';
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

  const answer = await withWay(model, 'float32', name, { threads, trial: 'once' }, (enlarge) => enlarge(tile, side));
  // What photos of 8 bits are computed with tells what tiles take: in it the ends of networks take least memory.
  const told = await withWay(model, 'uint8', name, { threads, trial: 'few' }, async (enlarge) => {
    const memory = new TileMemory(enlarge);
    const begin = process.cpuUsage();
    const again = await memory.run(tile, side);
    // Of computing, not of the clock: a busy computer makes no wider seams.
    const { user, system } = process.cpuUsage(begin);
    const secondsPerPixel = (user + system) / 1e6 / threads / side ** 2;
    const parityDb = psnr(answer, again, 255);
    if (parityDb < leastParityDb) throw wrongOutput(name, sentence('import.why.graphsDiffer', { decibels: parityDb.toFixed(1) }));
    const overlap = await measureOverlap({ run: memory.run, radius, scale, secondsPerPixel });
    return { overlap, ...(await memory.measured()) };
  });
  return writeFinished(folder, { ...manifest, ...told }, tile, answer);
}

/** A square RGB picture → its enlargement. */
type Enlarge = (picture: Uint8Array, side: number) => Promise<Uint8Array>;

/** Memory of this process besides JavaScript's, which comes and goes as it likes. */
function nativeBytes(): number {
  const { rss, heapTotal, external } = process.memoryUsage();
  return rss - heapTotal - external;
}

/** Side of a picture that is large enough to tell what a pixel takes. */
const tellingSide = 80;

/** What pictures of different sizes take of this process' memory, which the session keeps. */
class TileMemory {
  readonly #enlarge: Enlarge;
  #first: { pixels: number; bytes: number } | null = null;
  #largest: { pixels: number; bytes: number } | null = null;

  constructor(enlarge: Enlarge) {
    this.#enlarge = enlarge;
  }

  readonly run: Enlarge = async (picture, length) => {
    const answer = await this.#enlarge(picture, length);
    const pixels = length ** 2;
    const seen = { pixels, bytes: nativeBytes() };
    this.#first ??= seen;
    if (pixels > (this.#largest?.pixels ?? 0)) this.#largest = seen;
    return answer;
  };

  /** What another source pixel takes; nothing where that is too little to be seen. */
  async measured(): Promise<{ bytesPerPixel?: number }> {
    if ((this.#largest?.pixels ?? 0) < tellingSide ** 2) await this.run(testPicture(tellingSide), tellingSide);
    const [first, largest] = [this.#first, this.#largest];
    if (first === null || largest === null) return {};
    const bytesPerPixel = Math.round((largest.bytes - first.bytes) / (largest.pixels - first.pixels));
    return bytesPerPixel > 0 ? { bytesPerPixel } : {};
  }
}

/** Opens the 32-bit graph of such samples for a while. */
async function withWay<Result>(
  model: RunnableModel,
  samples: GraphEntry['samples'],
  name: string,
  how: Pick<SessionRequest, 'threads' | 'trial'>,
  use: (enlarge: Enlarge) => Promise<Result>,
): Promise<Result> {
  const way = wayWith(model, samples);
  const request = { ...how, model, way, provider: cpu, constants: model.defaultConstants, width: side, height: side };
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
