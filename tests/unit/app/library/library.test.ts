import { appendFile, chmod, cp, mkdir, mkdtemp, rename, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Library } from '../../../../src/app/library/library.ts';
import { PhotoRegister } from '../../../../src/app/photos/photo-register.ts';
import { hasMark } from '../../../../src/engine/photo/mark.ts';
import { libraryQuerySchema, type LibraryQuery, type LibraryState, type PhotoCard } from '../../../../src/shared/library.ts';
import type { JobCard } from '../../../../src/shared/queue.ts';
import { defaultSettings, type Settings } from '../../../../src/shared/settings.ts';

let root: string;
let library: Library;
let settings: Settings;
let states: LibraryState[];
let told: PhotoCard[];
let remembered: readonly string[];
let arrived: string[];

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'onestep-library-'));
  settings = { ...defaultSettings };
  [states, told, remembered, arrived] = [[], [], [], []];
  library = newLibrary();
});

afterEach(async () => {
  library.end();
  await rm(root, { recursive: true, force: true });
});

function newLibrary(settleMilliseconds = 40): Library {
  return new Library({
    register: new PhotoRegister(),
    settings: () => settings,
    areMarked: (paths) => Promise.all(paths.map(isMarked)),
    onChanged: (state) => states.push(state),
    onPhotos: (cards) => told.push(...cards),
    onRoots: (paths) => (remembered = paths),
    onArrived: (ids) => arrived.push(...pathsOf(ids)),
    times: { settleMilliseconds, rootMilliseconds: 50 },
  });
}

/** Files of these tests are no pictures: those that are to be results say so, others are looked into as the engine does. */
const isMarked = async (path: string): Promise<boolean> => !path.includes('unmarked') || hasMark(path);

const inRoot = (path: string): string => join(root, path);
const pathsOf = (ids: readonly number[]): string[] => library.cards(ids).map(({ path }) => relative(root, path));

async function files(...paths: string[]): Promise<void> {
  for (const path of paths) {
    await mkdir(dirname(inRoot(path)), { recursive: true });
    await writeFile(inRoot(path), 'photo');
  }
}

async function listed(query: Partial<LibraryQuery> = {}): Promise<string[]> {
  const { ids } = await library.view({ ...libraryQuerySchema.parse({}), ...query });
  return pathsOf(ids);
}

/** Opens and waits until everything was found. */
async function open(...paths: string[]): Promise<number[]> {
  const ids = await library.open(paths.map(inRoot));
  await library.searched();
  return ids;
}

async function cardOf(path: string): Promise<PhotoCard | undefined> {
  const { ids } = await library.view(libraryQuerySchema.parse({}));
  return library.cards(ids).find((card) => card.path === inRoot(path));
}

const job = (photoId: number, more: Partial<JobCard>): JobCard =>
  ({ id: 'job-1', photoId, state: 'waiting', report: null, ...more }) as JobCard;

