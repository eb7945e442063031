import { gaussian, product, smoothed } from '../image/gaussian.ts';
import { halvedRows, neededRows } from './halved.ts';
import { fullLuma, lumaOf, roundAll } from './luma.ts';
import { sceneFeatures, sceneFeaturesOf } from './natural-scene.ts';
import type { NiqeParameters } from './niqe-parameters.ts';
import { bandsOf, type Picture, type Watch } from './picture.ts';
import { inverseForm } from './symmetric.ts';

/** Blocks at full size; half of it at half size. */
const side = 96;
const taps = gaussian(7, 7 / 6);
const margin = (taps.length - 1) / 2;
/** Of both sizes. */
const features = 2 * sceneFeatures;

/**
 * Naturalness of one picture (Mittal, Soundararajan, Bovik: "Making a completely blind image quality analyzer", 2013): how far
 * the statistics of its blocks are from those of the photos that the parameters were made of. MATLAB-compatible, as pyiqa
 * computes it. Memory grows with the width, and by 288 bytes per block of 96 × 96.
 * @returns 0 and more, lower is more natural; null with fewer than two blocks that are not flat
 */
export async function niqe(picture: Picture, parameters: NiqeParameters, watch: Watch = {}): Promise<number | null> {
  const [columns, rows] = [Math.floor(picture.width / side), Math.floor(picture.height / side)];
  const whole = { width: columns * side, height: rows * side };
  const blocks: Float64Array[] = [];
  for await (const { top } of bandsOf(whole, watch, side)) blocks.push(...(await bandFeatures(picture, whole, top)));
  return distance(blocks, parameters);
}

interface Size {
  readonly width: number;
  readonly height: number;
}

/** The features of one row of blocks. `whole`: the part of the picture that whole blocks cover. */
async function bandFeatures(picture: Picture, { width, height }: Size, top: number): Promise<Float64Array[]> {
  const needed = neededRows(top / 2 - margin, side / 2 + 2 * margin, height);
  const luma = await lumaRows(picture, needed.first, needed.count, width);
  const full = padded((row) => luma.subarray((row - needed.first) * width, (row - needed.first + 1) * width), top, side, height, width);
  const halfRows = halvedRows(luma, needed.first, { width, height }, Math.max(0, top / 2 - margin), top / 2 + side / 2 + margin);
  const half = padded(halfRows, top / 2, side / 2, height / 2, width / 2);
  const atFull = blockFeatures(normalised(full, width), width, side);
  const atHalf = blockFeatures(normalised(half, width / 2), width / 2, side / 2);
  return atFull.map((own, index) => Float64Array.of(...own, ...atHalf[index]!));
}

async function lumaRows(picture: Picture, top: number, rows: number, width: number): Promise<Float64Array> {
  const { channels } = picture;
  const samples = await picture.readRows(top, rows);
  const cut = new Uint8Array(rows * width * channels);
  for (let y = 0; y < rows; y++) {
    const from = y * picture.width * channels;
    cut.set(samples.subarray(from, from + width * channels), y * width * channels);
  }
  return roundAll(lumaOf(cut, channels, fullLuma));
}

/** Rows `top` … with what the window needs around them; beyond the edges the edge repeats. */
function padded(rowAt: (row: number) => Float64Array, top: number, rows: number, height: number, width: number): Float64Array {
  const output = new Float64Array((rows + 2 * margin) * (width + 2 * margin));
  for (let y = 0; y < rows + 2 * margin; y++) {
    const row = rowAt(Math.min(height - 1, Math.max(0, top + y - margin)));
    const start = y * (width + 2 * margin);
    output.fill(row[0]!, start, start + margin);
    output.set(row, start + margin);
    output.fill(row[width - 1]!, start + margin + width, start + 2 * margin + width);
  }
  return output;
}

/** (x - mean) / (deviation + 1) under the window, of all that is not padding. */
function normalised(values: Float64Array, width: number): Float64Array {
  const wide = width + 2 * margin;
  const mean = smoothed(values, wide, taps);
  const square = smoothed(product(values, values), wide, taps);
  for (let i = 0; i < mean.length; i++) {
    const own = values[(Math.floor(i / width) + margin) * wide + (i % width) + margin]!;
    const middle = mean[i]!;
    mean[i] = (own - middle) / (Math.sqrt(Math.abs(square[i]! - middle * middle)) + 1);
  }
  return mean;
}

function blockFeatures(values: Float64Array, width: number, blockSide: number): Float64Array[] {
  return Array.from({ length: width / blockSide }, (_, column) => {
    const block = new Float64Array(blockSide * blockSide);
    for (let y = 0; y < blockSide; y++) {
      const from = y * width + column * blockSide;
      block.set(values.subarray(from, from + blockSide), y * blockSide);
    }
    return sceneFeaturesOf(block, blockSide);
  });
}

/**
 * √((μp - μ)ᵀ pinv((Σp + Σ) / 2) (μp - μ)): means over what is a number, covariance over blocks that have all of them, as
 * `nanmean` and `nancov` have it in the authors' code.
 */
function distance(blocks: readonly Float64Array[], parameters: NiqeParameters): number | null {
  const complete = blocks.filter((block) => !block.some(Number.isNaN));
  if (complete.length < 2) return null;
  const mean = Float64Array.from({ length: features }, (_, index) =>
    meanOf(blocks.map((block) => block[index]!).filter((value) => !Number.isNaN(value))),
  );
  const centre = Float64Array.from({ length: features }, (_, index) => meanOf(complete.map((block) => block[index]!)));
  const covariance = new Float64Array(features * features);
  for (const block of complete) {
    const away = block.map((value, index) => value - centre[index]!);
    away.forEach((a, row) => {
      away.forEach((b, column) => {
        covariance[row * features + column]! += (a * b) / (complete.length - 1);
      });
    });
  }
  const pooled = covariance.map((value, index) => (value + parameters.covariance[index]!) / 2);
  return Math.sqrt(
    inverseForm(
      pooled,
      mean.map((value, index) => parameters.mean[index]! - value),
    ),
  );
}

const meanOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
