/**
 * `node scripts/try-mac-folder.mjs`: packages for macOS on Linux, without a network, around a bundle that has the shape of Electron's
 * and does nothing, and reads what the bundle says of itself. A check of the description and of what is packed (sharp's library for
 * macOS excepted, which npm brings on macOS alone); nothing is signed, and nothing of it can be run. Needs Python.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { PrepareError, readJson, root, runProgram } from './prepare.mjs';

/** Electron's fuses as its library carries them. */
const fuses = '#dL7pKGdnNz796PbbjQWNKmHXBZaB9tsX\u0001\u000a1000100101\n';

/** @typedef {{ CFBundleTypeExtensions: string[], CFBundleTypeIconFile?: string, LSHandlerRank?: string }} Format */
/** @typedef {{ CFBundleIdentifier: string, CFBundleDocumentTypes: Format[] }} Description */

/** @param {string} path @param {string} content */
function put(path, content) {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content, { mode: 0o755 });
}

/** @param {string} bundle @param {string} name of its program */
function putBundle(bundle, name) {
  put(
    join(bundle, 'Contents', 'Info.plist'),
    `<?xml version="1.0" encoding="UTF-8"?><plist version="1.0"><dict><key>CFBundleExecutable</key><string>${name}</string></dict></plist>`,
  );
  put(join(bundle, 'Contents', 'MacOS', name), '');
}

/** @param {string} folder */
function putElectron(folder) {
  const app = join(folder, 'Electron.app');
  putBundle(app, 'Electron');
  for (const helper of ['', ' (Renderer)', ' (Plugin)', ' (GPU)']) {
    putBundle(join(app, 'Contents', 'Frameworks', `Electron Helper${helper}.app`), `Electron Helper${helper}`);
  }
  put(join(app, 'Contents', 'Frameworks', 'Electron Framework.framework', 'Electron Framework'), fuses);
  put(join(app, 'Contents', 'Resources', 'electron.icns'), '');
  const { version } = /** @type {{ version: string }} */ (readJson(join(root, 'node_modules', 'electron', 'package.json')));
  put(join(folder, 'version'), version);
}

/** @param {Description} description @returns {[string, boolean][]} */
const findings = ({ CFBundleIdentifier: id, CFBundleDocumentTypes: types }) => [
  ['is called app.onestep', id === 'app.onestep'],
  ['opens photos', ['jpg', 'png', 'heic'].every((extension) => types.some((type) => type.CFBundleTypeExtensions.includes(extension)))],
  ['is the default for none of them', types.every((type) => type.LSHandlerRank === 'Alternate')],
  ['has an icon for each', types.every((type) => (type.CFBundleTypeIconFile ?? '') !== '')],
];

await runProgram(() => {
  const folder = mkdtempSync(join(tmpdir(), 'onestep-mac-'));
  try {
    const electron = join(folder, 'electron');
    putElectron(electron);
    const words = [
      '--mac',
      'dir',
      '--arm64',
      '-c.mac.identity=null',
      `-c.electronDist=${electron}`,
      `-c.directories.output=${folder}/packages`,
    ];
    // Any program of the size stands for the Node of macOS.
    const env = { ...process.env, ONESTEP_PACKAGED_NODE: process.execPath };
    const { status } = spawnSync(process.execPath, ['scripts/package.mjs', ...words], { cwd: root, env, stdio: 'inherit' });
    if (status !== 0) throw new PrepareError('The bundle was not made; why stands above.');
    const made = join(folder, 'packages', 'mac-arm64');
    execFileSync(process.execPath, ['scripts/check-package.mjs', made], { cwd: root, stdio: 'inherit' });
    const json = join(folder, 'description.json');
    const read = 'import json, plistlib, sys; json.dump(plistlib.load(open(sys.argv[1], "rb")), open(sys.argv[2], "w"))';
    execFileSync('python3', ['-c', read, join(made, 'Onestep.app', 'Contents', 'Info.plist'), json]);
    const description = /** @type {Description} */ (readJson(json));
    const found = findings(description);
    for (const [what, so] of found) console.log(`${so ? 'so    ' : 'NOT SO'}  it ${what}`);
    if (found.some(([, so]) => !so)) process.exitCode = 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