describe('opening', () => {
  it('lists what lies in a folder and below it the way people count, and nothing of the system’s', async () => {
    await files('a/IMG_10.jpg', 'a/img_2.JPG', 'a/b/Über.heic', 'a/b/ubel.tif', 'a/.hidden.jpg', 'a/@eaDir/x.jpg', 'a/notes.txt');
    await open('a');
    expect(await listed()).toEqual(['a/img_2.JPG', 'a/IMG_10.jpg', 'a/b/ubel.tif', 'a/b/Über.heic']);
    expect(library.state).toMatchObject({
      photos: 4,
      roots: [{ path: inRoot('a'), kind: 'folder', photos: 4, scanning: false, problem: null }],
    });
  });

  it('answers the photos that were named, and opens no root for what an opened folder contains', async () => {
    await files('a/x.jpg', 'b.jpg', 'odd');
    expect(pathsOf(await open('b.jpg', 'a', 'a/x.jpg', 'odd'))).toEqual(['b.jpg', 'a/x.jpg', 'odd']);
    expect(remembered).toEqual(['b.jpg', 'a', 'odd'].map(inRoot));
  });

  it('follows links but no loops, and finds what is in the folder under its own path', async () => {
    await files('a/real/x.jpg', 'elsewhere/y.jpg');
    await symlink(inRoot('a/real'), inRoot('a/alias'));
    await symlink(inRoot('a'), inRoot('a/real/loop'));
    await symlink(inRoot('elsewhere'), inRoot('a/away'));
    await open('a');
    expect(await listed()).toEqual(['a/real/x.jpg', 'a/away/y.jpg']);
  });

  it('says of what is missing that it is, keeps it, and shows it when it comes back', async () => {
    await open('gone', 'gone.jpg');
    expect(library.state.roots).toMatchObject([
      { path: inRoot('gone'), kind: 'folder', problem: 'The folder is not there.' },
      { path: inRoot('gone.jpg'), kind: 'file', problem: 'The file is not there.' },
    ]);
    expect(remembered).toEqual([inRoot('gone'), inRoot('gone.jpg')]);
    await files('gone/x.jpg', 'gone.jpg');
    await expect.poll(() => listed()).toEqual(['gone.jpg', 'gone/x.jpg']);
    expect(library.state.roots.map(({ problem }) => problem)).toEqual([null, null]);
  });

  it.skipIf(process.getuid?.() === 0)('says of a folder that may not be read that the system forbids it (skipped for root)', async () => {
    await files('a/x.jpg');
    await chmod(inRoot('a'), 0);
    await open('a');
    expect(library.state.roots).toMatchObject([{ problem: 'The folder cannot be read: the system does not allow it.' }]);
    await chmod(inRoot('a'), 0o700);
  });

  it('closes a folder without losing what another one contains', async () => {
    await files('a/x.jpg', 'a/b/y.jpg');
    await open('a', 'a/b');
    await library.close([inRoot('a')]);
    expect(await listed()).toEqual(['a/b/y.jpg']);
    expect(remembered).toEqual([inRoot('a/b')]);
    await library.close([inRoot('a/b')]);
    expect(library.state).toMatchObject({ photos: 0, roots: [] });
  });

  it('hides photos until their folder is opened again; a file that was opened by itself is closed', async () => {
    await files('a/x.jpg', 'a/y.jpg', 'z.jpg');
    const [alone = -1] = await open('z.jpg', 'a');
    const { id = -1 } = (await cardOf('a/x.jpg')) ?? {};
    await library.hide([id, alone]);
    expect(await listed()).toEqual(['a/y.jpg']);
    expect(remembered).toEqual([inRoot('a')]);
    await open('a');
    expect(await listed()).toEqual(['a/x.jpg', 'a/y.jpg']);
  });

  it('tells of changes together, with the last state last', async () => {
    await files(...Array.from({ length: 300 }, (_, index) => `a/${String(index % 20)}/${String(index)}.jpg`));
    await open('a');
    await expect.poll(() => states.at(-1)).toMatchObject({ revision: states.length, photos: 300, roots: [{ scanning: false }] });
    expect(states.length).toBeLessThan(10);
    expect(states.at(-1)).toMatchObject({ photos: 300, roots: [{ photos: 300, scanning: false }] });
  });
});

