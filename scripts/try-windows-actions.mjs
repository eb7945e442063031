/**
 * `node scripts/try-windows-actions.mjs`: has Wine run what the Windows installer does for Explorer's menu, and what the application does
 * itself through reg.exe, and reads the registry after each. Not part of the tests: needs `apt-get install nsis wine64`.
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { PrepareError, root, runProgram } from './prepare.mjs';
import { sourceModule } from './source-module.mjs';

const folder = mkdtempSync(join(tmpdir(), 'onestep-wine-'));
const env = { ...process.env, WINEPREFIX: join(folder, 'prefix'), WINEDEBUG: '-all', DISPLAY: '' };
const wine = ['/usr/bin/wine', '/usr/bin/wine64', '/usr/lib/wine/wine64'].find((path) => existsSync(path)) ?? '';

/** @param {string} program @param {readonly string[]} words */
function run(program, words) {
  const { status, stdout, stderr } = spawnSync(program, words, { cwd: folder, env, encoding: 'utf8', timeout: 300_000 });
  if (status !== 0) throw new PrepareError(`${program} ${words.join(' ')} ended with ${status}:\n${stdout}${stderr}`);
}

/** @param {string} section what the program does @returns {string} the program's source */
const nsis = (section) => `Unicode true
Target amd64-unicode
!define APP_EXECUTABLE_FILENAME "Onestep.exe"
!include "${join(root, 'resources', 'windows', 'desktop-actions.nsh')}"
Name "try"
OutFile "${section}.exe"
RequestExecutionLevel user
SilentInstall silent
Section
  SetShellVarContext current
  StrCpy $INSTDIR "C:\\One step Ü"
  !insertmacro ${section}
SectionEnd
`;

/** A reg.exe where the application looks for it: Wine's, which is told where this machine's files are. */
function placeReg() {
  const path = join(folder, 'System32', 'reg.exe');
  mkdirSync(join(folder, 'System32'));
  writeFileSync(
    path,
    `#!/bin/bash
export WINEPREFIX='${env.WINEPREFIX}' WINEDEBUG=-all DISPLAY=
words=(); for word in "$@"; do case $word in /tmp/*) words+=("Z:\${word//\\//\\\\}");; *) words+=("$word");; esac; done
exec ${wine} reg "\${words[@]}"
`,
  );
  chmodSync(path, 0o755);
}

/** @param {boolean} so @param {string} what */
function check(so, what) {
  if (!so) throw new PrepareError(`Not so: ${what}.`);
  console.log(`so      ${what}`);
}

await runProgram(async () => {
  try {
    if (wine === '' || !existsSync('/usr/bin/makensis')) throw new PrepareError('`apt-get install nsis wine64` first.');
    const { DesktopActions } = /** @type {typeof import('../src/app/desktop-actions/desktop-actions.ts')} */ (
      await sourceModule('src/app/desktop-actions/desktop-actions.ts')
    );
    placeReg();
    /** @type {string[]} */
    const shortcuts = [];
    /** @param {string} program */
    const actions = (program) =>
      new DesktopActions({
        platform: 'win32',
        packageFolder: root,
        env: { ...env, SystemRoot: folder, APPDATA: join(folder, 'roaming') },
        language: () => 'de',
        startable: {
          launch: { program, words: [] },
          createShortcut: (path) => {
            shortcuts.push(path);
            mkdirSync(join(path, '..'), { recursive: true });
            writeFileSync(path, '');
          },
        },
      });
    const installed = actions('C:\\One step Ü\\Onestep.exe');
    for (const section of ['DesktopActionsInstall', 'DesktopActionsRefresh', 'DesktopActionsRemove']) {
      writeFileSync(join(folder, `${section}.nsi`), `\ufeff${nsis(section)}`);
      run('makensis', ['-V2', '-INPUTCHARSET', 'UTF8', `${section}.nsi`]);
    }
    check((await installed.state()).state === 'off', 'there is nothing at first');
    run(wine, ['DesktopActionsRefresh.exe']);
    check((await installed.state()).state === 'off', 'an update puts nothing where nothing was');

    run(wine, ['DesktopActionsInstall.exe']);
    // The shortcut of the installer is in Wine's own folder.
    check((await installed.state()).state === 'amiss', 'the installer has put the menu, and the shortcut elsewhere');
    check((await installed.set(true)).state === 'on', 'the application takes over what the installer has put');
    run(wine, ['DesktopActionsInstall.exe']);
    check((await installed.state()).state === 'on', 'the installer writes what the application writes');
    const moved = actions('D:\\elsewhere\\Onestep.exe');
    check((await moved.state()).state === 'amiss', 'a copy elsewhere sees that the menu is not its own');
    check((await moved.set(true)).state === 'on', '… and repairs it');
    run(wine, ['DesktopActionsRefresh.exe']);
    check((await installed.state()).state === 'on', 'an update puts back its own');
    run(wine, ['DesktopActionsRemove.exe']);
    check((await installed.state()).state === 'off', 'the uninstaller removes it all');
    await installed.set(true);
    check((await installed.set(false)).state === 'off' && shortcuts.every((path) => !existsSync(path)), 'and so does the application');
  } finally {
    spawnSync(`${wine}server`, ['-k'], { env });
    rmSync(folder, { recursive: true, force: true });
  }
});
