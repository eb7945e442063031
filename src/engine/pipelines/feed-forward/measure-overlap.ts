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
const [largest, middle, ...narrow] = [64, 32, 16, 8] as const;
/** What the middle is compared with before that: networks that need the widest differ here already, at half the computing. */
const slightlyWider = 36;
/** Side of the piece that is compared. */
const core = 16;
/** Where pieces differ by less, nobody sees a seam; far below one level of 256 on average. */
const leastLikenessDb = 60;
/** Two that are so like a third are like each other to half the amplitude. */
const leastBetweenDb = leastLikenessDb - 20 * Math.log10(2);
/** Networks that would take longer for either comparison are given the middle without it. */
const mostSeconds = 30;

/** Source pixels by which tiles of a model shall overlap. */
export async function measureOverlap({ run, radius, scale, secondsPerPixel }: OverlapRequest): Promise<number> {
  if (radius !== null && radius <= largestExact) return radius;
  const isSoon = (overlaps: readonly number[]): boolean =>
    secondsPerPixel * overlaps.reduce((pixels, overlap) => pixels + (core + 2 * overlap) ** 2, 0) <= mostSeconds;
  if (!isSoon([middle, slightlyWider])) return middle;
  const whole = core + 2 * largest;
  const picture = testPicture(whole);
  const pieceWith = async (overlap: number): Promise<Samples> => {
    const side = core + 2 * overlap;
    const answer = await run(cropped(picture, whole, largest - overlap, side), side);
    return cropped(answer, side * scale, overlap * scale, core * scale);
  };
  const likely = await pieceWith(middle);
  if (psnr(likely, await pieceWith(slightlyWider), 255) < leastBetweenDb) return largest;
  if (!isSoon([largest, ...narrow])) return middle;
  const reference = await pieceWith(largest);
  if (psnr(likely, reference, 255) < leastLikenessDb) return largest;
  let found: number = middle;
  for (const overlap of narrow) {
    if (psnr(await pieceWith(overlap), reference, 255) < leastLikenessDb) return found;
    found = overlap;
  }
  return found;
}

/** The square of `side` pixels whose left and top are at `from` in a square RGB picture. */
const cropped = <Values extends Samples>(picture: Values, width: number, from: number, side: number): Values =>
  columnsOf(picture.subarray(from * width * 3, (from + side) * width * 3) as Values, width * 3, from * 3, side * 3);
