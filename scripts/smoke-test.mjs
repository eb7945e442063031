/**
 * `node scripts/smoke-test.mjs <program>`: starts a packaged Onestep with folders of its own, has it enhance one photo that is
 * drawn here, and looks at what came of it. Exit status 1 where anything of that fails. Needs a display, or Xvfb.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import sharp from 'sharp';
import { PrepareError, runProgram } from './prepare.mjs';

const width = 96;
const height = 64;
const mostMinutes = 5;

/** @param {string} folder @returns {Promise<string>} a photo with edges and a gradient */
async function drawPhoto(folder) {
  const path = join(folder, 'smoke test ü.png');
  const pixels = Buffer.alloc(width * height * 3).map((_, index) => ((index % 96) * 2 + (index % 7) * 9) % 256);
  await sharp(pixels, { raw: { width, height, channels: 3 } })
    .png()
    .toFile(path);
  return path;
}

/** @typedef {{ state?: string, output?: string | null, problem?: string | null }} Report */

/**
 * @param {string} program
 * @param {string} photo
 * @param {string} folder
 * @returns {Promise<{ status: number | null, out: string }>}
 */
async function start(program, photo, folder) {
  /** @type {(name: string) => string} */
  const own = (name) => join(folder, name);
  const env = {
    ...process.env,
    ONESTEP_CACHE: own('cache'),
    ONESTEP_STATE: own('state'),
    ONESTEP_SETTINGS: own('settings'),
    ELECTRON_ENABLE_LOGGING: '1',
  };
  const words = [`--user-data-dir=${own('electron')}`, `--smoke-test=${photo}`];
  const child = spawn(program, words, { env, stdio: ['ignore', 'pipe', 'inherit'], timeout: mostMinutes * 60_000 });
  let out = '';
  child.stdout.setEncoding('utf8').on('data', (/** @type {string} */ text) => {
    out += text;
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (status) => resolve({ status, out }));
  });
}

/** @param {string} out @returns {Report} the line that the program ends with */
function reportIn(out) {
  const line = out.split('\n').findLast((candidate) => candidate.startsWith('{"state":'));
  return line === undefined ? {} : /** @type {Report} */ (JSON.parse(line));
}

await runProgram(async () => {
  const [program] = process.argv.slice(2);
  if (program === undefined) throw new PrepareError('Which program? `node scripts/smoke-test.mjs out/packages/linux-unpacked/onestep`');
  const folder = mkdtempSync(join(tmpdir(), 'onestep-smoke-'));
  try {
    const photo = await drawPhoto(folder);
    const { status, out } = await start(program, photo, folder);
    const report = reportIn(out);
    console.log(JSON.stringify({ status, ...report }));
    if (status !== 0 || report.state !== 'done' || !report.output) throw new PrepareError('The package did not enhance the photo.');
    const result = await sharp(report.output).metadata();
    if (result.width !== width * 4 || result.height !== height * 4) {
      throw new PrepareError(`The result has ${result.width} × ${result.height} pixels.`);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
});
