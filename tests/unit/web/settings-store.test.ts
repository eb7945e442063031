import { chmod, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { defaultSettings } from '../../../src/shared/settings.ts';
import { settingsFile } from '../../../src/web/settings-store.ts';
import { needs } from '../../support/needs.ts';
import { temporaryFolder } from '../../support/photo-files.ts';

// Outside Electron the package of that name is the path of a program, which it fetches unless one is named.
process.env.ELECTRON_OVERRIDE_DIST_PATH = 'nowhere';
const { default: Store } = await import('electron-store');
const windowStore = (folder: string): InstanceType<typeof Store> =>
  new Store({ cwd: folder, name: 'settings', clearInvalidConfig: true, projectVersion: '1' } as object);

it('are read and written as electron-store does, byte for byte', async () => {
  const [ours, theirs] = [await temporaryFolder(), await temporaryFolder()];
  const settings = { ...defaultSettings, language: 'de' } as const;
  settingsFile(ours).write(settings);
  windowStore(theirs).store = { ...settings };
  const bytes = await readFile(join(ours, 'settings.json'), 'utf8');
  expect(bytes).toBe(await readFile(join(theirs, 'settings.json'), 'utf8'));
  expect(settingsFile(theirs).read()).toEqual(settings);
  expect(windowStore(ours).store).toEqual(settings);
});

it.each(['', '{ "theme": ', '7', 'null', '"dark"'])('count as empty where the file has %j', async (text) => {
  const folder = await temporaryFolder();
  await writeFile(join(folder, 'settings.json'), text);
  expect(settingsFile(folder).read()).toEqual({});
});

it('count as empty where there is no file, and leave nothing else behind in a folder that is made for them', async () => {
  const folder = join(await temporaryFolder(), 'new', 'deep');
  expect(settingsFile(folder).read()).toEqual({});
  settingsFile(folder).write(defaultSettings);
  settingsFile(folder).write({ ...defaultSettings, theme: 'dark' });
  expect(await readdir(folder)).toEqual(['settings.json']);
  expect(settingsFile(folder).read()).toMatchObject({ theme: 'dark' });
});

it('stay as they were where they cannot be written', needs('notRoot', 'notWindows'), async () => {
  const folder = join(await temporaryFolder(), 'closed');
  await mkdir(folder);
  settingsFile(folder).write(defaultSettings);
  await chmod(folder, 0o500);
  expect(() => {
    settingsFile(folder).write({ ...defaultSettings, theme: 'dark' });
  }).toThrow('EACCES');
  expect(settingsFile(folder).read()).toEqual(defaultSettings);
});
