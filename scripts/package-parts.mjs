/** The parts of a package that are neither ours nor npm's: the Node that runs the engine, and Microsoft's C++ runtime. */
import { spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, existsSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { PrepareError, root } from './prepare.mjs';

/** @typedef {{ platform: 'linux' | 'win32' | 'darwin', arch: 'x64' | 'arm64' }} Target */

/** What ONNX Runtime's libraries for Windows import. They are looked for beside the library, not in PATH. */
export const visualRuntime = ['MSVCP140.dll', 'MSVCP140_1.dll', 'MSVCP140_ATOMIC_WAIT.dll', 'VCRUNTIME140.dll', 'VCRUNTIME140_1.dll'];

/** A distribution's Node that needs its libnode would not run elsewhere; such a one is small. */
const smallestNodeBytes = 40 * 1024 * 1024;

/**
 * What electron-builder's words ask for: this machine's system and processor where they do not say.
 * @param {readonly string[]} words
 * @returns {Target}
 */
export function packageTarget(words, host = { platform: process.platform, arch: process.arch }) {
  /** @param {readonly string[]} names */
  const asked = (...names) => names.some((name) => words.includes(name));
  const platform = asked('--linux', '-l')
    ? 'linux'
    : asked('--win', '--windows', '-w')
      ? 'win32'
      : asked('--mac', '--macos', '-m')
        ? 'darwin'
        : host.platform;
  const arch = asked('--x64') ? 'x64' : asked('--arm64') ? 'arm64' : host.arch;
  if (platform !== 'linux' && platform !== 'win32' && platform !== 'darwin')
    throw new PrepareError(`There are no packages for ${platform}.`);
  if (arch !== 'x64' && arch !== 'arm64') throw new PrepareError(`There are no packages for ${arch} processors.`);
  if (platform === 'darwin' && arch === 'x64') {
    throw new PrepareError('ONNX Runtime is not built for Intel Macs, so there is no package for them.');
  }
  return { platform, arch };
}

/** @type {(name: string) => string} a part of the package, where electron-builder.yml takes it from */
const staged = (name) => join(root, 'out', 'parts', name);

/**
 * The Node for the engine and its licence: the one that packages, where it is one for the target, else the one that
 * `ONESTEP_PACKAGED_NODE` names. Windows needs none.
 * @param {Target} target
 */
export function stageNode({ platform, arch }) {
  rmSync(staged('node'), { recursive: true, force: true });
  if (platform === 'win32') return;
  const isOwn = platform === process.platform && arch === process.arch;
  const node = process.env.ONESTEP_PACKAGED_NODE ?? (isOwn ? process.execPath : null);
  if (node === null) {
    throw new PrepareError(
      `The engine needs a Node for ${platform} ${arch}: package on such a machine, or name the program of one in ONESTEP_PACKAGED_NODE.`,
    );
  }
  if (statSync(node).size < smallestNodeBytes) {
    throw new PrepareError('This Node is not one that runs by itself. Package with one from https://nodejs.org.');
  }
  mkdirSync(staged('node'), { recursive: true });
  copyFileSync(node, join(staged('node'), 'node'));
  chmodSync(join(staged('node'), 'node'), 0o755);
  copyFileSync(licenceOf(node), join(staged('node'), 'LICENSE.node.txt'));
}

/** @param {string} node @returns {string} where its distribution keeps the licence: beside it, above `bin/`, or with Debian's documents */
function licenceOf(node) {
  const places = [dirname(node), dirname(dirname(node)), '/usr/share/doc/nodejs'];
  const found = places.map((folder) => join(folder, 'LICENSE')).find((file) => existsSync(file));
  if (found === undefined) throw new PrepareError(`The licence of ${node} was not found in ${places.join(', ')}.`);
  return found;
}

/**
 * Microsoft's C++ runtime, which ONNX Runtime needs and a fresh Windows may lack: from the Visual Studio that is installed, which
 * allows it to be handed on. Packages made on another system go without it, and say so.
 * @param {Target} target
 */
export function stageVisualRuntime({ platform, arch }) {
  rmSync(staged('visual-runtime'), { recursive: true, force: true });
  if (platform !== 'win32') return;
  mkdirSync(staged('visual-runtime'), { recursive: true });
  if (process.platform !== 'win32') {
    console.error("This package lacks Microsoft's C++ runtime: only Windows has it. It is not one to hand on.");
    return;
  }
  const folder = visualRuntimeFolder(arch);
  for (const name of visualRuntime) copyFileSync(join(folder, name), join(staged('visual-runtime'), name));
}

/** @param {string} arch @returns {string} `VC\Redist\MSVC\<newest>\<arch>\Microsoft.VC<…>.CRT` */
function visualRuntimeFolder(arch) {
  const { 'ProgramFiles(x86)': programs = 'C:\\Program Files (x86)' } = process.env;
  const finder = join(programs, 'Microsoft Visual Studio', 'Installer', 'vswhere.exe');
  const words = ['-latest', '-products', '*', '-property', 'installationPath'];
  const { status, stdout } = spawnSync(finder, words, { encoding: 'utf8' });
  const redistributable = join(status === 0 ? stdout.trim() : '', 'VC', 'Redist', 'MSVC');
  const folders = existsSync(redistributable) ? readdirSync(redistributable).sort().reverse() : [];
  for (const version of folders) {
    const place = join(redistributable, version, arch);
    const runtime = existsSync(place) ? readdirSync(place).find((name) => /^Microsoft\.VC\d+\.CRT$/.test(name)) : undefined;
    if (runtime !== undefined) return join(place, runtime);
  }
  throw new PrepareError(`Microsoft's C++ runtime for ${arch} was not found. Install Visual Studio or its build tools.`);
}
