import { appendFile, chmod, rm, symlink, utimes } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { LibraryQuery } from '../../../../src/shared/library.ts';
import { sentence } from '../../../../src/shared/sentence.ts';
import { jobCard, LibraryStage } from '../../../support/library-stage.ts';
import { needs } from '../../../support/needs.ts';

let stage: LibraryStage;

beforeEach(async () => {
  stage = await LibraryStage.open();
});

afterEach(async () => {
  await stage.close();
});

describe('opening', () => {
  it('lists what lies in a folder and below it the way people count, and nothing of the system’s', async () => {
    await stage.files('a/IMG_10.jpg', 'a/img_2.JPG', 'a/b/Über.heic', 'a/b/ubel.tif', 'a/.hidden.jpg', 'a/@eaDir/x.jpg', 'a/notes.txt');
    await stage.opened('a');
    expect(await stage.listed()).toEqual(['a/img_2.JPG', 'a/IMG_10.jpg', 'a/b/ubel.tif', 'a/b/Über.heic']);
    expect(stage.library.state).toMatchObject({
      photos: 4,
      roots: [{ path: stage.at('a'), kind: 'folder', photos: 4, scanning: false, problem: null, leftOut: { count: 0, first: [] } }],
    });
  });

  it('answers the photos that were named, and opens no root for what an opened folder contains', async () => {
    await stage.files('a/x.jpg', 'b.jpg', 'odd');
    expect(await stage.opened('b.jpg', 'a', 'a/x.jpg', 'odd')).toEqual(['b.jpg', 'a/x.jpg', 'odd']);
    expect(stage.remembered).toEqual(['b.jpg', 'a', 'odd']);
  });

  it('follows links but no loops, and finds what is in the folder under its own path', async () => {
    await stage.files('a/real/x.jpg', 'elsewhere/y.jpg');
    await symlink(stage.at('a/real'), stage.at('a/alias'));
    await symlink(stage.at('a'), stage.at('a/real/loop'));
    await symlink(stage.at('elsewhere'), stage.at('a/away'));
    await stage.opened('a');
    expect(await stage.listed()).toEqual(['a/real/x.jpg', 'a/away/y.jpg']);
  });

  it('names what in a folder it cannot look at, and why', needs('linux'), async () => {
    await stage.files('a/x.jpg', 'a/sub/y.jpg');
    await symlink('gone.jpg', stage.at('a/sub/link.jpg'));
    await symlink('loop.jpg', stage.at('loop.jpg'));
    await stage.opened('a', 'loop.jpg');
    expect(stage.library.state.roots).toMatchObject([
      {
        photos: 2,
        problem: null,
        leftOut: {
          count: 1,
          first: [{ path: stage.at('a/sub/link.jpg'), message: sentence('photo.linkToNowhere', { target: 'gone.jpg' }) }],
        },
      },
      { kind: 'file', problem: sentence('disk.file.endless') },
    ]);
  });

  it('says of what is missing that it is, keeps it, and shows it when it comes back', async () => {
    await stage.opened('gone', 'gone.jpg');
    expect(stage.library.state.roots).toMatchObject([
      { path: stage.at('gone'), kind: 'folder', problem: sentence('disk.folder.missing') },
      { path: stage.at('gone.jpg'), kind: 'file', problem: sentence('disk.file.missing') },
    ]);
    expect(stage.remembered).toEqual(['gone', 'gone.jpg']);
    await stage.files('gone/x.jpg', 'gone.jpg');
    await expect.poll(() => stage.listed()).toEqual(['gone.jpg', 'gone/x.jpg']);
    expect(stage.library.state.roots.map(({ problem }) => problem)).toEqual([null, null]);
  });

  it('says of a folder that may not be read that the system forbids it', needs('notRoot'), async () => {
    await stage.files('a/x.jpg');
    await chmod(stage.at('a'), 0);
    await stage.opened('a');
    expect(stage.library.state.roots).toMatchObject([{ problem: sentence('disk.folder.forbidden') }]);
    await chmod(stage.at('a'), 0o700);
  });

  it('closes a folder without losing what another one contains', async () => {
    await stage.files('a/x.jpg', 'a/b/y.jpg');
    await stage.opened('a', 'a/b');
    await stage.library.close([stage.at('a')]);
    expect(await stage.listed()).toEqual(['a/b/y.jpg']);
    expect(stage.remembered).toEqual(['a/b']);
    await stage.library.close([stage.at('a/b')]);
    expect(stage.library.state).toMatchObject({ photos: 0, roots: [] });
  });

  it('hides photos until their folder is opened again; a file that was opened by itself is closed', async () => {
    await stage.files('a/x.jpg', 'a/y.jpg', 'z.jpg');
    await stage.opened('z.jpg', 'a');
    await stage.library.hide([stage.idOf('a/x.jpg'), stage.idOf('z.jpg')]);
    expect(await stage.listed()).toEqual(['a/y.jpg']);
    expect(stage.remembered).toEqual(['a']);
    await stage.opened('a');
    expect(await stage.listed()).toEqual(['a/x.jpg', 'a/y.jpg']);
  });

  it('takes back what was hidden, and keeps it hidden at the next start', async () => {
    await stage.files('a/x.jpg', 'a/y.jpg', 'z.jpg');
    await stage.opened('z.jpg', 'a');
    const ids = [stage.idOf('a/x.jpg'), stage.idOf('z.jpg')];
    await stage.library.hide(ids);
    await stage.library.unhide(ids);
    await stage.library.searched();
    expect(await stage.listed()).toEqual(['a/x.jpg', 'a/y.jpg', 'z.jpg']);
    await stage.library.hide([stage.idOf('a/x.jpg')]);
    expect(stage.settings.hidden).toEqual([stage.at('a/x.jpg')]);

    const next = stage.beside(stage.settings);
    await next.library.reopen([stage.at('a')]);
    await next.library.searched();
    expect(await next.listed()).toEqual(['a/y.jpg']);
    await next.opened('a');
    expect(await next.listed()).toEqual(['a/x.jpg', 'a/y.jpg']);
    expect(next.settings.hidden).toEqual([]);
    next.library.end();
  });

  it('finds photos of a folder below an opened one', async () => {
    await stage.files('a/x.jpg', 'a/day 2/y.jpg', 'a/day 2/evening/z.jpg', 'a/day 20/other.jpg');
    await stage.opened('a');
    expect(await stage.listed({ folder: stage.at('a/day 2') })).toEqual(['a/day 2/y.jpg', 'a/day 2/evening/z.jpg']);
  });

  it('finds photos that were opened by themselves', async () => {
    await stage.files('a/x.jpg', 'z.jpg');
    await stage.opened('z.jpg', 'a');
    expect(await stage.listed({ single: true })).toEqual(['z.jpg']);
  });

  it('tells of changes together, with the last state last', async () => {
    await stage.files(...Array.from({ length: 300 }, (_, index) => `a/${index % 20}/${index}.jpg`));
    await stage.opened('a');
    await expect.poll(() => stage.states.at(-1)).toMatchObject({ photos: 300, roots: [{ scanning: false }] });
    expect(stage.states.map(({ revision }) => revision)).toEqual(stage.states.map((_, index) => index + 1));
    expect(stage.states.length).toBeLessThan(10);
    expect(stage.states.at(-1)).toMatchObject({ photos: 300, roots: [{ photos: 300, scanning: false }] });
  });
});

