import { setImmediate } from 'node:timers/promises';
import { Tensor, type InferenceSession } from 'onnxruntime-node';
import type { FaceDetectorManifest } from '../../../shared/manifest.ts';
import { Problem, throwIfCancelled } from '../../../shared/problem.ts';
import { sentence } from '../../../shared/sentence.ts';
import type { Pixels } from '../../image/pixels.ts';
import { verifyFiles, type UsableModel } from '../../runtime/model.ts';
import { openOnnx } from '../../runtime/onnx.ts';
import { cpu } from '../../runtime/providers.ts';
import { distinctFaces, facesOfMaps, type FaceMaps, type FoundFace } from './face-maps.ts';
import { pyramidOf, smallPicture, squaresOf, type Square } from './small-picture.ts';

/** Finds the faces of photos. */
export interface FaceDetector {
  /** In pixels of the photo, surest first. Throws `model-damaged`, `cancelled`, or what the native code says. */
  find(photo: Pixels, threads: number, signal?: AbortSignal): Promise<FoundFace[]>;
}

/** What OpenCV's samples ask for is 0.9; small and damaged faces, which this is about, have less. */
const leastScore = 0.8;
/** Of the longer side of what is looked at. Faces of about ten pixels are found there. */
const mostSide = 2560;
const strides = [8, 16, 32];

/** Detectors in the form of YuNet. They run on the processor: what they look at is small. */
export function faceDetector({ id, folder, manifest }: UsableModel<FaceDetectorManifest>): FaceDetector {
  const { picture, graphs, weights } = manifest;
  const { side, input } = picture;
  return {
    async find(photo, threads, signal) {
      await verifyFiles({ id, folder }, [...graphs, ...weights]);
      const session = await openOnnx({ model: { folder }, provider: cpu, threads, width: side, height: side }, graphs[0]?.file ?? '');
      try {
        const found: FoundFace[] = [];
        for (const square of pyramidOf(await smallPicture(photo, mostSide), side).flatMap((small) => squaresOf(small, side))) {
          // Native code blocks the process: this is when a cancellation arrives.
          await setImmediate();
          throwIfCancelled(signal);
          const answers = await session.run({ [input]: new Tensor('float32', square.planes(), [1, 3, side, side]) });
          const faces = facesOfMaps(side, mapsOf(answers, side, id), leastScore);
          found.push(...faces.filter(({ box }) => square.hasWhole(box)).map((face) => inPhoto(face, square)));
        }
        return distinctFaces(found);
      } finally {
        await session.release();
      }
    },
  };
}

/** @throws Problem model-damaged where a map is missing, or is not as large as it has to be */
export function mapsOf(answers: InferenceSession.OnnxValueMapType, side: number, id: string): FaceMaps[] {
  return strides.map((stride) => {
    const cells = (side / stride) ** 2;
    const map = (name: string, each: number): Float32Array => {
      const values = answers[`${name}_${stride}`]?.data;
      if (values instanceof Float32Array && values.length === cells * each) return values;
      throw new Problem('model-damaged', sentence('faces.mapMissing', { id, map: `${name}_${stride}` }));
    };
    return { stride, cls: map('cls', 1), obj: map('obj', 1), bbox: map('bbox', 4), kps: map('kps', 10) };
  });
}

function inPhoto({ score, box, landmarks }: FoundFace, { left, top, picture: { across, down } }: Square): FoundFace {
  return {
    score,
    box: { left: (left + box.left) * across, top: (top + box.top) * down, width: box.width * across, height: box.height * down },
    landmarks: landmarks.map(({ x, y }) => ({ x: (left + x) * across, y: (top + y) * down })),
  };
}
