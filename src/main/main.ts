import { app, dialog } from 'electron';
import * as z from 'zod';
import { problemOf } from '../shared/problem.ts';
import { Arrivals, ownWords, readArrival } from './arrivals.ts';
import { declareScheme } from './page-scheme.ts';
import { openShell } from './shell.ts';

/** What a second start tells the first one by itself: Chromium reorders the arguments that it passes on. */
const startSchema = z.object({ words: z.array(z.string()).max(10_000), cwd: z.string() });
type Start = z.infer<typeof startSchema>;

const arrivals = new Arrivals();
const arrive = ({ words, cwd }: Start): void => {
  arrivals.add(readArrival(words, cwd));
};

async function run(): Promise<void> {
  app.on('open-file', (event, path) => {
    event.preventDefault();
    arrivals.add({ paths: [path], enhance: false });
  });
  await app.whenReady();
  const shell = await openShell(import.meta.dirname);
  app.on('second-instance', (_, __, ___, told) => {
    shell.showWindow();
    const read = startSchema.safeParse(told);
    if (read.success) arrive(read.data);
  });
  arrivals.begin(shell.openFromOutside);
  const photo = app.commandLine.getSwitchValue('smoke-test');
  if (photo !== '') await shell.smokeTest(photo);
}

declareScheme();
const start: Start = { words: ownWords(process.argv, app.isPackaged), cwd: process.cwd() };
if (app.requestSingleInstanceLock(start)) {
  arrive(start);
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
