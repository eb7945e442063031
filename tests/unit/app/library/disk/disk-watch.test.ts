import type { watch } from 'node:fs';
import { appendFile, cp, rename, rm, writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sentence } from '../../../../../src/shared/sentence.ts';
import { LibraryStage } from '../../../../support/library-stage.ts';

let stage: LibraryStage;

afterEach(async () => {
  await stage.close();
});

describe.each([
  ['each folder', false],
  ['whole trees', true],
])('watching %s', (_, wholeTrees) => {
  beforeEach(async () => {
    stage = await LibraryStage.open({ watch: { settleMilliseconds: 40, rootMilliseconds: 50, wholeTrees } });
  });

  it('shows new photos, also in new folders, and takes off those that are gone', async () => {
    await stage.files('a/x.jpg', 'a/b/y.jpg');
    await stage.opened('a');
    await stage.files('a/new.jpg', 'a/c/d/deep.jpg', 'a/.hidden/h.jpg', 'a/notes.txt');
    await expect.poll(() => stage.listed()).toEqual(['a/c/d/deep.jpg', 'a/new.jpg', 'a/x.jpg', 'a/b/y.jpg']);
    await rm(stage.at('a/x.jpg'));
    await rename(stage.at('a/b'), stage.at('a/moved'));
    await expect.poll(() => stage.listed()).toEqual(['a/c/d/deep.jpg', 'a/new.jpg', 'a/moved/y.jpg']);
    await rm(stage.at('a/c'), { recursive: true });
    await expect.poll(() => stage.listed()).toEqual(['a/new.jpg', 'a/moved/y.jpg']);
    await stage.files('a/moved/z.jpg');
    await expect.poll(() => stage.listed()).toEqual(['a/new.jpg', 'a/moved/y.jpg', 'a/moved/z.jpg']);
    await expect.poll(() => stage.arrived.sort()).toEqual(['a/c/d/deep.jpg', 'a/moved/y.jpg', 'a/moved/z.jpg', 'a/new.jpg']);
  });

  it('gives a changed photo another version', async () => {
    await stage.files('a/x.jpg');
    await stage.opened('a');
    const before = stage.card('a/x.jpg');
    await appendFile(stage.at('a/x.jpg'), ' edited');
    await expect.poll(async () => stage.card('a/x.jpg')?.version).not.toBe(before?.version);
    expect(stage.card('a/x.jpg')).toMatchObject({ id: before?.id, fileBytes: 12 });
    await expect.poll(() => stage.told.at(-1)?.fileBytes).toBe(12);
  });

  it('waits for a file that is still being written', async () => {
    await stage.close();
    stage = await LibraryStage.open({ watch: { settleMilliseconds: 250, rootMilliseconds: 50, wholeTrees } });
    await stage.files('a/x.jpg');
    await stage.opened('a');
    await writeFile(stage.at('a/slow.jpg'), '');
    for (let part = 0; part < 10; part += 1) {
      await appendFile(stage.at('a/slow.jpg'), 'part');
      await new Promise((resolve) => setTimeout(resolve, 20));
      expect(await stage.listed()).toEqual(['a/x.jpg']);
    }
    await expect.poll(() => stage.listed()).toEqual(['a/slow.jpg', 'a/x.jpg']);
    expect(stage.card('a/slow.jpg')).toMatchObject({ fileBytes: 40 });
  });

  it('takes no result for a new photo', async () => {
    await stage.files('a/x.jpg', 'big.jpg');
    await stage.opened('a', 'big.jpg');
    await stage.files('a/x_4x.jpg', 'big_2x.jpg');
    await expect.poll(() => stage.card('a/x.jpg')).toMatchObject({ state: 'done', result: { path: stage.at('a/x_4x.jpg') } });
    await expect.poll(() => stage.card('big.jpg')).toMatchObject({ state: 'done', result: { path: stage.at('big_2x.jpg') } });
    expect(await stage.listed()).toEqual(['big.jpg', 'a/x.jpg']);
    expect(stage.arrived).toEqual([]);
    await rm(stage.at('a/x_4x.jpg'));
    await expect.poll(() => stage.card('a/x.jpg')).toMatchObject({ state: 'new', result: null });
  });

  it('notices that an opened folder goes, and that it returns', async () => {
    await stage.files('a/x.jpg', 'a/b/y.jpg');
    await stage.opened('a');
    await cp(stage.at('a'), stage.at('copy'), { recursive: true });
    await rm(stage.at('a'), { recursive: true });
    await expect.poll(() => stage.library.state.roots).toMatchObject([{ photos: 0, problem: sentence('disk.folder.missing') }]);
    await rename(stage.at('copy'), stage.at('a'));
    await expect.poll(() => stage.listed()).toEqual(['a/x.jpg', 'a/b/y.jpg']);
    expect(stage.library.state.roots).toMatchObject([{ photos: 2, problem: null }]);
    await stage.files('a/b/z.jpg');
    await expect.poll(() => stage.listed()).toEqual(['a/x.jpg', 'a/b/y.jpg', 'a/b/z.jpg']);
  });

  it('begins and ends as the settings say, and catches up', async () => {
    stage.settings = { ...stage.settings, watchFolders: false };
    stage.library.applySettings();
    await stage.files('a/x.jpg');
    await stage.opened('a');
    // One that watches sees the photo; so would this one.
    const watching = stage.beside();
    await watching.opened('a');
    await stage.files('a/y.jpg');
    await expect.poll(() => watching.listed()).toEqual(['a/x.jpg', 'a/y.jpg']);
    watching.library.end();
    expect(await stage.listed()).toEqual(['a/x.jpg']);
    stage.settings = { ...stage.settings, watchFolders: true };
    stage.library.applySettings();
    await expect.poll(() => stage.listed()).toEqual(['a/x.jpg', 'a/y.jpg']);
    await stage.files('a/z.jpg');
    await expect.poll(() => stage.listed()).toEqual(['a/x.jpg', 'a/y.jpg', 'a/z.jpg']);
    await expect.poll(() => stage.arrived).toEqual(['a/z.jpg']);
  });

  it('notices new photos in a folder that lies in the folder for results', async () => {
    stage.settings = { ...stage.settings, options: { ...stage.settings.options, output: stage.folder } };
    await stage.files('a/x.jpg');
    await stage.opened('a');
    await stage.files('a/y.jpg');
    await expect.poll(() => stage.listed()).toEqual(['a/x.jpg', 'a/y.jpg']);
  });

  it('does not look into the folder for results', async () => {
    stage.settings = { ...stage.settings, options: { ...stage.settings.options, output: stage.at('a/out') } };
    await stage.files('a/x.jpg', 'a/out/old.jpg');
    await stage.opened('a');
    await stage.files('a/out/new.jpg', 'a/y.jpg');
    await expect.poll(() => stage.listed()).toEqual(['a/x.jpg', 'a/y.jpg']);
  });
});

it('says of a folder with more sub-folders than the system watches that new photos go unnoticed, and shows it all the same', async () => {
  const watchFolder = (() => {
    throw Object.assign(new Error('System limit for number of file watchers reached'), { code: 'ENOSPC' });
  }) as unknown as typeof watch;
  stage = await LibraryStage.open({ watch: { settleMilliseconds: 40, rootMilliseconds: 50, wholeTrees: false, watchFolder } });
  await stage.files('a/x.jpg', 'a/b/y.jpg');
  await stage.opened('a');
  expect(await stage.listed()).toEqual(['a/x.jpg', 'a/b/y.jpg']);
  expect(stage.library.state.roots).toMatchObject([{ problem: { code: 'watch.tooManyFolders' } }]);
});
