import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { _electron, chromium, type ElectronApplication, type Page } from 'playwright-core';
import { electronBinary } from '../../scripts/electron-binary.mjs';
import { chromiumWords, findChromium, isRoot } from './chromium.ts';
import { standinFolder } from './electron-standin/build.ts';
import type { NeedName } from './needs.ts';
import { keepScreenshot } from './page-actions.ts';
import { builtProgram } from './programs.ts';

export const root = join(import.meta.dirname, '../..');

/** The application, open in one of its doors, with a page to drive and folders of its own. */
export interface OpenDoor {
  readonly page: Page;
  /** Of this run alone; everything in it is removed with it. */
  readonly folder: string;
  /** The application's process. */
  readonly processId: number;
  /** Electron's main process, where there is one. */
  readonly electron: ElectronApplication | null;
  /** What the page and its door complained about. */
  readonly complaints: string[];
  /** As a person would: also at the end of the test, if it was not closed before. */
  readonly close: () => Promise<void>;
}

interface DoorOptions {
  /** Instead of a fresh one: as an earlier run left it. */
  readonly folder?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** What follows the program's name. */
  readonly words?: string[];
}

export interface DoorKind {
  readonly name: string;
  /** What the machine must have for it. */
  readonly needs: readonly NeedName[];
  /** Opens it for the test that is running. */
  readonly open: (options?: DoorOptions) => Promise<OpenDoor>;
}

async function freshFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'onestep-e2e-'));
  // A browser that was killed may still write for a moment.
  onTestFinished(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));
  return folder;
}

/** Everything of its own lies in the folder, and the models are the shipped ones. */
export const surroundings = (folder: string, env: NodeJS.ProcessEnv = {}): Record<string, string> =>
  Object.fromEntries(
    Object.entries({
      ...process.env,
      ONESTEP_CACHE: join(folder, 'cache'),
      ONESTEP_STATE: join(folder, 'state'),
      ONESTEP_SETTINGS: join(folder, 'settings'),
      ONESTEP_DROPPED: join(folder, 'dropped'),
      // A person's own folders: nothing of the machine's real ones is searched, found or written to.
      HOME: folder,
      ONESTEP_NODE: process.execPath,
      XDG_CONFIG_HOME: join(folder, 'settings'),
      XDG_DATA_HOME: join(folder, 'share'),
      ...env,
    }).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );

const viewport = { width: 1280, height: 800 };

/** Writes down what the page complains about. */
function listen(page: Page, complaints: string[]): void {
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(`page: ${message.text()}`);
  });
  page.on('pageerror', (error) => complaints.push(`page: ${error.message}`));
}

async function openInBrowser({ folder: given, env = {}, words = [] }: DoorOptions = {}): Promise<OpenDoor> {
  const folder = given ?? (await freshFolder());
  const complaints: string[] = [];
  const child = spawn(process.execPath, [builtProgram('web.js'), '--no-open', ...words], {
    env: surroundings(folder, env),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => complaints.push(`door: ${text}`));
  const ended = new Promise<void>((resolve) => child.once('close', resolve));
  const address = await new Promise<string>((resolve, reject) => {
    let said = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      const [found] = /http:\S+/.exec(said) ?? [];
      if (found !== undefined) resolve(found);
    });
    void ended.then(() => reject(new Error(`The browser door did not open: ${complaints.join('')}`)));
  });
  const browser = await chromium.launch({ executablePath: findChromium() ?? '', args: [...chromiumWords] });
  const page = await browser.newPage({ viewport });
  listen(page, complaints);
  await page.goto(address);
  const close = closing(page, async () => {
    await browser.close();
    child.kill('SIGTERM');
    await ended;
  });
  await ready(page);
  return { page, folder, processId: child.pid ?? 0, electron: null, complaints, close };
}

const onStandin = electronBinary({}) === null || process.env.ONESTEP_ELECTRON === 'stand-in';
/** What Playwright starts, unless it is the installed Electron. */
if (onStandin) process.env.ELECTRON_OVERRIDE_DIST_PATH = standinFolder;

async function openInElectron({ folder: given, env = {}, words = [] }: DoorOptions = {}): Promise<OpenDoor> {
  const folder = given ?? (await freshFolder());
  const complaints: string[] = [];
  const electron = await _electron.launch({
    args: [`--user-data-dir=${join(folder, 'electron')}`, root, ...words],
    chromiumSandbox: !isRoot,
    cwd: root,
    env: surroundings(folder, { STANDIN_CHROMIUM: findChromium() ?? '', ...env }),
  });
  const page = await electron.firstWindow();
  listen(page, complaints);
  const close = closing(page, () => electron.close());
  await ready(page);
  return { page, folder, processId: electron.process().pid ?? 0, electron, complaints, close };
}

/** The interface shows itself when it has been told the state of the application. */
const ready = (page: Page): Promise<void> => page.getByRole('main').first().waitFor();

/** Closes once, at the latest when the test is over; where it has failed, how the page looked is kept. */
function closing(page: Page, end: () => Promise<void>): () => Promise<void> {
  let ended: Promise<void> | null = null;
  const close = (): Promise<void> => {
    ended ??= end();
    return ended;
  };
  onTestFinished(async ({ task }) => {
    if (task.result?.state === 'fail' && !page.isClosed()) await keepScreenshot(page, `failed ${task.name}`);
    await close();
  });
  return close;
}

export const desktopDoor: DoorKind = onStandin
  ? { name: 'the stand-in for Electron', needs: ['linux', 'chromium'], open: openInElectron }
  : { name: 'Electron', needs: [], open: openInElectron };

/** The doors that every specification is run through, unchanged: Electron itself where it is installed, else its stand-in. */
export const doors: readonly DoorKind[] = [{ name: 'the browser door', needs: ['chromium'], open: openInBrowser }, desktopDoor];
