import { execFile } from 'node:child_process';
import { chmod, mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { DesktopActions } from '../../../../src/app/desktop-actions/desktop-actions.ts';
import { readArrival } from '../../../../src/main/arrivals.ts';
import type { Language } from '../../../../src/shared/language.ts';
import { temporaryFolder } from '../../../support/photo-files.ts';

/** A person's home with file managers on the path, and a program that writes down what it is started with. */
async function person(managers: readonly string[], program = 'the \'program\' of 100% "Onestep"') {
  const home = await temporaryFolder();
  const bin = join(home, 'bin');
  await mkdir(bin);
  for (const name of [...managers, program]) {
    await writeFile(join(bin, name), `#!/bin/sh\nfor word in "$@"; do printf '%s\\0' "$word"; done >> '${home}/heard'\n`);
    await chmod(join(bin, name), 0o755);
  }
  const env = { PATH: bin, XDG_CONFIG_DIRS: join(home, 'xdg'), XDG_DATA_DIRS: join(home, 'everybody') };
  const actions = (language: Language = 'en', name = program): DesktopActions =>
    new DesktopActions({
      ...{ platform: 'linux', packageFolder: join(import.meta.dirname, '../../../..'), env, home, language: () => language },
      startable: { launch: { program: join(bin, name), words: ['--quiet'] }, createShortcut: () => undefined },
    });
  /** The words that were heard since the last time. */
  const heard = async (): Promise<string[]> => {
    const words = (await readFile(join(home, 'heard'), 'utf8')).split('\0').slice(0, -1);
    await rm(join(home, 'heard'));
    return words;
  };
  return { home, env, actions, heard, share: join(home, '.local/share'), config: join(home, '.config') };
}

const everyManager = ['nautilus', 'nemo', 'dolphin', 'pcmanfm', 'caja', 'thunar'];
const filesBelow = async (folder: string): Promise<string[]> =>
  (await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []))
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort();

describe('actions of Linux’ file managers', () => {
  it('are put where there is one, found again in whatever language, and removed without a trace', async () => {
    const { home, actions, share, config } = await person(everyManager);
    expect(await actions().state()).toEqual({ state: 'off', places: [] });
    const all = ['Nautilus', 'Nemo', 'Dolphin', 'PCManFM', 'Caja', 'Thunar', 'Open With'];
    expect(await actions('de').set(true)).toEqual({ state: 'on', places: all });
    expect(await actions('zh').state()).toEqual({ state: 'on', places: all });
    const before = await filesBelow(home);
    await actions('de').set(true);
    expect(await filesBelow(home)).toEqual(before);
    expect(await readdir(join(share, 'nautilus/scripts/Onestep'))).toEqual(['Verbessern', 'Verbessern …', '×2', '×4']);
    await actions('en').set(true);
    expect(await readdir(join(share, 'nautilus/scripts/Onestep'))).toEqual(['Enhance', 'Enhance…', '×2', '×4']);
    expect(await actions().set(false)).toEqual({ state: 'off', places: [] });
    expect([...(await filesBelow(share)), ...(await filesBelow(config))].filter((path) => path !== 'applications/mimeinfo.cache')).toEqual(
      [],
    );
    expect(await readdir(join(share, 'nautilus/scripts'))).toEqual([]);
  });

  it('are put for the file managers that there are, and no others', async () => {
    const { actions, share } = await person(['nemo']);
    expect(await actions().set(true)).toEqual({ state: 'on', places: ['Nemo', 'Open With'] });
    expect(await filesBelow(join(share, 'nemo'))).toHaveLength(4);
    expect(await readdir(share)).not.toContain('nautilus');
  });

  it('are amiss when the program has moved, when some are gone, and when there is a new file manager', async () => {
    const { env, home, actions, share } = await person(['nemo'], 'onestep');
    await actions().set(true);
    await writeFile(join(home, 'bin/onestep-2'), '');
    expect(await actions('en', 'onestep-2').state()).toMatchObject({ state: 'amiss' });
    expect(await actions('en', 'onestep-2').set(true)).toMatchObject({ state: 'on' });
    await rm(join(share, 'nemo/actions/onestep-choose.nemo_action'));
    expect(await actions('en', 'onestep-2').state()).toMatchObject({ state: 'amiss' });
    expect(await actions('en', 'onestep-2').set(true)).toMatchObject({ state: 'on' });
    await writeFile(join(env.PATH, 'caja'), '');
    await chmod(join(env.PATH, 'caja'), 0o755);
    expect(await actions('en', 'onestep-2').state()).toEqual({ state: 'amiss', places: ['Nemo', 'Open With'] });
  });

  it('leave the desktop’s own entry to a package that has one', async () => {
    const { home, actions, share } = await person(['nemo']);
    await actions().set(true);
    await mkdir(join(home, 'everybody/applications'), { recursive: true });
    await writeFile(join(home, 'everybody/applications/onestep.desktop'), '');
    expect(await actions().state()).toMatchObject({ state: 'amiss' });
    expect(await actions().set(true)).toEqual({ state: 'on', places: ['Nemo'] });
    expect((await readdir(join(share, 'applications'))).filter((name) => name.endsWith('.desktop'))).toEqual([]);
  });

  it('are told apart from what a person has put beside them', async () => {
    const { actions, share } = await person(['nautilus', 'nemo']);
    await mkdir(join(share, 'nautilus/scripts/Onestep'), { recursive: true });
    await writeFile(join(share, 'nautilus/scripts/Onestep/mine'), '');
    await actions().set(true);
    await actions().set(false);
    expect(await filesBelow(join(share, 'nautilus'))).toEqual(['scripts/Onestep/mine']);
  });

  it('say what keeps them from being written', async () => {
    const { actions, share } = await person(['nemo']);
    await mkdir(join(share, 'nemo'), { recursive: true });
    await writeFile(join(share, 'nemo/actions'), 'a file');
    await expect(actions().set(true)).rejects.toMatchObject({ code: 'not-writable' });
  });
});