describe('queries', () => {
  beforeEach(async () => {
    await files('trips/Rome 2.jpg', 'trips/rome 10.png', 'trips/deep/Paris.jpg', 'home/cat.tif');
    await appendFile(inRoot('home/cat.tif'), 'a large one');
    await utimes(inRoot('trips/Rome 2.jpg'), 1, 1);
    await open('trips', 'home');
  });

  it.each<[string, Partial<LibraryQuery>, string[]]>([
    ['part of a name', { search: 'ROME' }, ['trips/Rome 2.jpg', 'trips/rome 10.png']],
    ['part of a folder', { search: 'deep' }, ['trips/deep/Paris.jpg']],
    ['the opened folder’s own name, but nothing above it', { search: 'onestep-library' }, []],
    ['formats', { formats: ['png', 'tiff'] }, ['home/cat.tif', 'trips/rome 10.png']],
    ['one folder', { folder: 'trips' }, ['trips/deep/Paris.jpg', 'trips/Rome 2.jpg', 'trips/rome 10.png']],
    ['size, largest first', { sort: 'size', descending: true, search: 'c' }, ['home/cat.tif']],
    ['time', { sort: 'modified', formats: ['jpeg'] }, ['trips/Rome 2.jpg', 'trips/deep/Paris.jpg']],
    ['nothing that is unknown', { minMegapixels: 0 }, []],
  ])('by %s', async (_, query, expected) => {
    expect(await listed({ ...query, folder: query.folder === undefined ? null : inRoot(query.folder ?? '') })).toEqual(expected);
  });

  it('by size in pixels, once these are known', async () => {
    const large = await cardOf('home/cat.tif');
    const small = await cardOf('trips/Rome 2.jpg');
    library.sizeLearnt(large?.id ?? -1, 4000, 3000);
    library.sizeLearnt(small?.id ?? -1, 1000, 1000);
    expect(await listed({ minMegapixels: 2 })).toEqual(['home/cat.tif']);
    expect(await listed({ maxMegapixels: 2 })).toEqual(['trips/Rome 2.jpg']);
    expect((await listed({ sort: 'pixels', descending: true })).slice(0, 2)).toEqual(['home/cat.tif', 'trips/Rome 2.jpg']);
    expect(await cardOf('home/cat.tif')).toMatchObject({ width: 4000, height: 3000 });
  });
});

