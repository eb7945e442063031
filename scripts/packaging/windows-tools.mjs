/** What electron-builder needs to make an installer for Windows on a machine that has Debian's makensis and no network. */
import { spawnSync } from 'node:child_process';
import { appendFileSync, chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import process from 'node:process';
import { PrepareError, readJson, root } from '../prepare.mjs';
import { stubLibrary } from './stub-library.mjs';

/** Plug-ins of electron-builder's own NSIS that Debian's lacks, and Windows' libraries, which look the same in a script. */
const foreign = ['BgImage', 'System', 'nsDialogs', 'nsExec', 'UserInfo'];

/** Electron's fuses as its program carries them (a mark, a version, their number, their states): flipped when packaged. */
const fuses = '#dL7pKGdnNz796PbbjQWNKmHXBZaB9tsX\u0001\u000a1000100101\n';

/** @param {string} program @param {readonly string[]} words @param {string} [input] */
function run(program, words, input) {
  const { status, stdout, stderr, error } = spawnSync(program, words, { input, encoding: 'utf8' });
  if (error || status !== 0) throw new PrepareError(`${program} failed: ${error?.message ?? stdout + stderr}`);
}

/** @param {string} path @param {string} text */
function writeProgram(path, text) {
  writeFileSync(path, text);
  chmodSync(path, 0o755);
}

/** A program that does nothing, with the version facts by which electron-builder knows Electron's. @param {string} path @param {string} version */
function writeElectron(path, version) {
  const facts = { FileDescription: 'Electron', FileVersion: version, ProductName: 'Electron', ProductVersion: version };
  const more = { CompanyName: 'x', LegalCopyright: 'x', OriginalFilename: 'electron.exe', InternalName: 'electron.exe' };
  const keys = Object.entries({ ...facts, ...more }).map(([name, value]) => `VIAddVersionKey "${name}" "${value}"`);
  const head = ['Unicode true', 'Target amd64-unicode', `OutFile "${path}"`, 'RequestExecutionLevel user', 'SilentInstall silent'];
  run('makensis', ['-V1', '-'], [...head, `VIProductVersion "${version}.0"`, ...keys, 'Section', 'SectionEnd', ''].join('\n'));
  appendFileSync(path, fuses, 'latin1');
}

/** @returns {Map<string, Set<string>>} what electron-builder's scripts call of each plug-in */
function pluginCalls() {
  const templates = join(root, 'node_modules', 'app-builder-lib', 'templates', 'nsis');
  const calls = /** @type {Map<string, Set<string>>} */ (new Map());
  for (const name of readdirSync(templates, { recursive: true, encoding: 'utf8' }).filter((file) => /\.ns[hi]$/.test(file))) {
    for (const [, plugin = '', call = ''] of readFileSync(join(templates, name), 'utf8').matchAll(/\b([A-Za-z]\w+)::(\w+)/g)) {
      calls.set(plugin, (calls.get(plugin) ?? new Set()).add(call));
    }
  }
  return calls;
}

/**
 * Makes a stand-in for Electron's Windows folder and for electron-builder's tools in `folder`.
 * @param {string} folder
 * @returns {{ electron: string, scripts: string, uninstaller: string, env: NodeJS.ProcessEnv }} where every compiled script and the uninstaller will lie
 */
export function windowsTools(folder) {
  const { version } = /** @type {{ version: string }} */ (readJson(join(root, 'node_modules', 'electron', 'package.json')));
  const [electron = '', nsis = '', plugins = '', programs = ''] = ['electron', 'nsis', 'resources/plugins/x86-unicode', 'bin'].map(
    (name) => {
      mkdirSync(join(folder, name), { recursive: true });
      return join(folder, name);
    },
  );
  writeElectron(join(electron, 'electron.exe'), version);
  writeFileSync(join(electron, 'version'), version);

  const scripts = join(folder, 'scripts');
  mkdirSync(scripts);
  writeProgram(
    join(nsis, 'makensis'),
    `#!/bin/sh\nexport NSISDIR=/usr/share/nsis\nscript=$(mktemp '${scripts}/XXXXXXXX')\ncat > "$script"\nexec /usr/bin/makensis "$@" < "$script"\n`,
  );
  writeFileSync(join(nsis, 'elevate.exe'), '');
  for (const [plugin, calls] of pluginCalls()) {
    if (!foreign.includes(plugin)) writeFileSync(join(plugins, `${plugin}.dll`), stubLibrary(`${plugin}.dll`, [...calls]));
  }
  // The first pass, when it is run, writes the uninstaller; to check the scripts, the pass itself stands for it.
  const uninstaller = join(folder, 'uninstaller.exe');
  writeProgram(
    join(programs, 'wine'),
    `#!/bin/sh\ncase $1 in *.exe) cp "$1" "\${1%.exe}.__uninstaller.exe" && cp "$1" '${uninstaller}' ;; esac\n`,
  );
  return {
    electron,
    scripts,
    uninstaller,
    env: {
      ...process.env,
      PATH: `${programs}${delimiter}${process.env.PATH ?? ''}`,
      USE_SYSTEM_WINE: 'true',
      ELECTRON_BUILDER_7ZIP_PATH: '/usr/bin/7za',
      ELECTRON_BUILDER_NSIS_DIR: nsis,
      ELECTRON_BUILDER_NSIS_RESOURCES_DIR: join(folder, 'resources'),
    },
  };
}
