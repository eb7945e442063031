import { setImmediate } from 'node:timers/promises';
import type { Notice } from '../../../shared/engine-protocol.ts';
import type { FaceOutcome, FacesReport, PlacedFace } from '../../../shared/faces.ts';
import type { FaceDetectorManifest, FaceRestorerManifest } from '../../../shared/manifest.ts';
import type { Options } from '../../../shared/options.ts';
import { Problem, throwIfCancelled } from '../../../shared/problem.ts';
import { sentence } from '../../../shared/sentence.ts';
import { openPixelStore, type PixelStore } from '../../image/pixel-store.ts';
import type { Pixels, Rectangle, Samples } from '../../image/pixels.ts';
import { chooseCandidate } from '../../runtime/choose.ts';
import type { UsableModel } from '../../runtime/model.ts';
import { fromGraph } from '../../runtime/samples.ts';
import { closeIdleSessions } from '../../runtime/sessions.ts';
import { estimateSecondsPerMegapixel } from '../../runtime/speeds.ts';
import { CheckedInference } from '../checked-inference.ts';
import { alignedFace, alignmentOf, reachOf } from './aligned.ts';
import { faceDetector } from './detector.ts';
import { common, paste, type RestoredFace } from './paste.ts';
import { facesLeft, outcomeOf, placedFaces } from './placed.ts';
import { faceRestorer } from './restorer.ts';
import { fromLarger, type Similarity } from './similarity.ts';

/** What finds faces and what restores them. */
export interface FaceModels {
  readonly detector: UsableModel<FaceDetectorManifest>;
  readonly restorer: UsableModel<FaceRestorerManifest>;
}

/** A face whose turn it is. */
export interface FaceBegun {
  /** From 1. */
  readonly number: number;
  readonly count: number;
  /** Seconds that one takes; null: not measured yet. */
  readonly secondsEach: number | null;
}

export interface FacesRequest extends FaceModels {
  readonly photo: Pixels;
  /** Only faces that touch this part of the photo. */
  readonly region: Rectangle | undefined;
  readonly options: Pick<Options, 'fidelity' | 'leaveFaces' | 'exact' | 'provider'>;
  readonly threads: number;
  readonly cacheFolder: string;
  /** An existing folder, for the faces of photos with many. */
  readonly file: string;
  readonly onNotice: (notice: Notice) => void;
  /** Another face begins; the first is told before its restorer is opened, which may take as long as a face. */
  readonly onFace: (face: FaceBegun) => void;
  readonly signal?: AbortSignal | undefined;
}

/** The faces of a photo, made anew and ready to go into its result. */
export interface RestoredFaces {
  readonly report: FacesReport;
  readonly inferenceSeconds: number;
  /**
   * What becomes of finished rows of a result `scale` times as large as the photo, in place: `place` is the part of it that they make up,
   * and they come from top to bottom. Faces are held as long as rows come that they touch.
   */
  onto(place: Rectangle, scale: number): (rows: Samples) => Promise<Samples>;
  close(): Promise<void>;
}

/**
 * Finds the faces of a photo and makes them anew, each from the photo's own pixels, before anything is enlarged: so the restorer's memory
 * is given back first, and the faces go into the rows of the result as these are finished, whatever part of it that is.
 * Throws `bad-request` where none is at a spot that was named, `model-damaged`, `wrong-output`, `not-enough-memory`, `cancelled`.
 */
export async function restoreFaces(request: FacesRequest): Promise<RestoredFaces> {
  const { photo, region, detector, restorer, threads, signal } = request;
  const { face, options: dials } = restorer.manifest;
  const fidelity = request.options.fidelity ?? dials.fidelity.default;
  const { leaveFaces } = request.options;
  const whole = { left: 0, top: 0, width: photo.width, height: photo.height };
  const alignments = (await faceDetector(detector).find(photo, threads, signal))
    .map(({ landmarks }) => alignmentOf(landmarks, face.side))
    .filter((alignment) => alignment !== null)
    .filter((alignment) => isSome(common(reachOf(alignment, face.side), whole)));
  const placed = placedFaces(alignments, face.side, photo);
  const left = facesLeft(leaveFaces ?? [], placed, face.side, photo);
  const faces = placed
    .filter(({ alignment }) => isSome(common(reachOf(alignment, face.side), region ?? whole)))
    .map((one) => ({ ...one, outcome: outcomeOf(one.alignment, face.side, left.has(one)) }));
  const suited = faces.filter(({ outcome }) => outcome === 'restored').map(({ alignment }) => alignment);
  const report = { ...reportOf(faces.map(({ at, outcome }) => ({ ...at, outcome }))), fidelity };
  const format = { width: face.side, height: face.side * suited.length, channels: photo.channels, bits: photo.bits };
  const store = await openPixelStore(format, request.file);
  try {
    const inferenceSeconds = suited.length === 0 ? 0 : await restoreInto(store, suited, request);
    return { report, inferenceSeconds, onto: pasteFrom(store, suited, fidelity), close: () => store.close() };
  } catch (error) {
    await store.close();
    throw error;
  }
}

