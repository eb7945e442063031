import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Problem } from '../../shared/problem.ts';
import { sentence } from '../../shared/sentence.ts';
import { verifyFiles } from './model.ts';
import { fromGraph, toGraph, type Conversion } from './samples.ts';
import type { RunnableModel, Session } from './way.ts';

/** A provider is trusted with a graph from this likeness to the stored CPU answer on. */
export const leastParityDb = 40;

/**
 * Runs the model's test tile and compares with the stored CPU answer: PSNR in dB, infinite where equal, and how long that took.
 * Throws `model-damaged`, or what the native code says.
 */
export async function measureParity(
  session: Session,
  model: RunnableModel,
  conversion: Conversion,
): Promise<{ parityDb: number; secondsPerMegapixel: number; seconds: number }> {
  const { width, height } = model.selfTest;
  const { tile, answer } = await readSelfTest(model);
  const start = performance.now();
  const { output } = await session.run(toGraph(tile, conversion), width, height);
  const { samples, finite } = fromGraph(output, conversion);
  const seconds = (performance.now() - start) / 1000;
  return { parityDb: finite ? psnr(samples, answer, 255) : 0, secondsPerMegapixel: seconds / megapixelsOf(tile, model), seconds };
}

/** Seconds per result megapixel on a tile of `across` × `down` copies of the test tile, conversions included. */
export async function timeTile(
  session: Session,
  model: RunnableModel,
  conversion: Conversion,
  across: number,
  down: number,
): Promise<number> {
  const { width, height } = model.selfTest;
  const { tile } = await readSelfTest(model);
  const input = repeat(tile, width, height, across, down);
  let best = Number.POSITIVE_INFINITY;
  const begin = performance.now();
  // The first run of a shape plans memory or compiles shaders; short ones are repeated more, since what they say is remembered.
  const goOn = (round: number, ms: number): boolean => round === 0 || (round < 3 && ms < 1000) || (round < 12 && ms < 40);
  for (let round = 0; goOn(round, performance.now() - begin); round += 1) {
    const start = performance.now();
    fromGraph((await session.run(toGraph(input, conversion), width * across, height * down)).output, conversion);
    best = Math.min(best, (performance.now() - start) / 1000);
  }
  return best / megapixelsOf(input, model);
}

/** Of the result of a tile. */
const megapixelsOf = (tile: Uint8Array, { tileScale }: RunnableModel): number => (tile.length / 3 / 1e6) * tileScale ** 2;

/** The test tile (height · width · 3 bytes) and the answer stored with it (`tileScale`² times as many). */
async function readSelfTest(model: RunnableModel): Promise<{ tile: Uint8Array; answer: Uint8Array }> {
  const { selfTest: stored } = model;
  await verifyFiles(model, [stored]);
  const bytes = await readFile(join(model.folder, stored.file));
  const size = stored.width * stored.height * 3;
  if (bytes.length !== size * (1 + model.tileScale ** 2)) {
    throw new Problem('model-damaged', sentence('model.selfTestLength', { id: model.id, file: stored.file }));
  }
  return { tile: new Uint8Array(bytes.subarray(0, size)), answer: new Uint8Array(bytes.subarray(size)) };
}

/** `across` × `down` copies of an RGB tile. */
function repeat(tile: Uint8Array, width: number, height: number, across: number, down: number): Uint8Array {
  const row = width * 3;
  const result = new Uint8Array(tile.length * across * down);
  for (let y = 0; y < height * down; y += 1) {
    const from = (y % height) * row;
    for (let x = 0; x < across; x += 1) result.set(tile.subarray(from, from + row), (y * across + x) * row);
  }
  return result;
}

/** Peak signal-to-noise ratio: 10 log10(full² / mean squared difference), dB; infinite where equal. */
export function psnr(a: ArrayLike<number>, b: ArrayLike<number>, full: number): number {
  let squares = 0;
  for (let index = 0; index < a.length; index += 1) squares += (a[index]! - b[index]!) ** 2;
  return 10 * Math.log10((full ** 2 * a.length) / squares);
}
