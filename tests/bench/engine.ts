import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { JsonEvent } from '../../src/shared/json-events.ts';
import { costOfLargeNetwork } from './large-network.ts';
import { compareModels, type SpeedRow } from './model-speed.ts';
import { makePhoto } from './photos.ts';
import { median, runCommand, type Run } from './processes.ts';

/** What the engine costs, from outside: the command line, its reports and its events. `quick` leaves out the large photos. */
type Report = Extract<JsonEvent, { event: 'done' }>['report'];

const quick = process.argv.includes('quick');
const folder = await mkdtemp(join(tmpdir(), 'onestep-bench-'));
const row = (what: string, measured: string, wanted: string): void => {
  console.log(`${what.padEnd(64)} ${measured.padStart(12)}   ${wanted}`);
};

/** Enhances `photo`, returning its report beside what was watched from outside. */
async function enhance(photo: string, args: readonly string[], watch?: { memory: boolean }): Promise<Run & { report: Report }> {
  const report = join(folder, 'report.json');
  const output = await mkdtemp(join(folder, 'out-'));
  const run = await runCommand([photo, '--output', output, '--report', report, ...args], watch);
  await rm(output, { recursive: true });
  const { photos } = JSON.parse(await readFile(report, 'utf8')) as { photos: [{ report: Report }] };
  return { ...run, report: photos[0].report };
}

/** Seconds of all that a pass does besides inference, for one of inference; the first photo opens the model. */
async function pixelsOverInference(photo: string, args: readonly string[]): Promise<number> {
  const ratios: number[] = [];
  await enhance(photo, args);
  for (let round = 0; round < (quick ? 1 : 5); round += 1) {
    const { seconds } = (await enhance(photo, args)).report;
    ratios.push((seconds.enhance - seconds.inference) / seconds.inference);
  }
  return median(ratios);
}

async function wholeOverInference(photo: string, args: readonly string[]): Promise<{ ratio: number; wall: number; precision: string }> {
  const runs: Awaited<ReturnType<typeof enhance>>[] = [];
  for (let round = 0; round < (quick ? 1 : 3); round += 1) runs.push(await enhance(photo, args));
  return {
    ratio: median(runs.map(({ wallSeconds, report }) => wallSeconds / report.seconds.inference)),
    wall: median(runs.map(({ wallSeconds }) => wallSeconds)),
    precision: runs[0]!.report.precision,
  };
}

try {
  console.log(`${cpus()[0]?.model ?? ''}, ${availableParallelism()} threads, Node ${process.version}\n`);

  const small = join(folder, 'small.jpg');
  await makePhoto(small, 256, 256);
  await enhance(small, []);
  const first: number[] = [];
  for (let round = 0; round < (quick ? 1 : 5); round += 1) {
    const { events } = await enhance(small, []);
    const tile = events.find((told) => told.event === 'progress' && told.stage === 'enhance' && told.pixelsPerSecond > 0);
    first.push(tile?.seconds ?? Number.NaN);
  }
  row('start to first tile, 256×256 photo, s', median(first).toFixed(2), '≤ 1.5');

  const photo = join(folder, 'photo.jpg');
  await makePhoto(photo, 1500, 1000);
  for (const args of quick ? [[]] : [[], ['--exact']]) {
    const { ratio, wall, precision } = await wholeOverInference(photo, ['--scale', '4', ...args]);
    row(`1500×1000 ×4 ${precision}, whole command, s`, wall.toFixed(2), '');
    row(`1500×1000 ×4 ${precision}, whole command / inference`, ratio.toFixed(2), '≤ 1.15');
  }

  const part = join(folder, 'part.jpg');
  await makePhoto(part, 480, 320);
  for (const fidelity of ['0', '0.5']) {
    const ratio = await pixelsOverInference(part, ['--model', 'dfosd-s', '--scale', '4', '--fidelity', fidelity]);
    row(`480×320 ×4 dfosd-s, fidelity ${fidelity}, pixels / inference`, ratio.toFixed(2), '');
  }

  const speed = await compareModels(folder, quick ? 1 : 5);
  if ('skipped' in speed) console.log(`model comparison skipped: ${speed.skipped}`);
  else {
    const [general, imported, , int8] = speed.rows as [SpeedRow, SpeedRow, SpeedRow, SpeedRow];
    row('import of RealESRGAN_General, s', speed.importSeconds.toFixed(2), '≤ 1');
    for (const { name, secondsPerMegapixel } of speed.rows) row(`${name}, s per result megapixel`, secondsPerMegapixel.toFixed(3), '');
    row('RealESRGAN_General layer by layer / as imported', (general.secondsPerMegapixel / imported.secondsPerMegapixel).toFixed(2), '> 1');
    row('RealESRGAN_General fp32 / onestep-photo-x4 int8', (general.secondsPerMegapixel / int8.secondsPerMegapixel).toFixed(1), '≥ 8');
  }

  const large = process.platform === 'win32' ? null : await costOfLargeNetwork(folder, quick);
  for (const [name, cost, seconds, megabytes] of [
    ['import of Real-ESRGAN x4plus', large?.imported, '≤ 8', '≤ 600'],
    ['1024×512 ×4 Real-ESRGAN x4plus fp32', large?.enhanced, '', '≤ 1200'],
  ] as const) {
    if (!cost) continue;
    row(`${name}, s`, cost.wallSeconds.toFixed(1), seconds);
    row(`${name}, s of computing`, cost.computingSeconds.toFixed(1), '');
    row(`${name}, peak resident memory, MB`, (cost.peakBytes / 1e6).toFixed(0), megabytes);
  }

  if (!quick) {
    const peaks: number[] = [];
    for (const [width, height, scale] of [
      [6000, 4000, '4'],
      [11_600, 8640, '2'],
    ] as const) {
      const large = join(folder, 'large.jpg');
      await makePhoto(large, width, height);
      const { peakBytes, wallSeconds } = await enhance(large, ['--scale', scale], { memory: true });
      peaks.push(peakBytes);
      const name = `${((width * height) / 1e6).toFixed(0)} megapixels ×${scale}`;
      row(`${name}, peak resident memory, MB`, (peakBytes / 1e6).toFixed(0), peaks.length === 1 ? '≤ 1500' : '');
      row(`${name}, whole command, s`, wallSeconds.toFixed(0), '');
    }
    row('peak of 100 megapixels ×2 / peak of 24 megapixels ×4', (peaks[1]! / peaks[0]!).toFixed(2), '≤ 1.10');
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}
