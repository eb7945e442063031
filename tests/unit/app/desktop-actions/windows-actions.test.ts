import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseRegFile, regFile } from '../../../../src/app/desktop-actions/windows/reg-file.ts';
import { menuKey, menuOwners, registryKeys, submenuKey } from '../../../../src/app/desktop-actions/windows/registry.ts';
import { conditionIn } from '../../../../src/app/desktop-actions/windows/windows-actions.ts';
import { photoExtensions } from '../../../../src/shared/photo-extensions.ts';

const program = String.raw`C:\Users\Jörg "J"\Onestep\Onestep.exe`.replaceAll('"', '');
const launch = { program, words: [] };
const cleared = [...menuOwners.map(menuKey), submenuKey];
const content = parseRegFile(regFile(registryKeys(launch), cleared, 'de'));
const valueOf = (path: string, name: string): string | undefined => content.get(path.toLowerCase())?.get(name.toLowerCase());

describe('Explorer’s menu', () => {
  it('belongs to every kind of photo, and to folders', () => {
    const owners = [...Object.keys(photoExtensions).map((extension) => `SystemFileAssociations\\.${extension}`), 'Directory'];
    const shown = owners.map((owner) => valueOf(`Software\\Classes\\${owner}\\shell\\Onestep`, 'MUIVerb'));
    expect(shown).toEqual(owners.map(() => 'Mit Onestep verbessern'));
    expect(valueOf(String.raw`Software\Classes\SystemFileAssociations\.jpg\shell\Onestep`, 'Icon')).toBe(`"${program}",0`);
  });

  it('holds four commands, in their order, each for up to a hundred files', () => {
    const commands = [...content]
      .filter(([path]) => path.endsWith('\\command'))
      .map(([path, values]) => [path.split('\\').at(-2), values.get('')]);
    expect(commands).toEqual([
      ['1-enhance', `"${program}" --enhance -- "%1"`],
      ['2-enhance-x2', `"${program}" --enhance --scale=2 -- "%1"`],
      ['3-enhance-x4', `"${program}" --enhance --scale=4 -- "%1"`],
      ['4-choose', `"${program}" -- "%1"`],
    ]);
    const menus = [...content].filter(([path]) => !path.endsWith('\\command') && !path.endsWith('\\onestep'));
    expect(menus.map(([, values]) => values.get('multiselectmodel')).filter((model) => model !== 'Player' && model !== undefined)).toEqual(
      [],
    );
  });

  it('is a file of the registry that replaces all that was ours', () => {
    const bytes = regFile(registryKeys(launch), cleared, 'en');
    expect([...bytes.subarray(0, 2)]).toEqual([0xff, 0xfe]);
    const text = bytes.toString('utf16le');
    expect(text).toMatch(/^\ufeffWindows Registry Editor Version 5\.00\r\n\r\n/);
    expect(text).toContain('[-HKEY_CURRENT_USER\\Software\\Classes\\Directory\\shell\\Onestep]\r\n');
    expect(text).toContain(String.raw`@="\"${program.replaceAll('\\', '\\\\')}\" -- \"%1\""`);
    expect(text).not.toMatch(/(?<!\r)\n/);
  });

  it('is found in what the registry exports: as it should be, of another copy, in part, or not at all', () => {
    expect(conditionIn(content, launch)).toBe('same');
    expect(conditionIn(content, { ...launch, program: String.raw`D:\Onestep.exe` })).toBe('different');
    const others = parseRegFile(
      Buffer.from('\ufeff[HKEY_CURRENT_USER\\Software\\Classes\\Directory\\shell\\Other]\r\n"x"=hex:00\r\n', 'utf16le'),
    );
    expect(conditionIn(others, launch)).toBe('absent');
    const less = new Map(content);
    less.delete(String.raw`software\classes\systemfileassociations\.png\shell\onestep`);
    expect(conditionIn(less, launch)).toBe('different');
  });
});

describe('the installer', () => {
  it('writes the same, and removes it all', async () => {
    const text = await readFile(join(import.meta.dirname, '../../../../resources/windows/desktop-actions.nsh'), 'utf8');
    const written = [...text.matchAll(/^ {2}WriteRegStr HKCU `(.*)` `(.*)` `(.*)`$/gm)].map(([, path, name, value]) => [path, name, value]);
    const labels = [...(/DesktopActionsWrite (`Enhance.*)$/m.exec(text)?.[1] ?? '').matchAll(/`([^`]*)`/g)].map(([, label]) => label);
    const placed = (value = ''): string | undefined => {
      const [, number] = /^\$\{LABEL(\d)\}$/.exec(value) ?? [];
      return number === undefined ? value.replaceAll('$INSTDIR\\${APP_EXECUTABLE_FILENAME}', program) : labels[Number(number)];
    };
    const wanted = registryKeys(launch).flatMap(({ path, values }) =>
      Object.entries(values).map(([name, value]) => [path, name, typeof value === 'string' ? value : value.en]),
    );
    expect(written.map(([path, name, value]) => [path, name, placed(value)])).toEqual(wanted);
    const deleted = [...text.matchAll(/^ {2}DeleteRegKey HKCU `(.*)`$/gm)].map(([, path]) => path);
    expect(deleted.sort()).toEqual(cleared.toSorted());
  });
});
