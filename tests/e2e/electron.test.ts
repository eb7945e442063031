import { execFile } from 'node:child_process';
import { mkdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it, vi } from 'vitest';
import { electronBinary } from '../../scripts/electron-binary.mjs';
import { chromiumWords } from '../support/chromium.ts';
import { clickMenu, desktopCalls, openDesktop, post } from '../support/desktop-door.ts';
import { desktopDoor, root } from '../support/doors.ts';
import { writePicture } from '../support/programs.ts';
import { needs } from '../support/needs.ts';

describe(desktopDoor.name, needs(...desktopDoor.needs), () => {
  it('shows the page a pipe and nothing else of Electron or Node', async () => {
    const { page } = await openDesktop();
    const seen = await page.evaluate(() => {
      const all = globalThis as unknown as Record<string, unknown>;
      return { bridge: Object.keys(all.onestep as object), node: ['require', 'process', 'module', 'Buffer'].filter((name) => name in all) };
    });
    expect(seen).toEqual({ bridge: ['channel', 'pathForFile'], node: [] });
    const change = page.evaluate(() => {
      'use strict';
      (window as unknown as { onestep: { channel: unknown } }).onestep.channel = null;
    });
    await expect(change).rejects.toThrow(/read only|Cannot assign/);
  });

  it('goes nowhere, opens no window, fetches nothing from elsewhere and grants nothing', async () => {
    const { page, electron } = await openDesktop();
    await electron.evaluate(({ BrowserWindow }) => {
      const refused = new Promise<void>((resolve) => {
        BrowserWindow.getAllWindows()[0]?.webContents.once('will-navigate', () => resolve());
      });
      Object.assign(globalThis, { refused });
    });
    const tried = await page.evaluate(async () => {
      const opened = window.open('https://example.org/');
      const answer = await fetch('https://example.org/').then(
        () => 'fetched',
        () => 'refused',
      );
      const place = await navigator.permissions.query({ name: 'geolocation' });
      location.href = 'https://example.org/';
      return { opened, answer, place: place.state };
    });
    await electron.evaluate(() => (globalThis as unknown as { refused: Promise<void> }).refused);
    expect(tried).toMatchObject({ opened: null, answer: 'refused' });
    expect(tried.place).not.toBe('granted');
    await page.getByRole('main').waitFor();
    expect(
      await electron.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows().map(({ webContents }) => webContents.getURL())),
    ).toEqual(['app://onestep/']);
  });

  it('answers under its own scheme with the policy, and to nobody else’s host', async () => {
    const { page } = await openDesktop();
    const answers = await page.evaluate(async () => {
      const status = async (path: string): Promise<number> => (await fetch(path)).status;
      const { headers } = await fetch('/');
      const paths = ['/photo/99/thumbnail/256', '/photo/x', '/..%2f..%2fpackage.json', '/assets/..%2f..%2fmain.js'];
      return { policy: headers.get('content-security-policy'), statuses: await Promise.all(paths.map(status)) };
    });
    expect(answers.policy).toMatch(/^default-src 'none'; script-src 'self';/);
    expect(answers.statuses).toEqual([404, 404, 404, 404]);
  });

  it('opens what its dialog names, from the menu too', async () => {
    const { page, electron, folder } = await openDesktop();
    const photo = await writePicture(join(folder, 'chosen ü.png'));
    await electron.evaluate(({ dialog }, path) => {
      dialog.showOpenDialog = async () => ({ canceled: false, filePaths: [path] });
    }, photo);
    await clickMenu(electron, 'openPhotos');
    await page.getByRole('option', { name: 'chosen ü.png' }).waitFor();
    await clickMenu(electron, 'settings');
    await page.getByRole('heading', { name: 'Settings' }).waitFor();
  });

  it('hands what a second start names to the first, which comes to the front', async () => {
    const { page, electron, folder } = await openDesktop();
    const photos = await Promise.all(['one.png', 'two.png'].map((name) => writePicture(join(folder, name))));
    await electron.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.minimize());
    const words = [...chromiumWords, `--user-data-dir=${join(folder, 'electron')}`, root];
    const second = (path: string) => promisify(execFile)(electronBinary() ?? '', [...words, path], { timeout: 30_000 });
    await Promise.all(photos.map(second));
    await page.getByRole('option', { name: 'one.png' }).waitFor();
    await page.getByRole('option', { name: 'two.png' }).waitFor();
    expect(await electron.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows().map((window) => window.isMinimized()))).toEqual([
      false,
    ]);
  });

  it('remembers its settings and where its window was', async () => {
    const { electron, page, folder, close } = await openDesktop();
    await electron.evaluate(({ BrowserWindow }) => {
      BrowserWindow.getAllWindows()[0]?.setBounds({ x: 40, y: 50, width: 1000, height: 700 });
    });
    await post(page, { t: 'q', m: 'settings.change', a: [{ theme: 'light', language: 'de' }] });
    await page.locator('html[lang=de]').waitFor();
    await close();
    const again = await openDesktop({ folder });
    await again.page.locator('html[lang=de][data-theme=light]').waitFor();
    const seen = await again.electron.evaluate(({ BrowserWindow, Menu, nativeTheme }) => ({
      bounds: BrowserWindow.getAllWindows()[0]?.getBounds(),
      menu: Menu.getApplicationMenu()?.items[0]?.label,
      theme: nativeTheme.themeSource,
    }));
    expect(seen).toEqual({ bounds: { x: 40, y: 50, width: 1000, height: 700 }, menu: 'Datei', theme: 'light' });
  });

  it('opens help from its own files from the menu, and shows it in the page', async () => {
    const { page, electron } = await openDesktop();
    await electron.evaluate(({ shell }) => {
      const opened: string[] = [];
      Object.assign(globalThis, { opened });
      shell.openPath = async (path) => {
        opened.push(path);
        return '';
      };
    });
    await clickMenu(electron, 'guide');
    const opened = (): Promise<string[]> => electron.evaluate(() => (globalThis as unknown as { opened: string[] }).opened);
    await vi.waitUntil(async () => (await opened()).length === 1, { timeout: 5000 });
    expect((await opened()).map((path) => basename(path))).toEqual(['index.html']);
    const pages = await Promise.all((await opened()).map((path) => readFile(path, 'utf8')));
    expect(pages.filter((text) => /(src|href)="https?:\/\/(?!www\.nuget\.org)/.test(text))).toEqual([]);
    await clickMenu(electron, 'about');
    await page.getByRole('button', { name: 'Privacy' }).click();
    await page.getByRole('radio', { name: 'Privacy', checked: true }).waitFor();
    await page.getByText('a test looks for open connections').waitFor();
  });

  it('refuses what is no call, and goes on', async () => {
    const { page } = await openDesktop();
    for (const message of [null, 'x', [], { t: 's' }, { t: 'q', m: 'library.open', a: { length: 1 } }]) await post(page, message);
    await page.reload();
    await page.getByRole('main').first().waitFor();
  });

  it.each(['node', 'utility'] as const)('enhances with the engine in a %s process, and shows it on the desktop', async (engineProcess) => {
    const started = await openDesktop();
    const folder = join(started.folder, 'photos');
    await mkdir(folder);
    const photo = await writePicture(join(folder, 'small.png'), 60, 45);
    await post(started.page, { t: 'q', m: 'settings.change', a: [{ engineProcess }] });
    await started.close();
    // The stand-in's utility processes carry the system's GLib, as Electron's do: sharp's complaints about that are not the point here.
    const { electron, page } = await openDesktop({ folder: started.folder, env: { STANDIN_GLIB: '0' }, words: ['--enhance', photo] });
    await electron.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.blur());
    await page.getByRole('heading', { name: 'Finished' }).waitFor({ timeout: 60_000 });
    expect((await readFile(join(folder, 'small_4x.png'))).length).toBeGreaterThan(0);
    const calls = await desktopCalls(electron);
    if (calls.length === 0) return;
    const names = calls.map(({ name }) => name);
    expect(names.includes('utilityProcess.fork')).toBe(engineProcess === 'utility');
    expect(names).toContain('powerSaveBlocker.start');
    expect(names).toContain('powerSaveBlocker.stop');
    const fractions = calls.filter(({ name }) => name === 'BrowserWindow.setProgressBar').map(({ words }) => words[0] as number);
    expect(Math.max(...fractions)).toBeGreaterThan(0);
    expect(fractions.at(-1)).toBe(-1);
    await vi.waitUntil(async () => (await desktopCalls(electron)).some(({ name }) => name === 'Notification.show'), { timeout: 5000 });
  });
});