describe('results', () => {
  it('belong to their originals, whichever is found first', async () => {
    await files('a/x.jpg', 'a/x_4x.jpg', 'a/x_2x-2.png', 'a/y_4x.jpg', 'a/z.heic', 'a/z.jpg', 'a/z.heic_4x.jpg');
    await utimes(inRoot('a/x_4x.jpg'), 1, 1);
    await open('a');
    expect(await listed()).toEqual(['a/x.jpg', 'a/y_4x.jpg', 'a/z.heic', 'a/z.jpg']);
    expect(await cardOf('a/x.jpg')).toMatchObject({ state: 'done', result: { path: inRoot('a/x_2x-2.png') } });
    expect(await cardOf('a/z.heic')).toMatchObject({ state: 'done', result: { path: inRoot('a/z.heic_4x.jpg') } });
    expect(await cardOf('a/z.jpg')).toMatchObject({ state: 'new', result: null });
    expect(await listed({ states: ['done'] })).toEqual(['a/x.jpg', 'a/z.heic']);
  });

  it('are found in the sub-folder that the name template makes', async () => {
    settings = { ...settings, options: { ...settings.options, name: 'large/{name}' } };
    await files('a/x.jpg', 'a/large/x.png', 'a/large/other.jpg');
    await open('a');
    expect(await listed()).toEqual(['a/large/other.jpg', 'a/x.jpg']);
    expect(await cardOf('a/x.jpg')).toMatchObject({ result: { path: inRoot('a/large/x.png') } });
  });

  it('are found beside a photo that was opened by itself', async () => {
    await files('x.jpg', 'x_4x.jpg', 'stranger.jpg');
    await open('x.jpg');
    expect(await listed()).toEqual(['x.jpg']);
    expect(await cardOf('x.jpg')).toMatchObject({ result: { path: inRoot('x_4x.jpg') } });
  });

  it('are photos of their own when they carry no mark', async () => {
    await files('a/unmarked.jpg', 'a/unmarked_4x.jpg');
    await open('a');
    await expect.poll(() => listed()).toEqual(['a/unmarked.jpg', 'a/unmarked_4x.jpg']);
    expect(await cardOf('a/unmarked.jpg')).toMatchObject({ state: 'new', result: null });
  });

  it('stand by themselves when their original goes', async () => {
    await files('a/x.jpg', 'a/x_4x.jpg', 'a/x_4x_2x.jpg');
    await open('a');
    expect(await listed()).toEqual(['a/x.jpg']);
    await rm(inRoot('a/x.jpg'));
    await expect.poll(() => listed()).toEqual(['a/x_4x.jpg']);
    expect(await cardOf('a/x_4x.jpg')).toMatchObject({ result: { path: inRoot('a/x_4x_2x.jpg') } });
    await files('a/x.jpg');
    await expect.poll(() => listed()).toEqual(['a/x.jpg']);
  });

  it('come with the jobs that made them, wherever they lie', async () => {
    await files('a/x.jpg', 'a/y.jpg', 'out/anything.png');
    await open('a');
    const { id = -1 } = (await cardOf('a/x.jpg')) ?? {};
    await library.jobsChanged([job(id, { state: 'running' })]);
    expect(await cardOf('a/x.jpg')).toMatchObject({ state: 'running', jobId: 'job-1' });
    const report = { status: 'done', output: inRoot('out/anything.png') } as JobCard['report'];
    await library.jobsChanged([job(id, { state: 'done', report })]);
    expect(await cardOf('a/x.jpg')).toMatchObject({ state: 'done', result: { path: inRoot('out/anything.png') } });
    await expect.poll(() => told.map(({ state }) => state)).toContain('done');
    library.jobsKept([]);
    expect(await cardOf('a/x.jpg')).toMatchObject({ state: 'done', jobId: null });
  });

  it('are known to jobs before the folder is opened', async () => {
    await files('a/x.jpg', 'out.png');
    const register = new PhotoRegister();
    const report = { status: 'done', output: inRoot('out.png') } as JobCard['report'];
    library.end();
    library = new Library({ ...silent, register, settings: () => settings });
    await library.jobsChanged([job(register.idOf(inRoot('a/x.jpg')), { state: 'done', report })]);
    await open('a');
    await expect.poll(() => cardOf('a/x.jpg')).toMatchObject({ state: 'done', jobId: 'job-1', result: { path: inRoot('out.png') } });
    expect(await register.readable(register.idOf(inRoot('out.png')))).toBe(inRoot('out.png'));
  });

  it('go with the latest job: an earlier one has no say while a later one is at work', async () => {
    await files('a/x.jpg');
    await open('a');
    const { id = -1 } = (await cardOf('a/x.jpg')) ?? {};
    await library.jobsChanged([
      job(id, { id: 'first', state: 'failed' }),
      job(id, { id: 'second' }),
      job(id, { id: 'first', state: 'failed' }),
    ]);
    expect(await cardOf('a/x.jpg')).toMatchObject({ state: 'waiting', jobId: 'second' });
  });
});

const silent = {
  areMarked: async (paths: readonly string[]) => paths.map(() => true),
  onChanged: () => undefined,
  onPhotos: () => undefined,
  onRoots: () => undefined,
  onArrived: () => undefined,
};

