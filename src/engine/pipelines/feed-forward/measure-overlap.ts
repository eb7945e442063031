import { testPicture } from '../../../shared/test-picture.ts';
import type { Samples } from '../../image/pixels.ts';
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
/** What is tried where the radius is larger or unknown; the last is what the others are compared with. */
const tried = [8, 16, 32, 64] as const;
const largest = 64;
/** Side of the piece that is compared. */
const core = 32;
/** Where pieces differ by less, nobody sees a seam; far below one level of 256 on average. */
const leastLikenessDb = 60;
/** Networks that would take longer are given the middle without measuring. */
const mostSeconds = 30;
const unmeasured = 32;

/** Source pixels by which tiles of a model shall overlap. */
export async function measureOverlap({ run, radius, scale, secondsPerPixel }: OverlapRequest): Promise<number> {
  if (radius !== null && radius <= largestExact) return radius;
  const pixels = tried.reduce((sum, overlap) => sum + (core + 2 * overlap) ** 2, 0);
  if (pixels * secondsPerPixel > mostSeconds) return unmeasured;
  const whole = core + 2 * largest;
  const picture = testPicture(whole);
  const pieceWith = async (overlap: number): Promise<Uint8Array> => {
    const side = core + 2 * overlap;
    const answer = await run(cropped(picture, whole, largest - overlap, side), side);
    return cropped(answer, side * scale, overlap * scale, core * scale);
  };
  const reference = await pieceWith(largest);
  for (const overlap of tried) {
    if (overlap === largest || psnr(await pieceWith(overlap), reference, 255) >= leastLikenessDb) return overlap;
  }
  return largest;
}

/** The square of `side` pixels whose left and top are at `from` in a square RGB picture. */
function cropped(picture: Samples, width: number, from: number, side: number): Uint8Array {
  const result = new Uint8Array(side * side * 3);
  for (let row = 0; row < side; row += 1) {
    const start = ((from + row) * width + from) * 3;
    result.set(picture.subarray(start, start + side * 3), row * side * 3);
  }
  return result;
}
