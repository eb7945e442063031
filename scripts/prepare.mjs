/**
 * Makes a clone ready to run: checks Node, installs packages when they differ from package-lock.json, builds when the
 * sources differ from the last build. Does nothing, and needs no network, when all of that is in order.
 * Plain JavaScript without dependencies, since it runs before anything is installed.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import process from 'node:process';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { installReason } from './installed.mjs';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** A failure of the preparation, in words for the person who typed the command. */
export class PrepareError extends Error {}

/** @type {(path: string) => unknown} */
export const readJson = (path) => JSON.parse(readFileSync(path, 'utf8'));

/**
 * @param {string} version of the running Node, `20.20.1`
 * @param {string} minimum `major.minor`
 * @returns {string | null} a sentence when it is too old, otherwise null
 */
export function nodeComplaint(version, minimum) {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [needMajor = 0, needMinor = 0] = minimum.split('.').map(Number);
  const enough = major > needMajor || (major === needMajor && minor >= needMinor);
  return enough
    ? null
    : `Onestep needs Node ${minimum} or newer; this is Node ${version}. Install a newer one from https://nodejs.org and try again.`;
}

function checkNode() {
  const { engines } = /** @type {{ engines: { node: string } }} */ (readJson(join(root, 'package.json')));
  const complaint = nodeComplaint(process.versions.node, engines.node.replace(/[^\d.]/g, ''));
  if (complaint !== null) throw new PrepareError(complaint);
}

/**
 * Runs a program in the clone's folder; what it says goes to standard error, so that standard output stays the caller's.
 * @param {string} command
 * @param {string[]} parameters
 */
function succeeds(command, parameters) {
  const { status, error } = spawnSync(command, parameters, {
    cwd: root,
    // On Windows npm is a .cmd file, which only a shell can start; every parameter is a constant of this file.
    shell: process.platform === 'win32' && command === 'npm',
    stdio: ['ignore', process.stderr, process.stderr],
  });
  if (error) throw new PrepareError(`${command} could not be started: ${error.message}`);
  return status === 0;
}

function installIfNeeded() {
  const record = join(root, 'node_modules', '.package-lock.json');
  const lock = /** @type {import('./installed.mjs').Lock} */ (readJson(join(root, 'package-lock.json')));
  const installed = existsSync(record) ? /** @type {import('./installed.mjs').Lock} */ (readJson(record)) : null;
  const reason = installReason(lock, installed);
  if (reason === null) return;
  console.error(`Installing packages (${reason}) …`);
  if (!succeeds('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'])) {
    throw new PrepareError('npm ci failed; what it said stands above. Installing packages needs the network.');
  }
}

/** @param {string} folder @returns {string[]} */
const filesUnder = (folder) =>
  existsSync(folder)
    ? readdirSync(folder, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name))
    : [];

/** A digest of everything that the build reads. */
export function sourceDigest(folder = root) {
  const names = ['package-lock.json', 'tsconfig.json', 'vite.config.ts', 'resources/icon.svg', 'scripts/user-pages.mjs'];
  const others = names.map((name) => join(folder, name));
  const hash = createHash('sha256');
  for (const file of [
    ...filesUnder(join(folder, 'src')),
    ...filesUnder(join(folder, 'docs', 'user')),
    ...others.filter((path) => existsSync(path)),
  ].sort()) {
    hash.update(relative(folder, file).replaceAll('\\', '/')).update('\0').update(readFileSync(file)).update('\0');
  }
  return hash.digest('hex');
}

export function buildIfStale() {
  const out = join(root, 'out');
  const stamp = join(out, '.sources');
  const digest = sourceDigest();
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === digest) return;
  console.error('Building …');
  // What an earlier build left must not be taken for part of this one.
  rmSync(out, { recursive: true, force: true });
  const steps = [[join('node_modules', 'vite', 'bin', 'vite.js'), 'build', '--app'], [join('scripts', 'user-pages.mjs')]];
  if (!steps.every((words) => succeeds(process.execPath, words))) {
    rmSync(out, { recursive: true, force: true });
    throw new PrepareError('The build failed; what is wrong stands above.');
  }
  mkdirSync(out, { recursive: true });
  writeFileSync(stamp, digest);
}

export function preparePackages() {
  checkNode();
  installIfNeeded();
}

export function prepare() {
  preparePackages();
  buildIfStale();
}

/**
 * Runs a built program in this process, with paths relative to where the person stands: npm starts scripts in the package's
 * folder.
 * @param {string} name in out/
 */
export async function runBuilt(name) {
  if (process.env.INIT_CWD) process.chdir(process.env.INIT_CWD);
  process.setSourceMapsEnabled(true);
  const program = join(root, 'out', name);
  process.argv[1] = program;
  await import(pathToFileURL(program).href);
}

/**
 * Runs `main` and turns a {@link PrepareError} into its sentence and exit code 1.
 * @param {() => void | Promise<void>} main
 */
export async function runProgram(main) {
  try {
    await main();
  } catch (error) {
    if (!(error instanceof PrepareError)) throw error;
    console.error(error.message);
    process.exitCode = 1;
  }
}
