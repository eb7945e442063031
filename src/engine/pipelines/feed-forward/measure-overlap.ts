import { testPicture } from '../../../shared/test-picture.ts';
import type { Samples } from '../../image/pixels.ts';
import { columnsOf } from '../../image/window-pixels.ts';
import { psnr } from '../../runtime/self-test.ts';

export interface OverlapRequest {
  /** A square RGB picture → its enlargement. */
  readonly run: (picture: Uint8Array, side: number) => Promise<Samples>;
  /** What a result pixel depends on, where that is known and not the whole tile. */
  readonly radius: number | null;
  readonly scale: number;
  readonly secondsPerPixel: number;
}

/** Up to here the whole radius is taken: tiled = untiled, for little. */
const largestExact = 48;
/** What is compared with the widest where the radius is larger or unknown, until one differs. */
const [largest, ...tried] = [64, 32, 16, 8] as const;
/** Side of the piece that is compared. */
const core = 16;
/** Where pieces differ by less, nobody sees a seam; far below one level of 256 on average. */
const leastLikenessDb = 60;
/** Networks that would take longer are given the middle without measuring. */
const mostSeconds = 30;
const unmeasured = 32;

/** Source pixels by which tiles of a model shall overlap. */
export async function measureOverlap({ run, radius, scale, secondsPerPixel }: OverlapRequest): Promise<number> {
  if (radius !== null && radius <= largestExact) return radius;
  const pixels = [largest, ...tried].reduce((sum, overlap) => sum + (core + 2 * overlap) ** 2, 0);
  if (pixels * secondsPerPixel > mostSeconds) return unmeasured;
  const whole = core + 2 * largest;
  const picture = testPicture(whole);
  const pieceWith = async (overlap: number): Promise<Samples> => {
    const side = core + 2 * overlap;
    const answer = await run(cropped(picture, whole, largest - overlap, side), side);
    return cropped(answer, side * scale, overlap * scale, core * scale);
  };
  const reference = await pieceWith(largest);
  let found: number = largest;
  for (const overlap of tried) {
    if (psnr(await pieceWith(overlap), reference, 255) < leastLikenessDb) return found;
    found = overlap;
  }
  return found;
}

/** The square of `side` pixels whose left and top are at `from` in a square RGB picture. */
const cropped = <Values extends Samples>(picture: Values, width: number, from: number, side: number): Values =>
  columnsOf(picture.subarray(from * width * 3, (from + side) * width * 3) as Values, width * 3, from * 3, side * 3);
