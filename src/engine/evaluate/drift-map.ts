import sharp from 'sharp';
import { driftColour, fullDrift } from '../../shared/drift-scale.ts';
import { Problem } from '../../shared/problem.ts';
import { sentence } from '../../shared/sentence.ts';
import { isEnlargementOf } from './consistency.ts';
import { bandsOf, type Picture } from './picture.ts';
import { reduced } from './reduced.ts';
import { withPictures } from './with-pictures.ts';

/**
 * Where a result, reduced to its source's size, differs from it, as PNG: each pixel shows the largest difference of R, G and B, in 8-bit
 * levels (`drift-scale.ts`), of the source's pixels that it stands for. Its longer side is at most `edge`.
 * @throws Problem as openPhoto does; bad-request where the one is no enlargement of the other
 */
export async function renderDriftMap(
  paths: { result: string; source: string },
  edge: number,
  temporaryFolder: string,
): Promise<Uint8Array> {
  const request = { ...paths, reference: null };
  return withPictures(request, temporaryFolder, undefined, async ({ result, source }) => {
    if (source === null || !isEnlargementOf(result, source)) {
      throw new Problem('bad-request', sentence('request.notEnlargement'));
    }
    const map = await driftLevels(result, source, edge);
    const colours = Array.from({ length: fullDrift + 1 }, (_, levels) => driftColour(levels));
    const pixels = new Uint8Array(map.levels.length * 3);
    map.levels.forEach((levels, index) => pixels.set(colours[Math.min(fullDrift, levels)]!, index * 3));
    return sharp(pixels, { raw: { width: map.width, height: map.height, channels: 3 } })
      .png({ compressionLevel: 3 })
      .toBuffer();
  });
}

interface DriftLevels {
  readonly width: number;
  readonly height: number;
  /** 0…255. */
  readonly levels: Uint8Array;
}

/** The largest difference of each square of the source's pixels, as large as it takes to stay within `edge`. */
export async function driftLevels(result: Picture, source: Picture, edge: number): Promise<DriftLevels> {
  const square = Math.ceil(Math.max(source.width, source.height) / edge);
  const [width, height] = [Math.ceil(source.width / square), Math.ceil(source.height / square)];
  const levels = new Uint8Array(width * height);
  const small = reduced(result, source);
  for await (const { top, rows } of bandsOf(source, {})) {
    const [made, own] = [await small.readRows(top, rows), await source.readRows(top, rows)];
    for (let pixel = 0; pixel < rows * source.width; pixel++) {
      const y = Math.floor((top + Math.floor(pixel / source.width)) / square);
      const at = y * width + Math.floor((pixel % source.width) / square);
      levels[at] = Math.max(levels[at]!, difference(made, small.channels, own, source.channels, pixel));
    }
  }
  return { width, height, levels };
}

/** Between two pixels, of which either may be grey. */
function difference(a: Uint8Array, channelsOfA: number, b: Uint8Array, channelsOfB: number, pixel: number): number {
  let largest = 0;
  for (let channel = 0; channel < 3; channel++) {
    const one = a[pixel * channelsOfA + Math.min(channel, channelsOfA - 1)]!;
    const other = b[pixel * channelsOfB + Math.min(channel, channelsOfB - 1)]!;
    largest = Math.max(largest, Math.abs(one - other));
  }
  return largest;
}
