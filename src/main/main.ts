import { app, dialog } from 'electron';
import { join } from 'node:path';
import { userFolders } from '../app/folders.ts';
import { problemOf } from '../shared/problem.ts';
import { applicationWords, Arrivals, ownWords, readArrival, type Arrival } from './arrivals.ts';
import { applicationId, ownProgram } from './launch-command.ts';
import { declareScheme } from './page-scheme.ts';
import type { Shell } from './shell.ts';
import { handOver, isTooLong, readStart, takeOver, toldStart, type Start } from './start.ts';

const startsFolder = join(userFolders().state, 'starts');
const arrivals = new Arrivals();
let shell: Shell | null = null;
/** Somebody wants to look, and not only to have something done. */
let wanted = false;

function arrive(arrival: Arrival, startMilliseconds = 0): void {
  arrivals.add(arrival, startMilliseconds);
  if (arrival.enhance !== null) return;
  wanted = true;
  shell?.showWindow();
}

const arriveWith = (start: Start): void => {
  const { words, cwd, milliseconds } = takeOver(start, startsFolder);
  arrive(readArrival(words, cwd), milliseconds);
};

async function run(): Promise<void> {
  app.on('open-file', (event, path) => {
    event.preventDefault();
    arrive({ paths: [path], enhance: null });
  });
  // From the very start: what nobody listens for is lost.
  app.on('second-instance', (_, __, ___, told) => {
    const start = readStart(told);
    if (start === null) arrive({ paths: [], enhance: null });
    else arriveWith(start);
  });
  // A start that only tells another application what it was started for ends before it needs any of this.
  const [{ openShell }] = await Promise.all([import('./shell.ts'), app.whenReady()]);
  const opened = await openShell(import.meta.dirname);
  shell = opened;
  if (wanted) opened.showWindow();
  else opened.stayAside();
  arrivals.begin((paths, enhance) => {
    opened.takeIn(paths, enhance);
  });
  const photo = app.commandLine.getSwitchValue('smoke-test');
  if (photo !== '') await opened.smokeTest(photo);
}

/** For whoever removes the program: what it has put into this person's file managers goes as well. */
async function removeDesktopActions(): Promise<void> {
  const { platform } = process;
  const [{ DesktopActions }, { startableBy, ownLaunch }] = await Promise.all([
    import('../app/desktop-actions/desktop-actions.ts'),
    import('./electron-door.ts'),
  ]);
  await new DesktopActions({ startable: startableBy(ownLaunch()), platform, packageFolder: '', language: () => 'en' }).set(false);
}

declareScheme();
if (process.platform === 'win32') app.setAppUserModelId(applicationId);
const start: Start = { words: ownWords(process.argv, app.isPackaged), cwd: process.cwd(), milliseconds: performance.now() };
if (start.words.includes('--remove-desktop-actions')) {
  removeDesktopActions().then(
    () => app.exit(0),
    (error: unknown) => {
      console.error(error);
      app.exit(1);
    },
  );
} else if (isTooLong(process.argv, start)) {
  const args = [...handOver(start, startsFolder), ...applicationWords(process.argv, app.isPackaged)];
  app.relaunch({ execPath: ownProgram(process), args });
  app.exit(0);
} else if (app.requestSingleInstanceLock(toldStart(start))) {
  arriveWith(start);
  // Not awaited: Electron becomes ready when this module has been evaluated.
  run().catch((error: unknown) => {
    const { message, advice, detail = '' } = problemOf(error);
    console.error(error);
    dialog.showErrorBox(message, `${advice}\n\n${detail}`.trim());
    app.exit(1);
  });
} else {
  app.quit();
}
