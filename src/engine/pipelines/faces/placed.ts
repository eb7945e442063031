import { spotInWords, type FaceOutcome, type PlacedFace } from '../../../shared/faces.ts';
import type { Options } from '../../../shared/options.ts';
import { Problem } from '../../../shared/problem.ts';
import { sentence } from '../../../shared/sentence.ts';
import { squareIn } from './aligned.ts';
import { applied, inverted, type Point, type Similarity } from './similarity.ts';

/** A face, with how it lies in the photo, and where. */
export interface AlignedFace {
  readonly alignment: Similarity;
  readonly at: Omit<PlacedFace, 'outcome'>;
}

interface Size {
  readonly width: number;
  readonly height: number;
}

/** Where squares of `side` lie in the photo, from left to right. */
export const placedFaces = (alignments: readonly Similarity[], side: number, photo: Size): AlignedFace[] =>
  alignments
    .map((alignment) => ({ alignment, at: placeOf(alignment, side, photo) }))
    .sort((one, other) => one.at.x - other.at.x || one.at.y - other.at.y);

function placeOf(alignment: Similarity, side: number, { width, height }: Size): AlignedFace['at'] {
  const back = inverted(alignment);
  const middle = applied(back, { x: side / 2, y: side / 2 });
  const turn = (Math.atan2(back.b, back.a) * 180) / Math.PI;
  return {
    x: rounded(middle.x / width, 1e4),
    y: rounded(middle.y / height, 1e4),
    side: rounded(squareIn(alignment, side) / width, 1e4),
    turn: rounded(turn, 10),
  };
}

const rounded = (value: number, steps: number): number => Math.round(value * steps) / steps;

/** In the photo there is less than `leastSquare` pixels of what there is to restore, or more than the restorer gives. */
export function outcomeOf(alignment: Similarity, side: number, isLeft: boolean): FaceOutcome {
  if (isLeft) return 'left';
  const square = squareIn(alignment, side);
  if (square < leastSquare) return 'tooSmall';
  return square > mostTimes * side ? 'tooLarge' : 'restored';
}

/** Of the square around a face, in pixels of the photo: in a smaller one there is nothing to restore, and a person would be made up. */
const leastSquare = 48;
/** Times the restorer's own square: in a larger one the photo shows more than it could give. */
const mostTimes = 2;

/**
 * The faces that a person wants left alone: of those whose square has the spot, the one whose middle is nearest.
 * @throws Problem bad-request where a spot is in none
 */
export function facesLeft(
  spots: NonNullable<Options['leaveFaces']>,
  faces: readonly AlignedFace[],
  side: number,
  photo: Size,
): ReadonlySet<AlignedFace> {
  const chosen = spots.map((spot) => faceAt({ x: spot.x * photo.width, y: spot.y * photo.height }, faces, side));
  const wrong = spots.filter((_, index) => chosen[index] === null);
  if (wrong.length > 0) {
    const found = faces.map(({ at }) => spotInWords(at));
    throw new Problem('bad-request', sentence('faces.noneThere', { spots: wrong.map(spotInWords) }), {
      advice: sentence('faces.noneThere.advice', { count: found.length, found }),
    });
  }
  return new Set(chosen.filter((face) => face !== null));
}

function faceAt(spot: Point, faces: readonly AlignedFace[], side: number): AlignedFace | null {
  let [nearest, least]: [AlignedFace | null, number] = [null, Number.POSITIVE_INFINITY];
  for (const face of faces) {
    const { x, y } = applied(face.alignment, spot);
    const distance = Math.hypot(x - side / 2, y - side / 2);
    if (x < 0 || y < 0 || x > side || y > side || distance >= least) continue;
    [nearest, least] = [face, distance];
  }
  return nearest;
}
