import { describe, expect, it } from 'vitest';
import { applicationEntry, fileManagerActions, nemoActions, serviceMenu } from '../../../../src/app/desktop-actions/linux/entries.ts';
import { photoExtensions, photoMimeTypes } from '../../../../src/shared/photo-extensions.ts';

/** A key file, by the rules of the Desktop Entry Specification: groups, keys, values without their escapes. */
function parse(text: string): Map<string, Map<string, string>> {
  const groups = new Map<string, Map<string, string>>();
  for (const line of text.split('\n').filter((part) => part !== '')) {
    const [, group] = /^\[([^[\]]+)\]$/.exec(line) ?? [];
    if (group !== undefined) groups.set(group, new Map());
    else {
      const [, key = '', value = ''] = /^([A-Za-z0-9-]+(?:\[\w+\])?)=(.*)$/.exec(line) ?? [];
      expect(key, line).not.toBe('');
      [...groups.values()].at(-1)?.set(key, value.replaceAll(/\\(.)/g, '$1'));
    }
  }
  return groups;
}

/** The words of `Exec`, unquoted as the specification says. */
const wordsOf = (exec: string): string[] =>
  [...exec.matchAll(/"((?:[^"\\]|\\.)*)"|(\S+)/g)].map(([, quoted, plain = '']) =>
    (quoted?.replaceAll(/\\(.)/g, '$1') ?? plain).replaceAll('%%', '%'),
  );

const program = '/opt/One "step" 100%/$a`b\\c';
const launch = { program, words: ['--quiet'] };
const text = ({ content }: { content: string | Uint8Array }): string => String(content);
const types = new Set(Object.values(photoMimeTypes).flat());

describe('entries for Linux’ desktops', () => {
  it('know every format by a media type', () =>
    expect(new Set(Object.values(photoExtensions))).toEqual(new Set(Object.keys(photoMimeTypes))));

  it('open photos with the application, never folders, and enhance nothing by themselves', () => {
    const entry = parse(text(applicationEntry('/a', launch))).get('Desktop Entry');
    expect(new Set(entry?.get('MimeType')?.split(';').slice(0, -1))).toEqual(types);
    expect(wordsOf(entry?.get('Exec') ?? '')).toEqual([program, '--quiet', '--', '%F']);
    expect(entry?.get('TryExec')).toBe(program);
  });

  it('make a menu in Dolphin', () => {
    const groups = parse(text(serviceMenu('/a', launch)));
    const entry = groups.get('Desktop Entry');
    expect(entry?.get('X-KDE-Submenu[de]')).toBe('Mit Onestep verbessern');
    expect(new Set(entry?.get('MimeType')?.split(';').slice(0, -1))).toEqual(new Set([...types, 'inode/directory']));
    const ids = entry?.get('Actions')?.split(';').slice(0, -1) ?? [];
    expect(ids.map((id) => wordsOf(groups.get(`Desktop Action ${id}`)?.get('Exec') ?? '').slice(2))).toEqual([
      ['--enhance', '--', '%F'],
      ['--enhance', '--scale=2', '--', '%F'],
      ['--enhance', '--scale=4', '--', '%F'],
      ['--', '%F'],
    ]);
    expect(serviceMenu('/a', launch).executable).toBe(true);
  });

  it('make actions in Nemo, by extensions', () => {
    const files = nemoActions('/a', launch);
    expect(files.map(({ path }) => path)).toEqual(
      ['enhance', 'enhance-x2', 'enhance-x4', 'choose'].map((id) => `/a/onestep-${id}.nemo_action`),
    );
    const action = parse(text(files[1] ?? { content: '' })).get('Nemo Action');
    expect(wordsOf(action?.get('Exec') ?? '')).toEqual([program, '--quiet', '--enhance', '--scale=2', '--', '%U']);
    expect(action?.get('Extensions')?.split(';')).toEqual([...Object.keys(photoExtensions), 'dir', '']);
    expect(action?.get('Name[zh]')).toBe('用 Onestep 增强 ×2');
  });

  it('make actions in PCManFM, for photos or folders', () => {
    const actions = fileManagerActions('/a', launch);
    expect(actions.map(({ path }) => path)).toEqual(
      ['enhance', 'enhance-x2', 'enhance-x4', 'choose'].map((id) => `/a/onestep-${id}.desktop`),
    );
    const groups = parse(text(actions[2] ?? { content: '' }));
    expect(groups.get('Desktop Entry')?.get('Name[de]')).toBe('Mit Onestep verbessern ×4');
    const profile = groups.get('X-Action-Profile photos');
    expect(profile?.get('MimeTypes')).toBe('image/*;inode/directory;');
    expect(wordsOf(profile?.get('Exec') ?? '')).toEqual([program, '--quiet', '--enhance', '--scale=4', '--', '%F']);
  });
});
