/**
 * `sudo node scripts/try-deb.mjs`: packages for Debian around the stand-in for Electron, without a network, then installs the package
 * on this machine, has it enhance a photo, removes it, and looks for what it left. Needs root, dpkg and Chromium.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { PrepareError, root, runProgram } from './prepare.mjs';

const name = 'onestep';
const standin = join(root, 'out', 'electron-standin');
/** Of everything that the package puts on the system. */
const places = [
  '/opt/Onestep',
  '/usr/bin/onestep',
  '/usr/share/applications/onestep.desktop',
  '/usr/share/metainfo/app.onestep.onestep.metainfo.xml',
];

/** @param {string} program @param {readonly string[]} words @param {NodeJS.ProcessEnv} [env] */
function run(program, words, env = process.env) {
  console.log(`$ ${program} ${words.join(' ')}`);
  execFileSync(program, words, { cwd: root, env, stdio: 'inherit' });
}

/** @param {string} folder @returns {string} */
function build(folder) {
  const env = { ...process.env, CUSTOM_FPM_PATH: join(root, 'tests/support/packaging/fpm.mjs') };
  const words = [
    '--linux',
    'deb',
    `-c.electronDist=${standin}`,
    `-c.directories.output=${folder}`,
    '-c.extraMetadata.homepage=https://example.org',
  ];
  run(process.execPath, ['scripts/package.mjs', ...words], env);
  const file = readdirSync(folder).find((entry) => entry.endsWith('.deb'));
  if (file === undefined) throw new PrepareError('No .deb was made.');
  return join(folder, file);
}

await runProgram(() => {
  if (process.getuid?.() !== 0) throw new PrepareError('Installing a package needs root.');
  if (!existsSync(standin)) throw new PrepareError('The stand-in is not built yet: run `npm run test:package` first.');
  if (places.some((place) => existsSync(place))) throw new PrepareError('Onestep is installed on this machine already.');
  const folder = mkdtempSync(join(tmpdir(), 'onestep-deb-'));
  try {
    const deb = build(folder);
    run('dpkg-deb', ['--info', deb]);
    // The stand-in needs none of the libraries that Electron needs, and this machine may lack them.
    run('dpkg', ['--install', '--force-depends', deb]);
    const missing = places.filter((place) => !existsSync(place));
    if (missing.length > 0) throw new PrepareError(`Not installed: ${missing.join(', ')}`);
    run('desktop-file-validate', ['/usr/share/applications/onestep.desktop']);
    run(process.execPath, ['scripts/smoke-test.mjs', '/usr/bin/onestep']);
  } finally {
    rmSync(folder, { recursive: true, force: true });
    if (existsSync('/opt/Onestep')) run('dpkg', ['--purge', '--force-depends', name]);
  }
  const left = places.filter((place) => existsSync(place));
  if (left.length > 0) throw new PrepareError(`Left behind: ${left.join(', ')}`);
  console.log('Installed, run, removed; nothing is left.');
});
