/** Where Electron's program is, and why there is none or none that could open a window. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { readJson, root } from './prepare.mjs';

const electronPackage = join(root, 'node_modules', 'electron');
/** How long the server may take to answer at all, and the download to finish. */
const answerSeconds = 5;
const downloadMinutes = 10;

/**
 * What keeps a window from being opened whatever is installed; null where nothing does.
 * @param {{ platform: string, env: NodeJS.ProcessEnv, userId: number | undefined }} machine
 * @returns {string | null} the reason, as the middle of a sentence
 */
export function windowObstacle({ platform, env, userId }) {
  if (platform !== 'linux') return null;
  if (!env.DISPLAY && !env.WAYLAND_DISPLAY) return 'this computer has no display';
  // Chromium's sandbox does not work for root, and without it a damaged photo could reach everything.
  return userId === 0 ? 'Electron is not safe to run as root' : null;
}

/** @param {NodeJS.ProcessEnv} env @returns {string | null} the path of Electron's program, if it is there */
export function electronBinary(env = process.env) {
  const pathFile = join(electronPackage, 'path.txt');
  const name = existsSync(pathFile) ? readFileSync(pathFile, 'utf8') : null;
  const override = env.ELECTRON_OVERRIDE_DIST_PATH;
  if (override) return join(override, name ?? 'electron');
  if (name === null) return null;
  const binary = join(electronPackage, 'dist', name);
  return existsSync(binary) ? binary : null;
}

/**
 * Whether Electron's releases can be reached; told within seconds, so that nobody waits for what cannot come.
 * @param {string} address
 */
async function answers(address) {
  try {
    const answer = await fetch(address, { method: 'HEAD', redirect: 'manual', signal: AbortSignal.timeout(answerSeconds * 1000) });
    return answer.status < 500;
  } catch {
    return false;
  }
}

/**
 * Electron's program, fetched the first time.
 * @returns {Promise<{ binary: string } | { obstacle: string }>}
 */
export async function findElectron() {
  const present = electronBinary();
  // Whoever names another Electron knows what it can do here.
  if (present !== null && process.env.ELECTRON_OVERRIDE_DIST_PATH) return { binary: present };
  const obstacle = windowObstacle({ platform: process.platform, env: process.env, userId: process.getuid?.() });
  if (obstacle !== null) return { obstacle };
  if (present !== null) return { binary: present };

  const { version } = /** @type {{ version: string }} */ (readJson(join(electronPackage, 'package.json')));
  const { ELECTRON_MIRROR: mirror = 'https://github.com/electron/electron/releases/download/' } = process.env;
  if (!(await answers(mirror))) return { obstacle: `Electron is not installed, and ${new URL(mirror).host} cannot be reached` };
  console.error(`Fetching Electron ${version}, once …`);
  const { status } = spawnSync(process.execPath, [join(electronPackage, 'install.js')], {
    stdio: ['ignore', process.stderr, process.stderr],
    timeout: downloadMinutes * 60_000,
  });
  const fetched = status === 0 ? electronBinary() : null;
  return fetched === null ? { obstacle: 'Electron could not be fetched' } : { binary: fetched };
}
