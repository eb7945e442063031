/**
 * `node scripts/try-windows-installer.mjs [--arm64]`: compiles the whole installer for Windows on Debian, without a network, around
 * a program that does nothing, and looks into what came of it for what it must do. A check of the installer's script and
 * of what is packed; the installer itself cannot be run. Needs `apt-get install nsis p7zip-full`.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { windowsTools } from './packaging/windows-tools.mjs';
import { PrepareError, root, runProgram } from './prepare.mjs';

/** Whether a program made by NSIS has all of some words, which it keeps as UTF-16. @type {(program: Buffer, words: readonly string[]) => boolean} */
const has = (program, words) => words.every((text) => program.includes(Buffer.from(text, 'utf16le')));

/** @param {Buffer} installer @param {Buffer} uninstaller @param {readonly string[]} scripts @returns {[string, boolean][]} */
const findings = (installer, uninstaller, scripts) => [
  ['offers itself for photos', has(installer, ['Software\\Classes\\Applications\\Onestep.exe\\SupportedTypes', '.jpg', '.heic'])],
  ['puts its menu into Explorer', has(installer, ['Software\\Classes\\SystemFileAssociations\\.jpg\\shell\\Onestep', 'MultiSelectModel'])],
  ['removes both', has(uninstaller, ['Software\\Classes\\Applications\\Onestep.exe', 'Software\\Classes\\Onestep.Enhance'])],
  ['takes no format over', !scripts.some((text) => text.includes('APP_ASSOCIATE'))],
];

/** @param {readonly string[]} program @param {NodeJS.ProcessEnv} [env] */
function run(program, env = process.env) {
  const { status } = spawnSync(process.execPath, program, { cwd: root, env, stdio: 'inherit' });
  if (status !== 0) throw new PrepareError(`${program[0] ?? ''} failed; why stands above.`);
}

await runProgram(() => {
  const arm = process.argv.includes('--arm64');
  for (const tool of ['/usr/bin/makensis', '/usr/bin/7za']) {
    if (!existsSync(tool)) throw new PrepareError(`${tool} is missing: \`apt-get install nsis p7zip-full\`.`);
  }
  const folder = mkdtempSync(join(tmpdir(), 'onestep-windows-'));
  try {
    const { electron, scripts, uninstaller, env } = windowsTools(folder);
    const output = join(folder, 'packages');
    const asked = [
      ...['--win', 'nsis', 'portable', arm ? '--arm64' : '--x64'],
      ...[`-c.electronDist=${electron}`, `-c.directories.output=${output}`],
      ...['-c.nsis.warningsAsErrors=false', '-c.compression=store'],
    ];
    run(['scripts/package.mjs', ...asked], env);
    run(['scripts/check-package.mjs', join(output, `win${arm ? '-arm64' : ''}-unpacked`)]);
    const made = readdirSync(output).filter((file) => file.endsWith('.exe'));
    const installer = made.find((name) => name.endsWith('-setup.exe'));
    if (installer === undefined) throw new PrepareError('There is no installer.');
    const texts = readdirSync(scripts).map((name) => readFileSync(join(scripts, name), 'utf8'));
    const found = findings(readFileSync(join(output, installer)), readFileSync(uninstaller), texts);
    for (const [what, so] of found) console.log(`${so ? 'so    ' : 'NOT SO'}  it ${what}`);
    for (const name of made) console.log(`made    ${name}, ${(statSync(join(output, name)).size / 1e6).toFixed(0)} MB`);
    if (found.some(([, so]) => !so)) process.exitCode = 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
