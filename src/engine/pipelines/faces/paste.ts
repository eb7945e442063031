import type { Rectangle, Samples } from '../../image/pixels.ts';
import { reachOf } from './aligned.ts';
import { applied, scaleOf, type Similarity } from './similarity.ts';

/** A face that was made anew: an upright square of `side`, in the photo's channels and range. */
export interface RestoredFace {
  readonly samples: Samples;
  readonly side: number;
  /** From pixels of the picture that it goes into to those of the square. */
  readonly alignment: Similarity;
}

/** Rows of a picture: `place` says which part of it they are. */
export interface PictureRows {
  readonly samples: Samples;
  readonly channels: 1 | 3;
  readonly place: Rectangle;
}

/** Of a side of the square, along which it goes over into the picture. */
const feather = 0.15;

/** How much of the square counts at a place in it, of 0…1 both ways: none from its edge on, all in its middle, smooth between. */
export function maskAt(x: number, y: number): number {
  return ramp(Math.min(x, 1 - x)) * ramp(Math.min(y, 1 - y));
}

function ramp(fromEdge: number): number {
  const t = Math.min(1, Math.max(0, fromEdge / feather));
  return t * t * (3 - 2 * t);
}

/**
 * Blends a face into rows of a picture, in place: mask · (1 − fidelity) of it, the rest as it was. Where the square is finer than the
 * picture, each pixel gets the mean of several places. Pixels outside the square are not touched.
 */
export function paste(restored: RestoredFace, { samples, channels, place }: PictureRows, fidelity: number): void {
  const { samples: face, side, alignment } = restored;
  const points = Math.max(1, Math.ceil(scaleOf(alignment)));
  const { left, top, width, height } = common(reachOf(alignment, side), place);
  for (let y = top; y < top + height; y += 1) {
    for (let x = left; x < left + width; x += 1) {
      const centre = applied(alignment, { x: x + 0.5, y: y + 0.5 });
      const weight = (1 - fidelity) * maskAt(centre.x / side, centre.y / side);
      if (weight <= 0) continue;
      const at = ((y - place.top) * place.width + x - place.left) * channels;
      for (let channel = 0; channel < channels; channel += 1) {
        let sum = 0;
        for (let point = 0; point < points * points; point += 1) {
          const [right, down] = [((point % points) + 0.5) / points - 0.5, (Math.floor(point / points) + 0.5) / points - 0.5];
          const u = centre.x + alignment.a * right - alignment.b * down;
          const v = centre.y + alignment.b * right + alignment.a * down;
          sum += between(face, side, channels, channel, u - 0.5, v - 0.5);
        }
        const now = samples[at + channel]!;
        samples[at + channel] = Math.round(now + weight * (sum / points ** 2 - now));
      }
    }
  }
}

/** What two rectangles share; of no size where that is nothing. */
export function common(one: Rectangle, other: Rectangle): Rectangle {
  const [left, top] = [Math.max(one.left, other.left), Math.max(one.top, other.top)];
  const right = Math.min(one.left + one.width, other.left + other.width);
  const bottom = Math.min(one.top + one.height, other.top + other.height);
  return { left, top, width: Math.max(0, right - left), height: Math.max(0, bottom - top) };
}

/** Bilinear, between the centres of four pixels; edges are repeated. */
function between(face: Samples, side: number, channels: number, channel: number, x: number, y: number): number {
  const last = side - 1;
  const [left, top] = [Math.min(last - 1, Math.max(0, Math.floor(x))), Math.min(last - 1, Math.max(0, Math.floor(y)))];
  const [right, down] = [Math.min(1, Math.max(0, x - left)), Math.min(1, Math.max(0, y - top))];
  const from = (top * side + left) * channels + channel;
  const below = from + side * channels;
  const upper = face[from]! + right * (face[from + channels]! - face[from]!);
  const lower = face[below]! + right * (face[below + channels]! - face[below]!);
  return upper + down * (lower - upper);
}
