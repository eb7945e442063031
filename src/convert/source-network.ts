import type { Graph } from './graph/graph.ts';

/** How the numbers of a network's pictures are meant. */
export const ranges = {
  /** 0…1 */
  unit: { factor: 1, offset: 0 },
  /** 0…255 */
  bytes: { factor: 255, offset: 0 },
  /** -1…1 */
  signed: { factor: 2, offset: -1 },
} as const;

export type RangeName = keyof typeof ranges;

/** What the planes of a network's pictures are: grey; red, green and blue; the same and opacity. */
const planes = [1, 3, 4];

/** Whether a network that takes and gives so many planes can be given photos: grey, coloured, and coloured with opacity; or grey in, colours out. */
export const isPictureToPicture = (taken: number, given: number): boolean =>
  planes.includes(taken) && (given === taken || (taken === 1 && given === 3));

/** A network as its files have it: one picture in, one picture out. */
export interface SourceNetwork {
  /** One input and one output: pictures [1, planes, height, width] or [1, height, width, planes]; RGB where there are three. */
  readonly graph: Graph;
  readonly layout: 'nchw' | 'nhwc';
  /** Planes that it takes and gives, see {@link isPictureToPicture}; three each where nothing is said. */
  readonly planes?: { readonly taken: number; readonly given: number } | undefined;
  /** For people: `ncnn`, `ONNX`, `RRDBNet, 23 blocks`. */
  readonly kind: string;
  /** What its numbers can be, likeliest first. */
  readonly ranges: readonly RangeName[];
  /** Whether it may give only what has to be added to the picture, and leave the sum to the program that runs it. */
  readonly mayBeResidual: boolean;
  /** Where the reader knows them, and that its numbers are 0…1: result pixels per source pixel, and the source pixels around one that matter, null for all. */
  readonly known?: { readonly scale: number; readonly radius: number | null } | undefined;
  /** What it is where it turns out to take pictures of the size it was published for only; absent where that is no square of a face. */
  readonly orFace?: FaceNetwork | undefined;
  /** The size of picture that it was published for, where it was for one only: `64 × 64`. The graph's own input varies all the same. */
  readonly fixedSize?: string | undefined;
  /** Closes the files that its weights are read from. */
  close(): Promise<void>;
}

/** A network for a part of what is done with faces, as its files have it. */
export interface FaceNetwork {
  /**
   * `restore`: makes a face anew, planes of RGB −1…1 [1, 3, side, side] in and out. `find`: finds faces as YuNet does, planes of BGR
   * 0…255 in, maps out (`engine/pipelines/faces/face-maps.ts`).
   */
  readonly does: 'restore' | 'find';
  /** One input of float32, [1, 3, side, side]. */
  readonly graph: Graph;
  readonly side: number;
  /** For people, as {@link SourceNetwork.kind}. */
  readonly kind: string;
  close(): Promise<void>;
}

/** What has to be done around a network so that it enlarges pictures of 0…1 and any size `scale` times. */
export interface Fitting {
  readonly range: RangeName;
  /** The network gives what has to be added to the repeated pixels of the picture. */
  readonly isResidual: boolean;
  readonly scale: number;
  /** Result pixels that are missing along an axis. */
  readonly loss: number;
  /** The padded size must be ≡ remainder (mod multiple). */
  readonly multiple: number;
  readonly remainder: number;
}
