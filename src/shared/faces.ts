import { sentence, type Sentence } from './sentence.ts';

/** What became of a face: restored, left alone as it was asked for, or for what {@link FacesReport} tells. */
export type FaceOutcome = 'restored' | 'left' | 'tooSmall' | 'tooLarge';

/** A spot of a photo, in parts of its width and height: 0…1, or outside where the edge cuts a face off. */
export interface Spot {
  readonly x: number;
  readonly y: number;
}

/** A face of a photo, by the square around it: nothing outside of it is changed. `x` and `y` are its middle. */
export interface PlacedFace extends Spot {
  /** In parts of the photo's width. */
  readonly side: number;
  /** How far the square is turned clockwise, in degrees. */
  readonly turn: number;
  readonly outcome: FaceOutcome;
}

/** What became of the faces of a photo. */
export interface FacesReport {
  readonly found: number;
  readonly restored: number;
  /** Left alone because it was asked for. */
  readonly left: number;
  /** So small that a person would be made up; and so large that the photo shows more of them than could be restored. */
  readonly tooSmall: number;
  readonly tooLarge: number;
  /** All that were found, from left to right; none where an earlier version made the result. */
  readonly each: readonly PlacedFace[];
  /** How far each was held to what the model of the photo made of it, 0…1. */
  readonly fidelity: number;
}

export const facesTold = ({ found, restored, left, tooSmall, tooLarge }: Omit<FacesReport, 'each' | 'fidelity'>): Sentence =>
  sentence('faces.told', { found, restored, left, tooSmall, tooLarge });

/** As `--leave-faces` takes it, in percent: `31.2x42`. */
export const spotInWords = ({ x, y }: Spot): string => `${inPercent(x)}x${inPercent(y)}`;

const inPercent = (part: number): number => Math.round(part * 1000) / 10;