describe('queries', () => {
  beforeEach(async () => {
    await stage.files('trips/Rome 2.jpg', 'trips/rome 10.png', 'trips/deep/Paris.jpg', 'home/cat.tif');
    await appendFile(stage.at('home/cat.tif'), 'a large one');
    await utimes(stage.at('trips/Rome 2.jpg'), 1, 1);
    await stage.opened('trips', 'home');
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
    expect(await stage.listed({ ...query, folder: query.folder === undefined ? null : stage.at(query.folder ?? '') })).toEqual(expected);
  });

  it('by size in pixels, once these are known', async () => {
    const large = stage.card('home/cat.tif');
    const small = stage.card('trips/Rome 2.jpg');
    stage.library.sizeLearnt(large?.id ?? -1, 4000, 3000);
    stage.library.sizeLearnt(small?.id ?? -1, 1000, 1000);
    expect(await stage.listed({ minMegapixels: 2 })).toEqual(['home/cat.tif']);
    expect(await stage.listed({ maxMegapixels: 2 })).toEqual(['trips/Rome 2.jpg']);
    expect((await stage.listed({ sort: 'pixels', descending: true })).slice(0, 2)).toEqual(['home/cat.tif', 'trips/Rome 2.jpg']);
    expect(stage.card('home/cat.tif')).toMatchObject({ width: 4000, height: 3000 });
  });
});

