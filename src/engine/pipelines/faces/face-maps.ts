import type { Rectangle } from '../../image/pixels.ts';
import type { Point } from './similarity.ts';

/** A face that was found, in pixels of the picture that was looked at. */
export interface FoundFace {
  /** How sure the detector is, 0…1. */
  readonly score: number;
  readonly box: Rectangle;
  /** As they are seen: left eye, right eye, tip of the nose, left and right corner of the mouth. */
  readonly landmarks: readonly Point[];
}

/** What the detector gives for one stride, a cell after the other, by rows: one `cls` and `obj` each, four of `bbox`, ten of `kps`. */
export interface FaceMaps {
  readonly stride: number;
  readonly cls: Float32Array;
  readonly obj: Float32Array;
  readonly bbox: Float32Array;
  readonly kps: Float32Array;
}

const landmarkCount = 5;

/**
 * The faces of a square picture as YuNet's maps tell them (Wu, Peng and Yu, "YuNet: a tiny millisecond-level face detector", 2023; the
 * arithmetic is that of OpenCV's FaceDetectorYN): the score is the geometric mean of the two certainties, a box's centre and the
 * landmarks are counted in strides from the cell's corner, its sides are e to the power of what is given, in strides.
 */
export function facesOfMaps(side: number, maps: readonly FaceMaps[], leastScore: number): FoundFace[] {
  return maps.flatMap(({ stride, cls, obj, bbox, kps }) => {
    const columns = side / stride;
    const faces: FoundFace[] = [];
    for (let cell = 0; cell < columns * columns; cell += 1) {
      const score = Math.sqrt(clamped(cls[cell]!) * clamped(obj[cell]!));
      if (!(score >= leastScore)) continue;
      const [column, row] = [cell % columns, Math.floor(cell / columns)];
      const at = (offset: number, place: number): number => (place + offset) * stride;
      const [x, y, wide = 0, high = 0] = bbox.subarray(4 * cell, 4 * cell + 4);
      const [width, height] = [Math.exp(wide) * stride, Math.exp(high) * stride];
      const box = { left: at(x!, column) - width / 2, top: at(y!, row) - height / 2, width, height };
      const landmarks = Array.from({ length: landmarkCount }, (_, index): Point => {
        const from = 2 * (cell * landmarkCount + index);
        return { x: at(kps[from]!, column), y: at(kps[from + 1]!, row) };
      });
      faces.push({ score, box, landmarks });
    }
    return faces;
  });
}

const clamped = (value: number): number => Math.min(1, Math.max(0, value));

/** Of faces whose boxes overlap by more than `mostShared` of their union, the surest; surest first. */
export function distinctFaces(faces: readonly FoundFace[], mostShared = 0.3): FoundFace[] {
  const kept: FoundFace[] = [];
  for (const face of [...faces].sort((one, other) => other.score - one.score)) {
    if (kept.every(({ box }) => sharedPart(box, face.box) <= mostShared)) kept.push(face);
  }
  return kept;
}

/** Intersection over union. */
function sharedPart(one: Rectangle, other: Rectangle): number {
  const shared = (start: number, length: number, begin: number, size: number): number =>
    Math.max(0, Math.min(start + length, begin + size) - Math.max(start, begin));
  const both = shared(one.left, one.width, other.left, other.width) * shared(one.top, one.height, other.top, other.height);
  return both / (one.width * one.height + other.width * other.height - both);
}