describe('watching', () => {
  it('shows new photos, also in new folders, and takes off those that are gone', async () => {
    await files('a/x.jpg', 'a/b/y.jpg');
    await open('a');
    await files('a/new.jpg', 'a/c/d/deep.jpg', 'a/.hidden/h.jpg', 'a/notes.txt');
    await expect.poll(() => listed()).toEqual(['a/c/d/deep.jpg', 'a/new.jpg', 'a/x.jpg', 'a/b/y.jpg']);
    await rm(inRoot('a/x.jpg'));
    await rename(inRoot('a/b'), inRoot('a/moved'));
    await expect.poll(() => listed()).toEqual(['a/c/d/deep.jpg', 'a/new.jpg', 'a/moved/y.jpg']);
    await rm(inRoot('a/c'), { recursive: true });
    await expect.poll(() => listed()).toEqual(['a/new.jpg', 'a/moved/y.jpg']);
    await files('a/moved/z.jpg');
    await expect.poll(() => listed()).toEqual(['a/new.jpg', 'a/moved/y.jpg', 'a/moved/z.jpg']);
    await expect.poll(() => arrived.sort()).toEqual(['a/c/d/deep.jpg', 'a/moved/y.jpg', 'a/moved/z.jpg', 'a/new.jpg']);
  });

  it('gives a changed photo another version', async () => {
    await files('a/x.jpg');
    await open('a');
    const before = await cardOf('a/x.jpg');
    await appendFile(inRoot('a/x.jpg'), ' edited');
    await expect.poll(async () => (await cardOf('a/x.jpg'))?.version).not.toBe(before?.version);
    expect(await cardOf('a/x.jpg')).toMatchObject({ id: before?.id, fileBytes: 12 });
    await expect.poll(() => told.at(-1)?.fileBytes).toBe(12);
  });

  it('waits for a file that is still being written', async () => {
    library.end();
    library = newLibrary(250);
    await files('a/x.jpg');
    await open('a');
    await writeFile(inRoot('a/slow.jpg'), '');
    for (let part = 0; part < 10; part += 1) {
      await appendFile(inRoot('a/slow.jpg'), 'part');
      await new Promise((resolve) => setTimeout(resolve, 20));
      expect(await listed()).toEqual(['a/x.jpg']);
    }
    await expect.poll(() => listed()).toEqual(['a/slow.jpg', 'a/x.jpg']);
    expect(await cardOf('a/slow.jpg')).toMatchObject({ fileBytes: 40 });
  });

  it('takes no result for a new photo', async () => {
    await files('a/x.jpg', 'big.jpg');
    await open('a', 'big.jpg');
    await files('a/x_4x.jpg', 'big_2x.jpg');
    await expect.poll(() => cardOf('a/x.jpg')).toMatchObject({ state: 'done', result: { path: inRoot('a/x_4x.jpg') } });
    await expect.poll(() => cardOf('big.jpg')).toMatchObject({ state: 'done', result: { path: inRoot('big_2x.jpg') } });
    expect(await listed()).toEqual(['big.jpg', 'a/x.jpg']);
    expect(arrived).toEqual([]);
    await rm(inRoot('a/x_4x.jpg'));
    await expect.poll(() => cardOf('a/x.jpg')).toMatchObject({ state: 'new', result: null });
  });

  it('notices that an opened folder goes, and that it returns', async () => {
    await files('a/x.jpg', 'a/b/y.jpg');
    await open('a');
    await cp(inRoot('a'), inRoot('copy'), { recursive: true });
    await rm(inRoot('a'), { recursive: true });
    await expect.poll(() => library.state.roots).toMatchObject([{ photos: 0, problem: 'The folder is not there.' }]);
    await rename(inRoot('copy'), inRoot('a'));
    await expect.poll(() => listed()).toEqual(['a/x.jpg', 'a/b/y.jpg']);
    expect(library.state.roots).toMatchObject([{ photos: 2, problem: null }]);
    await files('a/b/z.jpg');
    await expect.poll(() => listed()).toEqual(['a/x.jpg', 'a/b/y.jpg', 'a/b/z.jpg']);
  });

  it('begins and ends as the settings say, and catches up', async () => {
    settings = { ...settings, watchFolders: false };
    library.applySettings();
    await files('a/x.jpg');
    await open('a');
    await files('a/y.jpg');
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(await listed()).toEqual(['a/x.jpg']);
    settings = { ...settings, watchFolders: true };
    library.applySettings();
    await expect.poll(() => listed()).toEqual(['a/x.jpg', 'a/y.jpg']);
    await files('a/z.jpg');
    await expect.poll(() => listed()).toEqual(['a/x.jpg', 'a/y.jpg', 'a/z.jpg']);
    await expect.poll(() => arrived).toEqual(['a/z.jpg']);
  });

  it('does not look into the folder for results', async () => {
    settings = { ...settings, options: { ...settings.options, output: inRoot('a/out') } };
    await files('a/x.jpg', 'a/out/old.jpg');
    await open('a');
    await files('a/out/new.jpg', 'a/y.jpg');
    await expect.poll(() => listed()).toEqual(['a/x.jpg', 'a/y.jpg']);
  });
});