function reportOf(each: readonly PlacedFace[]): Omit<FacesReport, 'fidelity'> {
  const count = (wanted: FaceOutcome): number => each.filter(({ outcome }) => outcome === wanted).length;
  const [restored, left, tooSmall, tooLarge] = [count('restored'), count('left'), count('tooSmall'), count('tooLarge')];
  return { found: each.length, restored, left, tooSmall, tooLarge, each };
}

const isSome = ({ width, height }: Rectangle): boolean => width > 0 && height > 0;

/** Each face into its place of the store, below the others. Answers the seconds of the native code. */
async function restoreInto(store: PixelStore, alignments: readonly Similarity[], request: FacesRequest): Promise<number> {
  const { photo, restorer, options } = request;
  const { side } = restorer.manifest.face;
  const count = alignments.length;
  request.onFace({ number: 1, count, secondsEach: null });
  const model = faceRestorer(restorer);
  const choice = await chooseCandidate({ ...request, model, bits: photo.bits, exact: options.exact, provider: options.provider });
  const expected = await expectedFaceSeconds(restorer, { ...options, bits: photo.bits, cacheFolder: request.cacheFolder });
  const inference = new CheckedInference({ ...request, model, bits: photo.bits, constants: {} }, choice);
  try {
    const begun = performance.now();
    for (const [index, alignment] of alignments.entries()) {
      const secondsEach = index === 0 ? expected : (performance.now() - begun) / 1000 / index;
      request.onFace({ number: index + 1, count, secondsEach });
      const input = await alignedFace(photo, alignment, side);
      // Native code blocks the process: this is when a cancellation arrives.
      await setImmediate();
      throwIfCancelled(request.signal);
      const restored = await inference.infer({ source: photo, input, width: side, height: side, read: fromGraph });
      if (restored === 'smaller') throw new Problem('not-enough-memory', sentence('memory.photo'));
      await store.writeRows(index * side, restored);
    }
    return inference.inferenceSeconds;
  } finally {
    await inference.close();
    // What enlarges the photo needs the memory, and a restorer holds much of it.
    await closeIdleSessions();
  }
}

/** Seconds that a face takes, from what is remembered of the restorer; null where it was never measured. */
export async function expectedFaceSeconds(
  restorer: FaceModels['restorer'],
  { bits, exact, provider, cacheFolder }: Pick<Options, 'exact' | 'provider'> & { readonly bits: 8 | 16; readonly cacheFolder: string },
): Promise<number | null> {
  const perMegapixel = await estimateSecondsPerMegapixel(faceRestorer(restorer), { bits, exact, provider, cacheFolder });
  return perMegapixel === null ? null : (perMegapixel * restorer.manifest.face.side ** 2) / 1e6;
}

const pasteFrom =
  (store: PixelStore, alignments: readonly Similarity[], fidelity: number): RestoredFaces['onto'] =>
  (place, scale) => {
    const side = store.width;
    const faces = alignments.map((photoAlignment, index) => {
      const alignment = fromLarger(photoAlignment, scale);
      return { index, alignment, reach: reachOf(alignment, side) };
    });
    const held = new Map<number, RestoredFace>();
    let { top } = place;
    return async (samples) => {
      const height = samples.length / (place.width * store.channels);
      const rows = { samples, channels: store.channels, place: { ...place, top, height } };
      for (const { index, alignment, reach } of faces) {
        if (!isSome(common(reach, rows.place))) continue;
        const face = held.get(index) ?? { samples: await store.readRows(index * side, side), side, alignment };
        paste(face, rows, fidelity);
        if (reach.top + reach.height > top + height) held.set(index, face);
        else held.delete(index);
      }
      top += height;
      return samples;
    };
  };