it('looks sizes up when a query needs them, each once', async () => {
  const measured: string[] = [];
  await stage.close();
  stage = await LibraryStage.open({
    measure: async (id) => {
      const path = stage.register.pathOf(id) ?? '';
      measured.push(path);
      if (path.includes('broken')) throw new Error('no photo');
      stage.library.sizeLearnt(id, path.length, 1000);
    },
  });
  await stage.files('a/longer.jpg', 'a/x.jpg', 'a/broken.jpg');
  await stage.opened('a');
  expect(await stage.listed({ sort: 'name' })).toEqual(['a/broken.jpg', 'a/longer.jpg', 'a/x.jpg']);
  expect(measured).toEqual([]);
  await expect.poll(() => stage.listed({ sort: 'pixels', minMegapixels: 0 })).toEqual(['a/x.jpg', 'a/longer.jpg']);
  await stage.listed({ sort: 'pixels' });
  expect(measured.sort()).toEqual(['a/broken.jpg', 'a/longer.jpg', 'a/x.jpg'].map((path) => stage.at(path)));
});

describe('results', () => {
  it('belong to their originals, whichever is found first', async () => {
    await stage.files('a/x.jpg', 'a/x_4x.jpg', 'a/y_4x.jpg', 'a/z.heic', 'a/z.jpg', 'a/z.heic_4x.jpg');
    await new Promise((resolve) => setTimeout(resolve, 20));
    // A result bears the time of its photo; the newest is the one that came last.
    await stage.files('a/x_2x-2.png');
    await utimes(stage.at('a/x_2x-2.png'), 1, 1);
    await stage.opened('a');
    expect(await stage.listed()).toEqual(['a/x.jpg', 'a/y_4x.jpg', 'a/z.heic', 'a/z.jpg']);
    expect(stage.card('a/x.jpg')).toMatchObject({ state: 'done', result: { path: stage.at('a/x_2x-2.png') } });
    const paths = stage.library.results(stage.idOf('a/x.jpg')).map(({ path }) => path);
    expect(paths).toEqual([stage.at('a/x_2x-2.png'), stage.at('a/x_4x.jpg')]);
    expect(stage.card('a/z.heic')).toMatchObject({ state: 'done', result: { path: stage.at('a/z.heic_4x.jpg') } });
    expect(stage.card('a/z.jpg')).toMatchObject({ state: 'new', result: null });
    expect(await stage.listed({ states: ['done'] })).toEqual(['a/x.jpg', 'a/z.heic']);
  });

  it('are found in the sub-folder that the name template makes', async () => {
    stage.settings = { ...stage.settings, options: { ...stage.settings.options, name: 'large/{name}' } };
    await stage.files('a/x.jpg', 'a/large/x.png', 'a/large/other.jpg');
    await stage.opened('a');
    expect(await stage.listed()).toEqual(['a/large/other.jpg', 'a/x.jpg']);
    expect(stage.card('a/x.jpg')).toMatchObject({ result: { path: stage.at('a/large/x.png') } });
  });

  it('are found in the folder for results, where the tree of the originals is mirrored', async () => {
    stage.settings = { ...stage.settings, options: { ...stage.settings.options, output: stage.at('out') } };
    await stage.files('a/x.jpg', 'a/b/y.jpg', 'z.jpg', 'out/x_4x.jpg', 'out/b/y_4x.png', 'out/z_2x.jpg', 'out/other_4x.jpg');
    await stage.opened('a', 'z.jpg');
    expect(await stage.listed()).toEqual(['a/x.jpg', 'a/b/y.jpg', 'z.jpg']);
    for (const [photo, result] of Object.entries({ 'a/x.jpg': 'out/x_4x.jpg', 'a/b/y.jpg': 'out/b/y_4x.png', 'z.jpg': 'out/z_2x.jpg' })) {
      expect(stage.card(photo)).toMatchObject({ state: 'done', result: { path: stage.at(result) } });
      expect(await stage.register.readable(stage.idOf(result))).toBe(stage.at(result));
    }
    await expect(stage.register.readable(stage.idOf('out/other_4x.jpg'))).rejects.toMatchObject({ code: 'not-opened' });
  });

  it('are found beside a photo that was opened by itself', async () => {
    await stage.files('x.jpg', 'x_4x.jpg', 'stranger.jpg');
    await stage.opened('x.jpg');
    expect(await stage.listed()).toEqual(['x.jpg']);
    expect(stage.card('x.jpg')).toMatchObject({ result: { path: stage.at('x_4x.jpg') } });
  });

  it('are photos of their own when they carry no mark', async () => {
    await stage.files('a/unmarked.jpg', 'a/unmarked_4x.jpg');
    await stage.opened('a');
    await expect.poll(() => stage.listed()).toEqual(['a/unmarked.jpg', 'a/unmarked_4x.jpg']);
    expect(stage.card('a/unmarked.jpg')).toMatchObject({ state: 'new', result: null });
  });

  it('stand by themselves when their original goes', async () => {
    await stage.files('a/x.jpg', 'a/x_4x.jpg', 'a/x_4x_2x.jpg');
    await stage.opened('a');
    expect(await stage.listed()).toEqual(['a/x.jpg']);
    await rm(stage.at('a/x.jpg'));
    await expect.poll(() => stage.listed()).toEqual(['a/x_4x.jpg']);
    expect(stage.card('a/x_4x.jpg')).toMatchObject({ result: { path: stage.at('a/x_4x_2x.jpg') } });
    await stage.files('a/x.jpg');
    await expect.poll(() => stage.listed()).toEqual(['a/x.jpg']);
  });

  it('come with the jobs that made them, wherever they lie', async () => {
    await stage.files('a/x.jpg', 'a/y.jpg', 'out/anything.png');
    await stage.opened('a');
    const id = stage.idOf('a/x.jpg');
    await stage.library.jobsChanged([jobCard(id, { state: 'running' })]);
    expect(stage.card('a/x.jpg')).toMatchObject({ state: 'running', jobId: 'job-1' });
    await stage.library.jobsChanged([jobCard(id, { state: 'done', resultId: stage.idOf('out/anything.png') })]);
    expect(stage.card('a/x.jpg')).toMatchObject({ state: 'done', result: { path: stage.at('out/anything.png') } });
    await expect.poll(() => stage.told.map(({ state }) => state)).toContain('done');
    stage.library.jobsKept([]);
    expect(stage.card('a/x.jpg')).toMatchObject({ state: 'done', jobId: null });
  });

  it('are known to jobs before the folder is opened', async () => {
    await stage.files('a/x.jpg', 'out.png');
    await stage.library.jobsChanged([jobCard(stage.idOf('a/x.jpg'), { state: 'done', resultId: stage.idOf('out.png') })]);
    await stage.opened('a');
    await expect.poll(() => stage.card('a/x.jpg')).toMatchObject({ state: 'done', jobId: 'job-1', result: { path: stage.at('out.png') } });
    expect(await stage.register.readable(stage.idOf('out.png'))).toBe(stage.at('out.png'));
  });

  it('are still found by it when a later job has left the photo alone because of them', async () => {
    await stage.files('a/x.jpg', 'a/x_4x.jpg');
    await stage.opened('a');
    await stage.library.jobsChanged([jobCard(stage.idOf('a/x.jpg'), { state: 'skipped' })]);
    expect(stage.card('a/x.jpg')).toMatchObject({ state: 'done', jobId: 'job-1' });
    expect(await stage.listed({ states: ['done'] })).toEqual(['a/x.jpg']);
  });

  it('go with the latest job: an earlier one has no say while a later one is at work', async () => {
    await stage.files('a/x.jpg');
    await stage.opened('a');
    const id = stage.idOf('a/x.jpg');
    await stage.library.jobsChanged([
      jobCard(id, { id: 'first', state: 'failed' }),
      jobCard(id, { id: 'second' }),
      jobCard(id, { id: 'first', state: 'failed' }),
    ]);
    expect(stage.card('a/x.jpg')).toMatchObject({ state: 'waiting', jobId: 'second' });
  });
});
