import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { SettingsStore } from '../../../../src/app/door.ts';
import { SettingsKeeper } from '../../../../src/app/settings/settings-keeper.ts';
import { libraryQuerySchema } from '../../../../src/shared/library.ts';
import { defaultOptions } from '../../../../src/shared/options.ts';
import { defaultSettings, settingNames, type Settings } from '../../../../src/shared/settings.ts';
import { settingsFile } from '../../../../src/web/settings-store.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'onestep-settings-'));
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

const file = (): string => join(folder, 'settings.json');

/** Settings in a real file, as a door keeps them. */
const fileStore = (): SettingsStore => settingsFile(folder);

const started = (onChange: (settings: Settings) => void = () => undefined): SettingsKeeper => new SettingsKeeper(fileStore(), onChange);

/** For every setting a value that is not its default. */
const others: Settings = {
  language: 'zh',
  theme: 'light',
  options: { ...defaultOptions, strength: 0.25, name: '{name} ({model})', target: { kind: 'longEdge', pixels: 6000 }, output: '/results' },
  presets: [{ name: 'Poster', options: { ...defaultOptions, format: 'tiff' } }],
  roots: ['/photos/a', '/photos/b.jpg'],
  hidden: ['/photos/a/1.jpg'],
  query: { ...libraryQuerySchema.parse({}), search: 'Rome', states: ['failed'], sort: 'size', descending: true, minMegapixels: 2.5 },
  watchFolders: false,
  enhanceNewPhotos: true,
  skipDone: false,
  resumeAtStart: true,
  updates: true,
  notifyWhenDone: false,
  keepAwake: false,
  compareMode: 'difference',
  cellSide: 333,
  cacheMegabytes: 1024,
  engineProcess: 'node',
  fleet: { queue: 'rediss://nas:6380', user: 'onestep', certificate: '/queue.crt', roots: { nas: '/mnt/nas' } },
  welcomed: true,
};

describe('a setting', () => {
  it.each(settingNames)('survives a restart: %s', (name) => {
    expect(others[name]).not.toEqual(defaultSettings[name]);
    started().change({ [name]: others[name] });
    expect(started().current).toEqual({ ...defaultSettings, [name]: others[name] });
  });

  it.each(settingNames)('that does not fit becomes its default, and no other does: %s', async (name) => {
    await writeFile(file(), JSON.stringify({ ...others, [name]: { something: 'else' } }));
    expect(started().current).toEqual({ ...others, [name]: defaultSettings[name] });
  });

  it.each(settingNames)('that is missing is its default: %s', async (name) => {
    await writeFile(file(), JSON.stringify({ ...others, [name]: undefined }));
    expect(started().current).toEqual({ ...others, [name]: defaultSettings[name] });
  });
});

describe('SettingsKeeper', () => {
  it('begins with the defaults', () => expect(started().current).toEqual(defaultSettings));

  it('tells what it has stored, and leaves alone what was not given', () => {
    const told: Settings[] = [];
    const keeper = started((settings) => told.push(settings));
    keeper.change({ theme: 'light' });
    keeper.change({ cellSide: 200 });
    expect(told).toEqual([
      { ...defaultSettings, theme: 'light' },
      { ...defaultSettings, theme: 'light', cellSide: 200 },
    ]);
    expect(started().current).toEqual(told.at(-1));
  });

  it('keeps every option, filter, preset and folder that fits', async () => {
    const { options, query } = others;
    const stored = {
      ...others,
      options: { ...options, strength: 17, format: 'bmp' },
      query: { ...query, sort: 'beauty', states: ['failed', 'lost'] },
      presets: ['nonsense', ...others.presets, { name: '', options: {} }, { name: 'Web', options: { format: 'webp', quality: 1000 } }],
      roots: ['', 7, ...others.roots],
    };
    await writeFile(file(), JSON.stringify(stored));
    expect(started().current).toEqual({
      ...others,
      options: { ...options, strength: null, format: 'same' },
      query: { ...query, sort: 'name' },
      presets: [...others.presets, { name: 'Web', options: { ...defaultOptions, format: 'webp' } }],
    });
  });

  it('keeps out names that are no settings', async () => {
    await writeFile(file(), JSON.stringify({ ...others, unheardOf: 1, options: { ...others.options, sharpness: 3 }, constructor: 'x' }));
    const keeper = started();
    expect(keeper.current).toEqual(others);
    keeper.change({ theme: 'dark' });
    expect(Object.keys(JSON.parse(await readFile(file(), 'utf8')) as object).sort()).toEqual([...settingNames, 'settingsVersion'].sort());
  });

  it.each(['', '{', '[]', 'null', '"settings"'])('begins with the defaults where the file holds %j', async (text) => {
    await writeFile(file(), text);
    expect(started().current).toEqual(defaultSettings);
  });
});
