/**
 * `node scripts/try-linux-actions.mjs [thunar …]`: puts the actions into a fresh home and has the file managers of this machine run
 * them on a display of their own: all files of a folder are chosen, the menu is opened, _×2_ is clicked, and what was started is
 * compared with what lies there. Not part of the tests: needs `apt-get install xvfb openbox dbus-x11 xdotool at-spi2-core python3-gi
 * gir1.2-atspi-2.0 libatk-adaptor libgail-common` and file managers (`thunar nemo nautilus caja pcmanfm libfm-modules`).
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { isDeepStrictEqual } from 'node:util';
import { root, runProgram } from './prepare.mjs';
import { sourceModule } from './source-module.mjs';

/** Thunar's file once it has been saved by a Thunar that knows menus in menus. */
const savedByThunar =
  '<?xml version="1.0" encoding="UTF-8"?>\n<actions>\n<action><icon></icon><name>Mine</name><submenu></submenu><unique-id>1-1</unique-id>' +
  '<command>true %f</command><description></description><range></range><patterns>*</patterns><text-files/></action>\n</actions>\n';

/** The program, where the entry is in its menu, step by step, what it finds in its own file, and whether it takes photos and folders together. */
const tries = {
  thunar: { program: 'thunar', steps: ['Enhance with Onestep ×2'], saved: null, mixed: true },
  'thunar-menus': { program: 'thunar', steps: ['Enhance with Onestep', '×2'], saved: savedByThunar, mixed: true },
  nemo: { program: 'nemo', steps: ['Enhance with Onestep ×2'], saved: null, mixed: true },
  nautilus: { program: 'nautilus', steps: ['Scripts', 'Onestep', '×2'], saved: null, mixed: true },
  caja: { program: 'caja', steps: ['Scripts', 'Onestep', '×2'], saved: null, mixed: true },
  pcmanfm: { program: 'pcmanfm', steps: ['Enhance with Onestep ×2'], saved: null, mixed: false },
};
const names = ['a b.png', "it's ü 🌄.png", 'c "quoted" 100% $HOME.png', '-d.png'];
const picture = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64');

const { DesktopActions } = /** @type {typeof import('../src/app/desktop-actions/desktop-actions.ts')} */ (
  await sourceModule('src/app/desktop-actions/desktop-actions.ts')
);
const arrivals = /** @type {typeof import('../src/main/arrivals.ts')} */ (await sourceModule('src/main/arrivals.ts'));

/**
 * @param {keyof typeof tries} name
 * @returns {Promise<string>} what came of it, in a sentence
 */
async function tryOne(name) {
  const { program: manager, steps, saved, mixed } = tries[name];
  const chosen = mixed ? [...names, 'folder'] : names;
  const home = mkdtempSync(join(tmpdir(), `onestep-${name}-`));
  try {
    const photos = join(home, 'photos');
    const program = join(home, 'one "step"', 'onestep');
    const heard = join(home, 'heard');
    for (const folder of [photos, ...(mixed ? [join(photos, 'folder')] : []), join(home, 'one "step"'), join(home, 'run')])
      mkdirSync(folder, { mode: 0o700 });
    for (const photo of names) writeFileSync(join(photos, photo), picture);
    if (saved !== null) {
      mkdirSync(join(home, '.config', 'Thunar'), { recursive: true });
      writeFileSync(join(home, '.config', 'Thunar', 'uca.xml'), saved);
    }
    writeFileSync(program, `#!/bin/sh\nfor word in "$@"; do printf '%s\\0' "$word"; done >> '${heard}'\n`);
    chmodSync(program, 0o755);
    /** @type {NodeJS.ProcessEnv} */
    const env = {
      ...process.env,
      HOME: home,
      XDG_RUNTIME_DIR: join(home, 'run'),
      LC_ALL: 'C.UTF-8',
      GTK_MODULES: 'gail:atk-bridge',
      NO_AT_BRIDGE: '0',
      // Whoever runs this has folders of their own.
      XDG_CONFIG_HOME: undefined,
      XDG_DATA_HOME: undefined,
      XDG_CACHE_HOME: undefined,
    };
    const startable = { launch: { program, words: [] }, createShortcut: () => undefined };
    const actions = new DesktopActions({ startable, platform: 'linux', packageFolder: root, env, home, language: () => 'en' });
    const { places } = await actions.set(true);
    const driver = fileURLToPath(new URL('try-linux-actions.py', import.meta.url));
    const words = ['-a', '-s', '-screen 0 1280x900x24', 'dbus-run-session', '--', '/usr/bin/python3', driver, manager, photos, ...steps];
    const { stdout, stderr } = spawnSync('xvfb-run', words, { env, encoding: 'utf8', timeout: 120_000 });
    if (!existsSync(heard)) return `FAILED  ${name} has started nothing; put in ${places.join(', ')}\n${stdout}${stderr.slice(-2000)}`;
    const told = readFileSync(heard, 'utf8').split('\0').slice(0, -1);
    const arrival = arrivals.readArrival(told, '/');
    const wanted = chosen.map((photo) => join(photos, photo)).sort();
    const right = isDeepStrictEqual([...arrival.paths].sort(), wanted) && arrival.enhance?.target?.kind === 'scale';
    await actions.set(false);
    return right ? `so      ${name} starts ×2 with ${wanted.length} files, each once` : `FAILED  ${name} started ${JSON.stringify(told)}`;
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

await runProgram(async () => {
  const wanted = process.argv.slice(2);
  for (const name of /** @type {(keyof typeof tries)[]} */ (Object.keys(tries))) {
    if (wanted.length > 0 ? !wanted.includes(name) : !existsSync(`/usr/bin/${tries[name].program}`)) continue;
    const outcome = await tryOne(name);
    if (outcome.startsWith('FAILED')) process.exitCode = 1;
    console.log(outcome);
  }
});
