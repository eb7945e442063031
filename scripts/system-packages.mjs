/**
 * What the tests use of the system, each with the packages that bring it: the one list for `npm test`, `.ci/run` and the tests'
 * own reasons for being skipped. Plain JavaScript without dependencies: nothing is installed yet.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import process from 'node:process';

/** @param {string} program @returns {boolean} */
export const onPath = (program) => (process.env.PATH ?? '').split(delimiter).some((folder) => existsSync(join(folder, program)));

/** @param {(string | undefined)[]} paths @returns {string | null} the first that is there */
const firstOf = (paths) => paths.find((path) => path !== undefined && path !== '' && existsSync(path)) ?? null;

/** A Chromium or Chrome that is installed on this system, or that `ONESTEP_CHROMIUM` names; null without any. */
export const installedChromium = () =>
  firstOf([
    process.env.ONESTEP_CHROMIUM,
    '/usr/bin/chromium',
    '/usr/bin/chromium-browser',
    '/usr/bin/google-chrome',
    '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
    'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
  ]);

/** A Vulkan driver: the one that is named, or SwiftShader, which computes on the processor, as Debian's Chromium brings it; or null. */
export const vulkanDriver = () =>
  firstOf([process.env.VK_ICD_FILENAMES, process.env.VK_DRIVER_FILES, '/usr/lib/chromium/vk_swiftshader_icd.json']);

const vulkanLoader = () =>
  firstOf(
    ['/usr/lib/x86_64-linux-gnu', '/usr/lib/aarch64-linux-gnu', '/usr/lib64', '/usr/lib'].map((folder) => `${folder}/libvulkan.so.1`),
  );

/** @type {(program: string, ...parameters: string[]) => boolean} */
const runs = (program, ...parameters) => spawnSync(program, parameters, { stdio: 'ignore' }).status === 0;

/**
 * @typedef {object} SystemPart
 * @property {string} name
 * @property {() => boolean} present
 * @property {string} debian its packages there
 * @property {string} [brew] how macOS gets it; absent where only Linux needs it
 * @property {string} [choco] how Windows gets it
 */

/** @satisfies {Record<string, SystemPart>} */
export const systemParts = {
  /** Reads the metadata that we wrote, with other eyes. */
  exiftool: {
    name: 'ExifTool',
    present: () => runs('exiftool', '-ver'),
    debian: 'libimage-exiftool-perl',
    brew: 'exiftool',
    choco: 'exiftool',
  },
  /** For training/.venv. */
  python: {
    name: 'Python with venv',
    present: () => ['python3', 'python'].some((program) => runs(program, '-c', 'import ensurepip, venv')),
    debian: 'python3 python3-venv',
    brew: 'python',
    choco: 'python',
  },
  /** For the WebGPU provider, where there is no graphics card. */
  vulkan: {
    name: 'Vulkan driver',
    present: () => vulkanLoader() !== null && vulkanDriver() !== null,
    debian: 'libvulkan1 chromium-common',
  },
  /** Drives the interface. */
  chromium: {
    name: 'Chromium',
    present: () => installedChromium() !== null,
    debian: 'chromium',
    brew: '--cask google-chrome',
    choco: 'googlechrome',
  },
  /** A display that nobody sees. */
  display: { name: 'Xvfb', present: () => onPath('Xvfb'), debian: 'xvfb' },
  /** Makes the certificate of the server that downloads are tried with. */
  openssl: { name: 'OpenSSL', present: () => runs('openssl', 'version'), debian: 'openssl', brew: 'openssl', choco: 'openssl' },
  /** The desktop's own checkers of what a package says about itself. */
  desktopEntries: { name: 'desktop-file-validate', present: () => onPath('desktop-file-validate'), debian: 'desktop-file-utils' },
  /** Servers of a fleet's queue. */
  redis: { name: 'Redis', present: () => onPath('redis-server'), debian: 'redis-server', brew: 'redis' },
  postgres: {
    name: 'PostgreSQL',
    present: () => onPath('initdb') || existsSync('/usr/lib/postgresql'),
    debian: 'postgresql',
    brew: 'postgresql',
  },
  metainfo: { name: 'appstreamcli', present: () => onPath('appstreamcli'), debian: 'appstream' },
};

const isRoot = process.getuid?.() === 0;

/**
 * The command that brings a part to this system; null where nothing does.
 * @param {SystemPart} part
 * @returns {string | null}
 */
export function installCommand({ debian, brew, choco }, platform = process.platform) {
  if (platform === 'linux') return `${isRoot ? '' : 'sudo '}apt-get install ${debian}`;
  if (platform === 'darwin' && brew !== undefined) return `brew install ${brew}`;
  return platform === 'win32' && choco !== undefined ? `choco install ${choco}` : null;
}

/** Installs what is missing where that may be done: as root on a Debian. Elsewhere, or where it fails, the tests say what they lack. */
export function installSystemPackages() {
  if (process.platform !== 'linux' || !isRoot || !onPath('apt-get')) return;
  const missing = Object.values(systemParts).filter((part) => !part.present());
  if (missing.length === 0) return;
  const packages = missing.flatMap(({ debian }) => debian.split(' '));
  console.log(`Installing ${packages.join(', ')} …`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  for (const words of [['update'], ['install', '-y', '--no-install-recommends', ...packages]]) {
    const { status, stderr } = spawnSync('apt-get', ['-qq', ...words], { env, encoding: 'utf8', stdio: ['ignore', 'ignore', 'pipe'] });
    if (status === 0) continue;
    console.log(`apt-get ${words[0]} failed; the tests that need these will say so.\n${stderr.trim()}`);
    return;
  }
}
