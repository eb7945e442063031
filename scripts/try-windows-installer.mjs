/**
 * `node scripts/try-windows-installer.mjs [--arm64]`: compiles the whole installer for Windows on Debian, without a network, around
 * a program that does nothing, and looks for what it must do in the script that was compiled. A check of the installer's script and
 * of what is packed; the installer itself cannot be run. Needs `apt-get install nsis p7zip-full`.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { windowsTools } from './packaging/windows-tools.mjs';
import { PrepareError, root, runProgram } from './prepare.mjs';

/** What stands in the script that is compiled, by the reason why. */
const expected = {
  'the installer includes our macros': /!include "[^"]*resources\/windows\/installer\.nsh"/,
  'no format is taken over': /^(?!.*APP_ASSOCIATE)/s,
};

await runProgram(() => {
  for (const tool of ['/usr/bin/makensis', '/usr/bin/7za']) {
    if (!existsSync(tool)) throw new PrepareError(`${tool} is missing: \`apt-get install nsis p7zip-full\`.`);
  }
  const folder = mkdtempSync(join(tmpdir(), 'onestep-windows-'));
  try {
    const { electron, script, env } = windowsTools(folder);
    const output = join(folder, 'packages');
    const words = [
      ...['--win', 'nsis', 'portable', process.argv.includes('--arm64') ? '--arm64' : '--x64'],
      ...[`-c.electronDist=${electron}`, `-c.directories.output=${output}`],
      // A stub is no plug-in that a warning-free script would need; fuses are bytes that it does not have.
      ...['-c.nsis.warningsAsErrors=false', '-c.electronFuses=null', '-c.compression=store'],
    ];
    const { status } = spawnSync(process.execPath, [join(root, 'scripts', 'package.mjs'), ...words], { cwd: root, env, stdio: 'inherit' });
    if (status !== 0) throw new PrepareError('The installer was not made; why stands above.');
    const text = readFileSync(script, 'utf8');
    for (const [reason, pattern] of Object.entries(expected)) {
      if (!pattern.test(text)) throw new PrepareError(`Not so: ${reason}.`);
      console.log(`so      ${reason}`);
    }
    for (const name of readdirSync(output).filter((file) => file.endsWith('.exe'))) {
      console.log(`made    ${name}, ${(statSync(join(output, name)).size / 1e6).toFixed(0)} MB uncompressed`);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
