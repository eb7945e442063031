import { execFile } from 'node:child_process';
import { copyFile, mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it, vi } from 'vitest';
import { electronBinary } from '../../scripts/electron-binary.mjs';
import { chromiumWords } from '../support/chromium.ts';
import { clickMenu, clickNotification, desktopCalls, openDesktop, post } from '../support/desktop-door.ts';
import { desktopDoor, root, surroundings } from '../support/doors.ts';
import { goTo } from '../support/page-actions.ts';
import { writePicture } from '../support/programs.ts';
import { needs } from '../support/needs.ts';

/** Another start of the program beside the one that runs, as a file manager makes it; ends when that has been told. */
async function startAgain(folder: string, words: readonly string[]): Promise<void> {
  const own = [...chromiumWords, `--user-data-dir=${join(folder, 'electron')}`, root];
  await promisify(execFile)(electronBinary() ?? '', [...own, ...words], { env: surroundings(folder), timeout: 60_000 });
}

/** What was added to the queue, line by line: as many as came at once, up to a hundred, and then the rest of them. */
async function addedPhotos(folder: string): Promise<string[][]> {
  const text = await readFile(join(folder, 'state', 'queue.ndjson'), 'utf8').catch(() => '');
  const lines = text.split('\n').filter((line) => line.includes('"added"'));
  return lines.map((line) => (JSON.parse(line) as { photos: { source: string }[] }).photos.map(({ source }) => source));
}

async function copies(folder: string, names: readonly string[]): Promise<string[]> {
  await mkdir(folder, { recursive: true });
  const first = await writePicture(join(folder, '..', 'first.png'), 24, 18);
  return Promise.all(
    names.map(async (name) => {
      await copyFile(first, join(folder, name));
      return join(folder, name);
    }),
  );
}

/** An application whose queue stands still, so that what is added can be looked at. */
async function openPaused() {
  const door = await openDesktop();
  await post(door.page, { t: 'q', m: 'queue.pause', a: [false] });
  // Whoever is in a file manager is not here.
  await door.electron.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.blur());
  return { ...door, photosFolder: join(door.folder, 'photos') };
}

/** Of a queue that stands still, as soon as it has said it. Nothing where the desktop's calls cannot be seen. */
async function expectNotices(electron: Parameters<typeof desktopCalls>[0], expected: readonly unknown[]): Promise<void> {
  if ((await desktopCalls(electron)).length === 0) return;
  await vi.waitUntil(async () => (await notices(electron)).length > 0, { timeout: 10_000 });
  expect(await notices(electron)).toEqual(expected);
}

const notices = async (electron: Parameters<typeof desktopCalls>[0]): Promise<unknown[]> =>
  (await desktopCalls(electron)).filter(({ name }) => name === 'Notification.show').flatMap(({ words }) => words);

