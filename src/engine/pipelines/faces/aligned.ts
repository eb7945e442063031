import { newSamples, maximum } from '../../image/samples.ts';
import { cubic } from '../../image/resample.ts';
import type { PixelFormat, Pixels, Rectangle, Samples } from '../../image/pixels.ts';
import { applied, inverted, scaleOf, similarityBetween, type Point, type Similarity } from './similarity.ts';

/**
 * Where restorers have the landmarks of an upright face in a square of 512: the mean of FFHQ's faces, as facexlib has it. Left eye,
 * right eye, tip of the nose, left and right corner of the mouth, as they are seen.
 */
const template: readonly Point[] = [
  { x: 192.98138, y: 239.94708 },
  { x: 318.90277, y: 240.1936 },
  { x: 256.63416, y: 314.01935 },
  { x: 201.26117, y: 371.41043 },
  { x: 313.08905, y: 371.15118 },
];
const templateSide = 512;

/** How a face of a photo lies in its upright square of `side`; null where the landmarks are no face. */
export const alignmentOf = (landmarks: readonly Point[], side: number): Similarity | null =>
  similarityBetween(
    landmarks,
    template.map(({ x, y }) => ({ x: (x * side) / templateSide, y: (y * side) / templateSide })),
  );

/** Pixels of the photo along a side of the square. */
export const squareIn = (alignment: Similarity, side: number): number => side / scaleOf(alignment);

/** The smallest rectangle of whole pixels, not necessarily within the picture, that has all of the square. */
export function reachOf(alignment: Similarity, side: number): Rectangle {
  const back = inverted(alignment);
  const corners = [0, side].flatMap((x) => [0, side].map((y) => applied(back, { x, y })));
  const [xs, ys] = [corners.map(({ x }) => x), corners.map(({ y }) => y)];
  const [left, top] = [Math.floor(Math.min(...xs)), Math.floor(Math.min(...ys))];
  return { left, top, width: Math.ceil(Math.max(...xs)) - left, height: Math.ceil(Math.max(...ys)) - top };
}

/** Pixels that a bicubic sample looks at along an axis, and around its place. */
const [taps, margin] = [4, 2];

/** The upright square of a face: bicubic (Keys, a = −0.5), edges of the photo repeated. Only its rows are read. */
export async function alignedFace(photo: Pixels, alignment: Similarity, side: number): Promise<Samples> {
  const { top, height } = reachOf(alignment, side);
  const first = within(top - margin, photo.height - 1);
  const end = within(top + height + margin, photo.height - 1) + 1;
  const source = { ...formatOf(photo), height: end - first, samples: await photo.readRows(first, end - first) };
  const back = inverted(alignment);
  const square = newSamples(photo.bits, side * side * photo.channels);
  // Where the photo is finer than the square, each of its pixels is the mean of several places.
  const points = Math.max(1, Math.ceil(scaleOf(back)));
  const sums = new Float64Array(photo.channels);
  for (let y = 0, to = 0; y < side; y += 1) {
    for (let x = 0; x < side; x += 1, to += photo.channels) {
      sums.fill(0);
      for (let point = 0; point < points * points; point += 1) {
        const [right, down] = [((point % points) + 0.5) / points, (Math.floor(point / points) + 0.5) / points];
        const place = applied(back, { x: x + right, y: y + down });
        addSample(sums, source, place.x, place.y - first);
      }
      sums.forEach((sum, channel) => {
        square[to + channel] = within(Math.round(sum / points ** 2), maximum(photo.bits));
      });
    }
  }
  return square;
}

const within = (value: number, most: number): number => Math.min(most, Math.max(0, value));
const formatOf = ({ width, height, channels, bits }: Pixels): PixelFormat => ({ width, height, channels, bits });

/** Adds the colours at a place, pixels' centres at a half. */
function addSample(
  sums: Float64Array,
  { samples, width, height, channels }: PixelFormat & { readonly samples: Samples },
  x: number,
  y: number,
): void {
  const [left, top] = [Math.floor(x - 0.5) - 1, Math.floor(y - 0.5) - 1];
  for (let row = 0; row < taps; row += 1) {
    const weight = cubic(top + row + 0.5 - y);
    const begin = within(top + row, height - 1) * width;
    for (let column = 0; column < taps; column += 1) {
      const share = weight * cubic(left + column + 0.5 - x);
      const from = (begin + within(left + column, width - 1)) * channels;
      for (let channel = 0; channel < channels; channel += 1) sums[channel]! += share * samples[from + channel]!;
    }
  }
}
