import { mkdtemp, rm } from 'node:fs/promises';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import sharp from 'sharp';
import { consistency } from '../../src/engine/evaluate/consistency.ts';
import { driftLevels } from '../../src/engine/evaluate/drift-map.ts';
import { niqe } from '../../src/engine/evaluate/niqe.ts';
import type { Picture } from '../../src/engine/evaluate/picture.ts';
import { psnrY } from '../../src/engine/evaluate/psnr.ts';
import { ssimY } from '../../src/engine/evaluate/ssim.ts';
import { makePhoto } from './photos.ts';
import { median } from './processes.ts';

/**
 * `npm run bench -- metrics`: seconds per megapixel of each metric and of the drift map, in this process, on a result of 6 megapixels and
 * its source of 0.4; `quick` on smaller ones, once. Prints a table; nothing is asserted. Computing time is what a machine left alone would
 * take, about. NIQE is given parameters of its own: what they are does not change how long it takes.
 */
const quick = process.argv.includes('quick');
const size = quick ? { width: 768, height: 512 } : { width: 3072, height: 2048 };
const runs = quick ? 1 : 3;

async function pictureOf(path: string, { width, height }: { width: number; height: number }): Promise<Picture> {
  const samples = await sharp(path).resize({ width, height, fit: 'fill' }).raw().toBuffer();
  const row = width * 3;
  return { width, height, channels: 3, readRows: async (top, rows) => new Uint8Array(samples.subarray(top * row, (top + rows) * row)) };
}

const folder = await mkdtemp(join(tmpdir(), 'onestep-bench-'));
try {
  const path = join(folder, 'photo.jpg');
  await makePhoto(path, size.width, size.height);
  const result = await pictureOf(path, size);
  const source = await pictureOf(path, { width: size.width / 4, height: size.height / 4 });
  const parameters = {
    mean: new Float64Array(36),
    covariance: Float64Array.from({ length: 1296 }, (_, index) => (index % 37 === 0 ? 1 : 0)),
  };
  const metrics: Record<string, () => Promise<unknown>> = {
    'PSNR-Y': () => psnrY(result, result),
    'SSIM-Y': () => ssimY(result, result),
    'LR-consistency': () => consistency(result, source),
    NIQE: () => niqe(result, parameters),
    'drift map': () => driftLevels(result, source, 2048),
  };
  console.log(`${cpus()[0]?.model ?? ''}, Node ${process.versions.node}, load before: ${loadavg()[0]?.toFixed(2) ?? ''}\n`);
  console.log(`${'seconds per megapixel of the result'.padEnd(40)} ${'computing'.padStart(10)} ${'passed'.padStart(10)}`);
  for (const [name, measure] of Object.entries(metrics)) {
    const [passed, computing]: [number[], number[]] = [[], []];
    for (let run = 0; run < runs; run += 1) {
      const [begun, used] = [performance.now(), process.cpuUsage()];
      await measure();
      passed.push((performance.now() - begun) / 1000);
      const { user, system } = process.cpuUsage(used);
      computing.push((user + system) / 1e6);
    }
    const perMegapixel = (times: readonly number[]): string => ((median(times) / (size.width * size.height)) * 1e6).toFixed(3).padStart(10);
    console.log(`${name.padEnd(40)} ${perMegapixel(computing)} ${perMegapixel(passed)}`);
  }
  console.log(`\nload after: ${loadavg()[0]?.toFixed(2) ?? ''}`);
} finally {
  await rm(folder, { recursive: true, force: true });
}
