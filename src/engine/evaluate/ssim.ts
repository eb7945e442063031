import { gaussian, product, smoothed } from '../image/gaussian.ts';
import { lumaOf, roundAll, studioLuma } from './luma.ts';
import { bandsOf, type Picture, type Watch } from './picture.ts';

const taps = gaussian(11, 1.5);
const margin = taps.length - 1;
const c1 = (0.01 * 255) ** 2;
const c2 = (0.03 * 255) ** 2;

/**
 * Structural similarity (Wang et al. 2004) of the luma, rounded to 0…255, of two pictures of the same size: Gaussian window of
 * 11 × 11, sigma 1.5, only where it lies in the picture, contrast term not below 0, mean of the map (as pyiqa computes it).
 * @returns 0…1; null where the pictures are smaller than the window
 */
export async function ssimY(a: Picture, b: Picture, watch: Watch = {}): Promise<number | null> {
  const { width } = a;
  const [columns, height] = [width - margin, a.height - margin];
  if (columns < 1 || height < 1) return null;
  let sum = 0;
  for await (const { top, rows } of bandsOf({ width, height }, watch)) {
    const x = await lumaRows(a, top, rows + margin);
    const y = await lumaRows(b, top, rows + margin);
    const [meanX, meanY] = [smoothed(x, width, taps), smoothed(y, width, taps)];
    const [squareX, squareY] = [smoothed(product(x, x), width, taps), smoothed(product(y, y), width, taps)];
    const both = smoothed(product(x, y), width, taps);
    for (let i = 0; i < meanX.length; i++) {
      const [mx, my] = [meanX[i]!, meanY[i]!];
      const variances = squareX[i]! - mx * mx + (squareY[i]! - my * my);
      const contrast = Math.max(0, (2 * (both[i]! - mx * my) + c2) / (variances + c2));
      sum += ((2 * mx * my + c1) / (mx * mx + my * my + c1)) * contrast;
    }
  }
  return sum / (columns * height);
}

const lumaRows = async (picture: Picture, top: number, rows: number): Promise<Float64Array> =>
  roundAll(lumaOf(await picture.readRows(top, rows), picture.channels, studioLuma));
