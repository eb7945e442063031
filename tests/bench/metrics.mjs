/**
 * `npm run bench -- metrics`: seconds per megapixel of each metric and of the drift map, in this process, on a result of 6 megapixels and
 * its source of 0.4. Prints a table; nothing is asserted. Computing time is what a machine left alone would take, about. NIQE is given parameters of its own: what they are does not change how long it takes.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import sharp from 'sharp';
import { runnerImport } from 'vite';
import { makePhoto } from './photos.mjs';
import { median } from './processes.mjs';

const root = join(import.meta.dirname, '..', '..');
const load = async (name) =>
  (await runnerImport(join(root, 'src/engine/evaluate', name), { configFile: false, logLevel: 'silent' })).module;
const { psnrY } = await load('psnr.ts');
const { ssimY } = await load('ssim.ts');
const { niqe } = await load('niqe.ts');
const { consistency } = await load('consistency.ts');
const { driftLevels } = await load('drift-map.ts');

const size = { width: 3072, height: 2048 };
const runs = 3;

async function pictureOf(path, { width, height }) {
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
  const metrics = {
    'PSNR-Y': () => psnrY(result, result),
    'SSIM-Y': () => ssimY(result, result),
    'LR-consistency': () => consistency(result, source),
    NIQE: () => niqe(result, parameters),
    'drift map': () => driftLevels(result, source, 2048),
  };
  console.log(`${cpus()[0]?.model ?? ''}, Node ${process.versions.node}, load before: ${loadavg()[0].toFixed(2)}\n`);
  console.log(`${'seconds per megapixel of the result'.padEnd(40)} ${'computing'.padStart(10)} ${'passed'.padStart(10)}`);
  for (const [name, measure] of Object.entries(metrics)) {
    const [passed, computing] = [[], []];
    for (let run = 0; run < runs; run += 1) {
      const [begun, used] = [performance.now(), process.cpuUsage()];
      await measure();
      passed.push((performance.now() - begun) / 1000);
      const { user, system } = process.cpuUsage(used);
      computing.push((user + system) / 1e6);
    }
    const perMegapixel = (times) => ((median(times) / (size.width * size.height)) * 1e6).toFixed(3).padStart(10);
    console.log(`${name.padEnd(40)} ${perMegapixel(computing)} ${perMegapixel(passed)}`);
  }
  console.log(`\nload after: ${loadavg()[0].toFixed(2)}`);
} finally {
  await rm(folder, { recursive: true, force: true });
}