describe('Thunar’s file', () => {
  const theirs = `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE actions [
  <!ELEMENT action (icon|name)*>
]>
<actions>
<!-- <action> mine --><action>
  <name xml:lang="de">Terminal &lt;hier&gt;</name>
  <unique-id>1367-1</unique-id><command>x "%f" &gt; /dev/null</command>
  <patterns>*</patterns><directories/>
</action>
</actions>
`;

  it('keeps what is a person’s own to the byte, behind a link too', async () => {
    const { home, actions, config } = await person(['thunar']);
    await mkdir(join(config, 'Thunar'), { recursive: true });
    await writeFile(join(home, 'dotfile.xml'), theirs);
    await chmod(join(home, 'dotfile.xml'), 0o600);
    await symlink(join(home, 'dotfile.xml'), join(config, 'Thunar/uca.xml'));
    await actions().set(true);
    await actions('de').set(true);
    const after = await readFile(join(home, 'dotfile.xml'), 'utf8');
    expect(after.match(/<unique-id>onestep-/g)).toHaveLength(4);
    expect(after.startsWith(theirs.slice(0, theirs.indexOf('</actions>')))).toBe(true);
    await actions().set(false);
    expect(await readFile(join(home, 'dotfile.xml'), 'utf8')).toBe(theirs);
  });

  it('begins with everybody’s, which it replaces, and goes when it is nothing more', async () => {
    const { home, actions, config } = await person(['thunar']);
    await mkdir(join(home, 'xdg/Thunar'), { recursive: true });
    await writeFile(join(home, 'xdg/Thunar/uca.xml'), theirs);
    await actions().set(true);
    expect(await readFile(join(config, 'Thunar/uca.xml'), 'utf8')).toContain('1367-1');
    await actions().set(false);
    expect(await readdir(join(config, 'Thunar'))).toEqual([]);
  });

  it('has a menu in the menu only where Thunar knows such', async () => {
    const { actions, config } = await person(['thunar']);
    const path = join(config, 'Thunar/uca.xml');
    await actions().set(true);
    expect(await readFile(path, 'utf8')).not.toContain('<submenu>');
    await writeFile(path, theirs.replace('</action>\n', '<submenu></submenu></action>\n'));
    expect(await actions().state()).toMatchObject({ state: 'amiss' });
    await actions().set(true);
    expect((await readFile(path, 'utf8')).match(/<submenu>Enhance with Onestep<\/submenu>/g)).toHaveLength(4);
  });

  it.each(['<actions><action></actions>', 'nonsense', '<actions></actions><more/>', '<other></other>', '\xff\xfe'])(
    'that is not understood is left alone: %j',
    async (text) => {
      const { actions, config } = await person(['thunar']);
      await mkdir(join(config, 'Thunar'), { recursive: true });
      await writeFile(join(config, 'Thunar/uca.xml'), text, 'latin1');
      await expect(actions().set(true)).rejects.toMatchObject({ code: 'not-writable' });
      expect(await readFile(join(config, 'Thunar/uca.xml'), 'latin1')).toBe(text);
    },
  );
});

describe('what the actions start', () => {
  const names = [`it's a "b" $HOME \`x\`.jpg`, 'ü 🌄 100%.png', ' leading.jpg', '-rf.jpg', 'line\nbreak.jpg', "o'clock; rm.jpg"];
  const many = Array.from({ length: 200 }, (_, index) => `/photos/number ${index}.jpg`);
  const paths = [...names.map((name) => `/photos/${name}`), ...many];
  const addresses = paths.map((path) => pathToFileURL(path).href);

  it.each([
    ['nautilus', '.local/share/nautilus/scripts/Onestep/×2', 'NAUTILUS'],
    ['caja', '.config/caja/scripts/Onestep/×2', 'CAJA'],
  ])('is every file once, from a script as %s runs it', async (manager, script, prefix) => {
    const { home, actions, heard } = await person([manager]);
    await actions().set(true);
    const env = {
      PATH: process.env.PATH,
      [`${prefix}_SCRIPT_SELECTED_URIS`]: `${addresses.join('\n')}\n`,
      [`${prefix}_SCRIPT_SELECTED_FILE_PATHS`]: `${paths.join('\n')}\n`,
    };
    await promisify(execFile)(join(home, script), ['number 0.jpg'], { env, cwd: '/' });
    const words = await heard();
    expect(words.slice(0, 4)).toEqual(['--quiet', '--enhance', '--scale=2', '--']);
    const arrival = readArrival(words, '/elsewhere');
    expect(arrival).toEqual({ paths, enhance: { output: null, target: { kind: 'scale', scale: 2 } } });
  });

  it('is every file once, from Thunar’s command as a shell reads it', async () => {
    const { actions, config, heard } = await person(['thunar']);
    await actions().set(true);
    const text = await readFile(join(config, 'Thunar/uca.xml'), 'utf8');
    const [, command = ''] = /<unique-id>onestep-enhance<\/unique-id>\n\t<command>(.*)<\/command>/.exec(text) ?? [];
    const quoted = paths.map((path) => `'${path.replaceAll("'", `'\\''`)}'`).join(' ');
    const plain = command.replaceAll('&apos;', "'").replaceAll('&quot;', '"').replaceAll('&amp;', '&');
    // As thunar_uca expands it: the field first, then doubled signs.
    await promisify(execFile)('/bin/sh', ['-c', plain.replace('%F', () => quoted).replaceAll('%%', '%')]);
    expect(readArrival(await heard(), '/')).toEqual({ paths, enhance: { output: null } });
  });
});
