import { lumaOf, studioLuma } from './luma.ts';
import { bandsOf, type Picture, type Watch } from './picture.ts';

/**
 * Peak signal-to-noise ratio of the luma of two pictures of the same size, in dB: 10·log10(1 / (mse + 1e-8)) on a scale of
 * 0…1, luma not rounded, no border left out (as pyiqa computes it with `test_y_channel`, `color_space='ycbcr'`). The same
 * picture gives 80.
 */
export async function psnrY(a: Picture, b: Picture, watch: Watch = {}): Promise<number> {
  let sum = 0;
  for await (const { top, rows } of bandsOf(a, watch)) {
    const first = lumaOf(await a.readRows(top, rows), a.channels, studioLuma);
    const second = lumaOf(await b.readRows(top, rows), b.channels, studioLuma);
    for (let i = 0; i < first.length; i++) sum += ((first[i]! - second[i]!) / 255) ** 2;
  }
  return 10 * Math.log10(1 / (sum / (a.width * a.height) + 1e-8));
}
