import sharp from 'sharp';
import type { Picture } from '../../src/engine/evaluate/picture.ts';
import { noise } from './memory-pixels.ts';

export interface HeldPicture extends Picture {
  readonly samples: Uint8Array;
}

/** A picture in memory for metrics. */
export function picture(width: number, height: number, channels: 1 | 3, samples: Uint8Array): HeldPicture {
  const row = width * channels;
  return { width, height, channels, samples, readRows: (top, rows) => Promise.resolve(samples.slice(top * row, (top + rows) * row)) };
}

export const flatPicture = (width: number, height: number, ...colour: readonly [number] | readonly [number, number, number]): HeldPicture =>
  picture(
    width,
    height,
    colour.length === 1 ? 1 : 3,
    Uint8Array.from({ length: width * height * colour.length }, (_, index) => colour[index % colour.length] ?? 0),
  );

export const noisePicture = (width: number, height: number, seed = 1): HeldPicture =>
  picture(width, height, 3, noise({ width, height, channels: 3, bits: 8 }, seed) as Uint8Array);

/** Slopes under noise. */
export function grainyPicture(width: number, height: number, seed: number): HeldPicture {
  const grain = noisePicture(width, height, seed).samples;
  const samples = grain.map((value, index) => {
    const pixel = Math.floor(index / 3);
    const slope = ((pixel % width) * 3 + Math.floor(pixel / width) * 2) % 256;
    return Math.floor((slope * 3 + value) / 4);
  });
  return picture(width, height, 3, samples);
}

export async function savePicture({ width, height, channels, samples }: HeldPicture, path: string): Promise<string> {
  await sharp(samples, { raw: { width, height, channels: channels as 1 | 3 } })
    .png()
    .toFile(path);
  return path;
}