describe(`a file manager and ${desktopDoor.name}`, needs(...desktopDoor.needs), () => {
  it('enhance aside: a minimised window, the result beside the photo, a notification that leads to the queue', async () => {
    const first = await openDesktop();
    await first.close();
    const [photo = ''] = await copies(join(first.folder, 'photos'), ['a "small" ü 🌄.png']);
    const words = ['--enhance', '--scale=2', '--', pathToFileURL(photo).href];
    const { electron, page, folder } = await openDesktop({ folder: first.folder, words });
    const windows = () =>
      electron.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows().map((window) => [window.isMinimized(), window.isFocused()]));
    expect(await windows()).toEqual([[true, false]]);
    await page.getByRole('heading', { name: 'Finished' }).waitFor({ timeout: 60_000 });
    expect((await readdir(join(folder, 'photos'))).sort()).toEqual(['a "small" ü 🌄.png', 'a _small_ ü 🌄_2x.png']);
    expect(await windows()).toEqual([[true, false]]);
    // Enhanced with ×4 by the application that runs, which stays where it is.
    await startAgain(folder, ['--enhance', '--scale=4', '--', photo]);
    await vi.waitUntil(async () => (await readdir(join(folder, 'photos'))).includes('a _small_ ü 🌄_4x.png'), { timeout: 60_000 });
    expect(await windows()).toEqual([[true, false]]);
    if ((await desktopCalls(electron)).length === 0) return;
    await vi.waitUntil(async () => (await notices(electron)).length === 2, { timeout: 5000 });
    expect(await notices(electron)).toEqual([
      { title: 'Enhancing has finished', body: '1 done.' },
      { title: 'Enhancing has finished', body: '1 done.' },
    ]);
    await goTo(page, 'Settings');
    await clickNotification(electron);
    await page.getByRole('heading', { name: 'Finished' }).waitFor();
    expect(await windows()).toEqual([[false, true]]);
  });

  it('open a selection to be chosen for: the panel counts exactly those', async () => {
    const { page, electron, folder, photosFolder } = await openPaused();
    const photos = await copies(photosFolder, ['a.png', 'b.png', 'c.png']);
    await electron.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.minimize());
    await startAgain(folder, ['--', ...photos.slice(0, 2)]);
    await page.getByRole('button', { name: 'Enhance 2 photos' }).waitFor();
    await startAgain(folder, ['--', photosFolder]);
    await page.getByRole('button', { name: 'Enhance 3 photos' }).waitFor();
    expect(await electron.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows().map((window) => window.isMinimized()))).toEqual([
      false,
    ]);
    expect(await addedPhotos(folder)).toEqual([]);
  });

  it('are joined by a switch in the settings, and parted without a window', needs('linux'), async () => {
    const { page, electron, folder } = await openDesktop();
    const entry = join(folder, 'share', 'applications', 'onestep.desktop');
    await clickMenu(electron, 'settings');
    const wanted = page.getByRole('switch', { name: 'Enhance from the file manager' });
    expect(await wanted.isChecked()).toBe(false);
    await wanted.click();
    await page.getByText(/Open With/).waitFor();
    const executable = await electron.evaluate(() => process.execPath);
    expect(await readFile(entry, 'utf8')).toContain(`TryExec=${executable}\n`);
    await startAgain(folder, ['--remove-desktop-actions']);
    await expect(readFile(entry)).rejects.toThrow('ENOENT');
    await clickMenu(electron, 'queue');
    await clickMenu(electron, 'settings');
    await vi.waitUntil(() => wanted.isEnabled());
    expect(await wanted.isChecked()).toBe(false);
    await page.getByText(/^Adds “Enhance with Onestep”/).waitFor();
  });

  it('make one batch of two starts at once', async () => {
    const { electron, folder, photosFolder } = await openPaused();
    const photos = await copies(photosFolder, ['a.png', 'b.png']);
    await Promise.all(photos.map((photo) => startAgain(folder, ['--enhance', '--', photo, photos[0] ?? ''])));
    await vi.waitUntil(async () => (await addedPhotos(folder)).length > 0, { timeout: 10_000 });
    await expectNotices(electron, [{ title: 'The queue is paused', body: '2 more waiting.' }]);
    // Whatever the two starts had left behind would come with the next one.
    const [late = ''] = await copies(photosFolder, ['late.png']);
    await startAgain(folder, ['--enhance', '--', late]);
    await vi.waitUntil(async () => (await addedPhotos(folder)).length > 1, { timeout: 10_000 });
    expect((await addedPhotos(folder)).map((line) => line.toSorted())).toEqual([photos, [late]]);
  });

  it('make one batch of a hundred and twenty starts, each with a file', { timeout: 300_000 }, async () => {
    const { electron, folder, photosFolder } = await openPaused();
    const names = Array.from({ length: 120 }, (_, index) => `photo ${String(index).padStart(3, '0')}.png`);
    const photos = await copies(photosFolder, names);
    const waiting = [...photos];
    const starter = async (): Promise<void> => {
      for (let photo = waiting.pop(); photo !== undefined; photo = waiting.pop()) await startAgain(folder, ['--enhance', '--', photo]);
    };
    await Promise.all(Array.from({ length: 10 }, starter));
    await vi.waitUntil(async () => (await addedPhotos(folder)).flat().length === 120, { timeout: 60_000 });
    const added = await addedPhotos(folder);
    expect(added.map((line) => line.length)).toEqual([100, 20]);
    expect(added.flat().sort()).toEqual(photos);
    await expectNotices(electron, [{ title: 'The queue is paused', body: '120 more waiting.' }]);
  });

  it('make one batch of one start with more files than Chromium can pass on', async () => {
    const { folder, photosFolder } = await openPaused();
    const names = Array.from({ length: 200 }, (_, index) => `${'long '.repeat(30)}${String(index).padStart(3, '0')} 🌄.png`);
    const photos = await copies(photosFolder, names);
    await startAgain(folder, ['--enhance', '--', ...photos]);
    await vi.waitUntil(async () => (await addedPhotos(folder)).flat().length === 200, { timeout: 30_000 });
    expect((await addedPhotos(folder)).flat()).toEqual(photos);
    expect(await readdir(join(folder, 'state', 'starts'))).toEqual([]);
  });

  it('say that there was nothing to enhance', async () => {
    const { electron, folder, photosFolder } = await openPaused();
    await mkdir(photosFolder);
    await startAgain(folder, ['--enhance', '--', photosFolder]);
    await expectNotices(electron, [{ title: 'No photos were found in your selection', body: photosFolder }]);
  });
});
