import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createApplication, type Application } from '../../../src/app/application.ts';
import type { Door, SettingsStore } from '../../../src/app/door.ts';
import { nodeLauncher } from '../../../src/app/node-launcher.ts';
import { contract } from '../../../src/shared/contract.ts';
import { libraryQuerySchema } from '../../../src/shared/library.ts';
import { goldenFolder } from '../../support/golden.ts';
import { repeatingModel } from '../../support/ncnn-files.ts';
import { builtProgram, writePicture } from '../../support/programs.ts';

const packageFolder = join(import.meta.dirname, '../../..');
const allPhotos = libraryQuerySchema.parse({});

let folder: string;
let stored: Record<string, unknown>;
let application: Application;
const shown: string[] = [];

const door: Door = {
  name: 'browser',
  updates: false,
  desktop: false,
  choose: async () => [join(folder, 'photos')],
  startable: null,
  showInFolder: async (path) => {
    shown.push(path);
  },
  openPage: async () => undefined,
  queueChanged: () => undefined,
};

const store: SettingsStore = {
  read: () => stored,
  write: (settings) => {
    stored = { ...settings };
  },
};

const start = async (): Promise<Application> =>
  createApplication({
    ...{ door, store, packageFolder, version: '1.2.3', systemLanguage: 'de-AT', platform: process.platform },
    folders: {
      ...{ cache: join(folder, '.cache'), models: join(folder, '.models'), temporary: join(folder, '.temporary') },
      ...{ state: join(folder, '.state'), settings: join(folder, '.settings') },
    },
    loadFleet: () => Promise.reject(new Error('nobody asks for a fleet here')),
    launcherFor: () => nodeLauncher(builtProgram('engine-host.js')),
  });

beforeEach(async () => {
  vi.stubEnv('ONESTEP_MODELS', goldenFolder);
  folder = await mkdtemp(join(tmpdir(), 'onestep-application-'));
  await mkdir(join(folder, 'photos'));
  stored = {};
  application = await start();
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await application.close();
  await rm(folder, { recursive: true, force: true });
});

