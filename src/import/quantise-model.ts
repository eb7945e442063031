import { createHash } from 'node:crypto';
import { rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import process from 'node:process';

import { InferenceSession, Tensor } from 'onnxruntime-node';
import { sha256Of } from '../convert/file-hash.ts';
import { encodeGraph } from '../convert/graph/write.ts';
import { pruned } from '../convert/graph/rewrite.ts';
import type { Graph } from '../convert/graph/graph.ts';
import { readOnnx } from '../convert/onnx/read.ts';
import { loaded } from '../convert/optimise/optimise.ts';
import { inEightBits } from '../convert/quantise/eight-bit-graph.ts';
import { withFoldedFactors } from '../convert/quantise/fold-factors.ts';
import { joined, observed, type Seen } from '../convert/quantise/observe.ts';
import { byteConvs, type ByteConv } from '../convert/quantise/plan.ts';
import { withWholeWeights } from '../convert/quantise/whole-weights.ts';
import type { EngineContext } from '../engine/context.ts';
import { isImported } from '../engine/model-card.ts';
import { findModel } from '../engine/models.ts';
import type { UsableModel } from '../engine/runtime/model.ts';
import { leastParityDb, psnr } from '../engine/runtime/self-test.ts';
import { closeIdleSessions } from '../engine/runtime/sessions.ts';
import { makeOwnFolder, withScratch } from '../engine/scratch.ts';
import { importedModelsFolder, type QuantiseDetails, type QuantiseOutcome } from '../shared/engine-protocol.ts';
import type { FeedForwardManifest } from '../shared/manifest.ts';
import { Problem, throwIfCancelled } from '../shared/problem.ts';
import { sentence } from '../shared/sentence.ts';
import { partOf, type WorkWatch } from '../shared/work-watch.ts';
import { syncFile, syncFolder } from '../system/disk.ts';
import { samplePictures } from './sample-pictures.ts';
import { generatedPictures, picturesOf, type WatchedPictures } from './watched-pictures.ts';

/** Pixels a side of the pictures that networks are watched and compared on. */
const side = 48;
/** Side of the picture that is timed. */
const timedSide = 64;
/**
 * How like the answers have to be, dB. Samples are softer than photographs: Real-ESRGAN x4plus had 46.9 dB on them, and 39.8 on crops of
 * Kodak24-hard; so 40 on photographs is asked for here.
 */
const leastDb = ({ arePhotos }: WatchedPictures): number => leastParityDb + (arePhotos ? 0 : 6);
/** Below that what 8 bits gain may be chance. */
const leastGain = 1.1;
/** Of the convolutions, what stays in 32 bits at each end, where most depends on it: the first that is enough is taken. */
const sparings = [0.02, 0.05, 0.1];

/**
 * Gives an installed model that was imported a graph in 8 bits, where its answers are like those in 32 and it takes less time; else the
 * model stays as it is. Of a job that asks for exact results it is never used.
 * @throws Problem model-not-found, bad-request for models that came with Onestep, have 8 bits or are of another kind; not-writable,
 * not-enough-disk; cancelled. Whatever it throws, the model is what it was.
 */
export async function quantiseModel(
  id: string,
  details: QuantiseDetails,
  { settings, models }: EngineContext,
  watch: WorkWatch,
): Promise<QuantiseOutcome> {
  const model = findModel(await models(), id);
  const folder = importedModelsFolder(settings);
  if (folder === null || !isImported(model, settings)) throw new Problem('bad-request', sentence('quantise.notImported', { id }));
  const { manifest } = model;
  // Of a kind whose graphs go from photo to result each, and not in stages.
  if (!('tensors' in manifest)) throw new Problem('bad-request', sentence('quantise.notThisKind', { id }));
  if (manifest.graphs.some(({ precision }) => precision === 'int8')) throw new Problem('bad-request', sentence('quantise.already', { id }));
  await closeIdleSessions();
  return withScratch(folder, (scratch) => quantiseFolder({ ...model, manifest }, details, { scratch, threads: settings.threads }, watch));
}

/** The same for a model folder that is not installed yet. `scratch` is a folder for what is written meanwhile. */
export async function quantiseFolder(
  model: UsableModel<FeedForwardManifest>,
  { photos }: QuantiseDetails,
  { scratch, threads }: { readonly scratch: string; readonly threads: number },
  watch: WorkWatch,
): Promise<QuantiseOutcome> {
  const begin = performance.now();
  const finished = (kept: boolean, why: QuantiseOutcome['why'], measured: Measured | null): QuantiseOutcome => ({
    model: model.id,
    kept,
    why,
    agreementDb: measured?.agreementDb ?? null,
    worstDb: measured?.worstDb ?? null,
    timesAsFast: measured?.timesAsFast ?? null,
    seconds: (performance.now() - begin) / 1000,
  });
  const entry = model.manifest.graphs.find(({ precision, samples }) => precision === 'fp32' && samples === 'uint8');
  if (entry === undefined || Object.keys(model.manifest.options).length > 0) return finished(false, sentence('quantise.nothing'), null);
  const graph = await wholeGraph(join(model.folder, entry.file));
  const convs = graph.opset < oldestOpset ? [] : byteConvs(graph);
  if (convs.length === 0) return finished(false, sentence('quantise.nothing'), null);

  const at = (name: string): Place => ({ path: join(scratch, `${name}.onnx`), threads, signal: watch.signal });
  const pictures = photos === undefined ? generatedPictures(side) : await picturesOf(photos, side, scratch, watch.signal);
  const seen = await watchedNumbers({ graph, convs, pictures: pictures.watched }, at('watched'), partOf(watch, 0, 0.4));
  const measured = await bestTrial({ graph, convs, seen, pictures }, at, partOf(watch, 0.4, 0.95));
  const { agreementDb, timesAsFast } = measured;
  const least = leastDb(pictures);
  const values = { db: agreementDb, times: timesAsFast, least };
  if (agreementDb < least) return finished(false, sentence('quantise.unlike', values), measured);
  if (timesAsFast < leastGain) return finished(false, sentence('quantise.notFaster', values), measured);
  throwIfCancelled(watch.signal);
  await install(model, scratch, measured, pictures.arePhotos);
  watch.onProgress?.(1);
  return finished(true, sentence(pictures.arePhotos ? 'quantise.keptOnPhotos' : 'quantise.kept', values), measured);
}

/** Padding of bytes came with this version. */
const oldestOpset = 13;

async function wholeGraph(path: string): Promise<Graph> {
  const { graph } = await readOnnx(path);
  return pruned(withFoldedFactors(pruned(withWholeWeights(await loaded(graph)))));
}

interface Place {
  readonly path: string;
  readonly threads: number;
  readonly signal: AbortSignal | undefined;
}

type Run = (picture: Uint8Array, side: number) => Promise<InferenceSession.ReturnType>;

/** Opens a graph of bytes on the processor for a while. */
async function withGraph<Result>(graph: Graph, { path, threads, signal }: Place, use: (run: Run) => Promise<Result>): Promise<Result> {
  const bytes = await encodeGraph(graph);
  await makeOwnFolder(dirname(path), () => writeFile(path, bytes));
  const options = { executionProviders: ['cpu'], intraOpNumThreads: threads, interOpNumThreads: 1, logSeverityLevel: 4 as const };
  const session = await InferenceSession.create(path, options);
  const [input = ''] = session.inputNames;
  try {
    return await use((picture, length) => {
      throwIfCancelled(signal);
      return session.run({ [input]: new Tensor('uint8', picture, [1, length, length, 3]) });
    });
  } finally {
    await session.release();
  }
}

/** What the values that will be in bytes are between, for each channel. */
async function watchedNumbers(
  { graph, convs, pictures }: Pick<Watched, 'graph' | 'convs'> & { readonly pictures: readonly Uint8Array[] },
  place: Place,
  { onProgress }: WorkWatch,
): Promise<Map<string, Seen>> {
  const { graph: watching, outputs } = observed(graph, convs);
  const seen = new Map<string, Seen>();
  await withGraph(watching, place, async (run) => {
    for (const [index, picture] of pictures.entries()) {
      const answers = await run(picture, side);
      const numbers = (name: string): Float32Array => answers[name]?.data as Float32Array;
      for (const [value, { least, most, mean }] of outputs) {
        const one = { least: numbers(least).slice(), most: numbers(most).slice(), mean: numbers(mean).slice() };
        seen.set(value, joined(seen.get(value), one, index + 1));
      }
      onProgress?.((index + 1) / pictures.length);
    }
  });
  await rm(place.path);
  return seen;
}

interface Measured {
  /** Mean and least PSNR to the answers in 32 bits. */
  readonly agreementDb: number;
  readonly worstDb: number;
  readonly timesAsFast: number;
  /** The graph's file. */
  readonly path: string;
  /** The picture on which it is most like them, and what 32 bits make of it. */
  readonly tile: Uint8Array;
  readonly answer: Uint8Array;
}

interface Watched {
  readonly graph: Graph;
  readonly convs: readonly ByteConv[];
  readonly seen: ReadonlyMap<string, Seen>;
  readonly pictures: WatchedPictures;
}

/** The first trial that is like enough; else the likest. */
async function bestTrial(
  { graph, convs, seen, pictures: sets }: Watched,
  at: (name: string) => Place,
  watch: WorkWatch,
): Promise<Measured> {
  const pictures = [...sets.compared, ...(sets.arePhotos ? sets.tests : [])];
  return withGraph(graph, at('whole'), async (whole) => {
    const answers: Uint8Array[] = [];
    for (const picture of pictures) {
      answers.push(pixelsOf(await whole(picture, side)));
      watch.onProgress?.((0.3 * answers.length) / pictures.length);
    }
    let best: Measured | null = null;
    for (const [index, share] of sparings.entries()) {
      const spared = Math.round(convs.length * share);
      const place = at(`bytes-${index}`);
      const trial = await withGraph(inEightBits(graph, convs.slice(spared, convs.length - spared), seen), place, async (run) => {
        const likeness = await likenessOf(run, pictures, answers, sets);
        return { ...likeness, timesAsFast: await gain(whole, run), path: place.path };
      });
      watch.onProgress?.(0.3 + (0.7 * (index + 1)) / sparings.length);
      if (best === null || trial.agreementDb > best.agreementDb) best = trial;
      if (best.agreementDb >= leastDb(sets) || (spared === 0 && share > 0)) break;
    }
    if (best === null) throw new Error('nothing was tried');
    return best;
  });
}

const pixelsOf = (answers: InferenceSession.ReturnType): Uint8Array => Object.values(answers)[0]?.data as Uint8Array;

async function likenessOf(
  run: Run,
  pictures: readonly Uint8Array[],
  answers: readonly Uint8Array[],
  { compared, arePhotos }: WatchedPictures,
): Promise<Omit<Measured, 'timesAsFast' | 'path'>> {
  const likenesses: number[] = [];
  let likest: { tile: Uint8Array; answer: Uint8Array; db: number } = { tile: new Uint8Array(), answer: new Uint8Array(), db: 0 };
  for (const [index, tile] of pictures.entries()) {
    const answer = answers[index];
    if (answer === undefined) break;
    // Equal answers count as 100 dB.
    const db = Math.min(100, psnr(pixelsOf(await run(tile, side)), answer, 255));
    if (index < compared.length) likenesses.push(db);
    if ((index >= compared.length || !arePhotos) && db > likest.db) likest = { tile, answer, db };
  }
  const agreementDb = likenesses.reduce((sum, db) => sum + db, 0) / likenesses.length;
  return { agreementDb, worstDb: Math.min(...likenesses), tile: likest.tile, answer: likest.answer };
}

/** How many times as much the first computes as the second, taking turns. */
async function gain(whole: Run, bytes: Run): Promise<number> {
  const [picture = new Uint8Array()] = samplePictures(1, timedSide, 2000);
  // Of computing, not of the clock: on a busy computer either may have had to wait.
  const seconds = async (run: Run): Promise<number> => {
    const begin = process.cpuUsage();
    await run(picture, timedSide);
    const { user, system } = process.cpuUsage(begin);
    return (user + system) / 1e6;
  };
  let [long, short] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  for (let round = 0; round < 3; round += 1) {
    long = Math.min(long, await seconds(whole));
    short = Math.min(short, await seconds(bytes));
  }
  return long / short;
}

const [graphFile, selfTestFile] = ['int8.onnx', 'self-test-int8.bin'];

/** The manifest comes last, in one step: until then the model is what it was, and what was put beside it goes again where that fails. */
async function install(
  { folder, manifest }: UsableModel<FeedForwardManifest>,
  scratch: string,
  measured: Measured,
  arePhotos: boolean,
): Promise<void> {
  const { path, tile, answer, agreementDb, worstDb, timesAsFast } = measured;
  // A picture on which 8 bits are like 32 tells a processor that computes wrongly; the test picture is harder than photographs are.
  const selfTest = Buffer.concat([tile, answer]);
  const next: FeedForwardManifest = {
    ...manifest,
    graphs: [...manifest.graphs, { file: graphFile, sha256: await sha256Of(path), precision: 'int8', samples: 'uint8' }],
    selfTest: { file: selfTestFile, sha256: createHash('sha256').update(selfTest).digest('hex'), width: side, height: side },
    card: {
      ...manifest.card,
      eightBits: { agreementDb, worstDb, timesAsFast, pictures: arePhotos ? 'photos' : 'generated; on photographs it is less' },
    },
  };
  const parts = [
    { from: path, to: join(folder, graphFile) },
    { from: join(scratch, selfTestFile), to: join(folder, selfTestFile) },
  ];
  const written = join(scratch, 'manifest.json');
  const place = async (): Promise<void> => {
    await writeFile(join(scratch, selfTestFile), selfTest);
    await writeFile(written, `${JSON.stringify(next, null, 2)}\n`);
    for (const file of [...parts.map(({ from }) => from), written]) await syncFile(file);
    for (const { from, to } of parts) await rename(from, to);
    await syncFolder(folder);
    await rename(written, join(folder, 'manifest.json'));
  };
  await makeOwnFolder(folder, place).catch(async (error: unknown) => {
    for (const { to } of parts) await rm(to, { force: true }).catch(() => undefined);
    throw error;
  });
  await syncFolder(folder);
  await rm(join(folder, manifest.selfTest.file), { force: true }).catch(() => undefined);
}