describe('createApplication', () => {
  it('offers exactly the calls of the contract', () => {
    const namesIn = (table: object): string[] =>
      Object.entries(table)
        .flatMap(([noun, calls]) => Object.keys(calls as object).map((name) => `${noun}.${name}`))
        .sort();
    expect(namesIn(application.calls)).toEqual(namesIn(contract.calls));
  });

  it.each([
    ['library.view', [{ sort: 'beauty' }]],
    ['library.open', ['/photos']],
    ['library.open', [['']]],
    ['photos.cards', [Array.from({ length: 501 }, (_, index) => index)]],
    ['photos.facts', ['../../etc/passwd']],
    ['settings.change', [{ cellSide: 5 }]],
    ['settings.change', [{ unheardOf: true }]],
    ['queue.enqueue', [[1], { strength: 7 }]],
    ['app.start', ['something']],
    ['desktop.openPage', ['https://example.org']],
  ] as const)('refuses %s(%j)', async (name, given) => {
    const [noun = '', verb = ''] = name.split('.');
    const calls = application.calls as unknown as Record<string, Record<string, (...given: readonly unknown[]) => Promise<unknown>>>;
    await expect(calls[noun]?.[verb]?.(...given)).rejects.toMatchObject({ code: 'bad-request' });
  });

  it('shows what is chosen, and again after a restart', async () => {
    await writePicture(join(folder, 'photos/a.png'));
    expect(await application.calls.desktop.choose('folder')).toEqual([join(folder, 'photos')]);
    await expect.poll(async () => (await application.calls.library.view(allPhotos)).ids.length).toBe(1);
    await application.close();
    application = await start();
    const { library, settings, door: name, systemLanguage } = await application.calls.app.start();
    expect({ name, systemLanguage }).toEqual({ name: 'browser', systemLanguage: 'de-AT' });
    expect(settings.roots).toEqual([join(folder, 'photos')]);
    expect(library.roots).toMatchObject([{ path: join(folder, 'photos'), kind: 'folder' }]);
    await expect.poll(async () => (await application.calls.library.view(allPhotos)).ids.length).toBe(1);
  });

  it('learns the size of a photo when somebody looks', async () => {
    const path = await writePicture(join(folder, 'photos/a.png'), 40, 30);
    const [id = -1] = await application.calls.library.open([path]);
    expect(await application.calls.photos.cards([id])).toMatchObject([{ path, width: null, state: 'new', result: null }]);
    expect(await application.calls.photos.facts(id)).toMatchObject({ width: 40, height: 30 });
    expect(await application.calls.photos.cards([id])).toMatchObject([{ width: 40, height: 30 }]);
    await application.calls.desktop.showInFolder(id);
    expect(shown.at(-1)).toBe(path);
  });

  it('shows thumbnails, and what a photo has become', async () => {
    const path = await writePicture(join(folder, 'photos/a.png'), 40, 30);
    const [id = -1] = await application.calls.library.open([path]);
    const thumbnail = await application.pixels({ kind: 'thumbnail', photo: id, edge: 256 }, new AbortController().signal);
    expect(thumbnail.type).toBe('image/webp');
    expect(await application.calls.photos.cards([id])).toMatchObject([{ width: 40, height: 30 }]);

    const options = { model: 'identity-x2', provider: 'cpu', target: { kind: 'scale', scale: 2 } } as const;
    const [job = ''] = await application.calls.queue.enqueue([id], options);
    await expect.poll(() => application.calls.photos.cards([id]), { timeout: 20_000 }).toMatchObject([{ state: 'done', jobId: job }]);
    const [card] = await application.calls.photos.cards([id]);
    expect(card?.result?.path).toBe(join(folder, 'photos/a_2x.png'));
    expect(await application.calls.queue.cards([job])).toMatchObject([
      { state: 'done', resultId: card?.result?.id, resultVersion: card?.result?.version },
    ]);
    const result = await application.pixels({ kind: 'thumbnail', photo: card?.result?.id ?? -1, edge: 256 }, new AbortController().signal);
    expect(result.bytes.length).toBeGreaterThan(0);

    await application.calls.queue.clear(null);
    expect(await application.calls.photos.cards([id])).toMatchObject([{ state: 'done', jobId: null }]);
  });

  it('enhances what is opened from outside: folders with all below them, and no results', async () => {
    await writePicture(join(folder, 'photos/a.png'));
    const options = { model: 'identity-x2', provider: 'cpu', target: { kind: 'scale', scale: 2 } } as const;
    const { settings } = await application.calls.app.start();
    await application.calls.settings.change({ options: { ...settings.options, ...options } });
    const shown: unknown[] = [];
    application.listen({ navigate: (place) => shown.push(place), opened: (...told) => shown.push(told) });
    expect(await application.enhanceFromOutside([join(folder, 'photos')], {})).toBe(1);
    await expect.poll(async () => (await application.calls.app.start()).queue.counts.done, { timeout: 20_000 }).toBe(1);
    // A photo that is named and found is one.
    expect(await application.enhanceFromOutside([join(folder, 'photos'), join(folder, 'photos/a.png')], {})).toBe(1);
    expect(await application.enhanceFromOutside([folder], { target: { kind: 'scale', scale: 4 } })).toBe(1);
    expect(shown).toEqual([]);
    await expect
      .poll(async () => (await application.calls.app.start()).queue, { timeout: 20_000 })
      .toMatchObject({
        activity: 'idle',
        counts: { done: 2, skipped: 1 },
      });
    expect((await readdir(join(folder, 'photos'))).sort()).toEqual(['a.png', 'a_2x.png', 'a_4x.png']);
  });

  it('shows what is opened from outside: a folder alone, or photos to be chosen, those in folders too', async () => {
    const [a, b] = await Promise.all(['photos/a.png', 'b.png'].map((name) => writePicture(join(folder, name))));
    const opened: unknown[] = [];
    application.listen({ opened: (...told) => opened.push(told) });
    await application.openFromOutside([join(folder, 'photos')]);
    await application.openFromOutside([b ?? '']);
    await application.openFromOutside([b ?? '', join(folder, 'photos')]);
    const idOf = async (path: string | undefined) => (await application.calls.library.open([path ?? '']))[0];
    expect(opened).toEqual([
      [[], join(folder, 'photos')],
      [[await idOf(b)], null],
      [[await idOf(b), await idOf(a)], null],
    ]);
  });

  it('enhances what comes into an opened folder, if it shall, and then leaves the result alone', async () => {
    const options = { model: 'identity-x2', provider: 'cpu', target: { kind: 'scale', scale: 2 } } as const;
    const { settings } = await application.calls.app.start();
    await application.calls.settings.change({ options: { ...settings.options, ...options }, enhanceNewPhotos: true });
    await application.calls.library.open([join(folder, 'photos')]);
    // What a search finds was there before.
    await expect.poll(async () => (await application.calls.app.start()).library.roots).toMatchObject([{ scanning: false }]);
    await writePicture(join(folder, 'photos/a.png'));
    await expect.poll(async () => (await application.calls.app.start()).queue.counts.done, { timeout: 20_000 }).toBe(1);
    // A photo that comes later is seen later: the result has been seen by then, and left alone.
    await writePicture(join(folder, 'photos/b.png'));
    await expect.poll(async () => (await application.calls.app.start()).queue.counts.done, { timeout: 20_000 }).toBe(2);
    expect(await application.calls.queue.ids([])).toHaveLength(2);
    expect((await application.calls.app.start()).library.photos).toBe(2);
  });

  it('enhances with an imported model at once, and without it when it is removed', async () => {
    const path = await writePicture(join(folder, 'photos/a.png'), 40, 30);
    const [id = -1] = await application.calls.library.open([path]);
    const options = { provider: 'cpu', target: { kind: 'scale', scale: 2 } } as const;
    vi.stubEnv('ONESTEP_MODELS', join(folder, 'models'));
    await application.close();
    application = await start();
    await application.calls.library.open([path]);
    // The engine of the queue has read its models by now.
    const [vain = ''] = await application.calls.queue.enqueue([id], { ...options, model: 'repeater' });
    await expect.poll(() => application.calls.queue.cards([vain]), { timeout: 20_000 }).toMatchObject([{ state: 'failed' }]);
    const told: string[][] = [];
    application.listen({ modelsChanged: (models) => told.push(models.map((model) => model.id)) });
    const param = await repeatingModel().write(folder, 'repeater');
    const outcomes = await application.calls.models.import([param], { licence: 'CC0-1.0' });
    expect(outcomes).toMatchObject([{ problem: null, model: { id: 'repeater', licence: 'CC0-1.0', removable: true } }]);
    expect(told).toEqual([['repeater']]);
    const [job = ''] = await application.calls.queue.enqueue([id], { ...options, model: 'repeater' });
    await expect.poll(() => application.calls.queue.cards([job]), { timeout: 20_000 }).toMatchObject([{ state: 'done' }]);
    await application.calls.models.remove('repeater');
    expect(told.at(-1)).toEqual([]);
    expect(await application.calls.models.list()).toEqual([]);
    expect((await application.calls.catalogue.list()).every(({ installed, progress }) => installed === null && progress === null)).toBe(
      true,
    );
  });

  it('tells events to every interface that listens', async () => {
    const heard: string[] = [];
    const stop = application.listen({ settingsChanged: ({ theme }) => heard.push(`first ${theme}`) });
    application.listen({ settingsChanged: ({ theme }) => heard.push(`second ${theme}`) });
    await application.calls.settings.change({ theme: 'light' });
    stop();
    await application.calls.settings.change({ theme: 'dark' });
    expect(heard).toEqual(['first light', 'second light', 'second dark']);
  });

  it('says what it is made of', async () => {
    const about = await application.calls.app.about();
    expect(about).toMatchObject({ version: '1.2.3', versions: { node: process.versions.node } });
    expect(about.notices.length).toBeGreaterThan(1000);
  });
});
