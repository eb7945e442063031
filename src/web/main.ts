import { readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { createApplication } from '../app/application.ts';
import { usableFolders, userFolders } from '../app/folders.ts';
import { picturesFolder } from '../app/library/disk/places.ts';
import { nodeLauncher } from '../app/node-launcher.ts';
import { Problem } from '../shared/problem.ts';
import { english } from '../shared/sentence.ts';
import { readArguments, usage } from './arguments.ts';
import { browserDoor, hasDesktop, openOnDesktop } from './desktop.ts';
import { openBrowserServer } from './server.ts';
import { settingsFile } from './settings-store.ts';

/** `npm run start:browser`: the application behind a page on 127.0.0.1. Ends with Ctrl-C. */
const words = readArguments(process.argv.slice(2));
if (words === null) {
  process.stderr.write(usage);
  process.exit(2);
}

const programs = import.meta.dirname;
const packageFolder = dirname(programs);
const { version } = JSON.parse(readFileSync(join(packageFolder, 'package.json'), 'utf8')) as { version: string };

const { folders, told } = usableFolders(userFolders());
for (const what of told) process.stderr.write(`${english.tell(what)}\n`);
const application = await createApplication({
  door: browserDoor,
  store: settingsFile(folders.settings),
  folders,
  launcherFor: () => nodeLauncher(join(programs, 'engine-host.js')),
  loadFleet: async () => (await import('../fleet/fleet.ts')).fleetProgram,
  packageFolder,
  version,
  systemLanguage: Intl.DateTimeFormat().resolvedOptions().locale,
  platform: process.platform,
}).catch((error: unknown) => {
  if (!(error instanceof Problem)) throw error;
  process.stderr.write(`${error.message} ${error.advice}\n`);
  process.exit(1);
});

// Imported or not, what an earlier run took is not needed any more.
const droppedModelsFolder = join(folders.cache, 'dropped-models');
await rm(droppedModelsFolder, { recursive: true, force: true }).catch(() => undefined);

const server = await openBrowserServer({
  application,
  interfaceFolder: join(programs, 'renderer'),
  droppedModelsFolder,
  droppedFolder: process.env.ONESTEP_DROPPED ?? join(await picturesFolder(process.platform), 'Onestep'),
  port: words.port,
}).catch(async (error: unknown) => {
  await application.close();
  if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
  process.stderr.write(`Port ${words.port} is in use. Choose another, or none.\n`);
  process.exit(1);
});

/** What cleans up behind a library sends the signal once more: together they are one request. */
const oneRequestMilliseconds = 500;
let asked = 0;
const end = (): void => {
  if (asked > 0) {
    // Whoever asks again does not want to wait for the current tile.
    if (performance.now() - asked > oneRequestMilliseconds) process.exit(130);
    return;
  }
  asked = performance.now();
  void Promise.all([server.close(), application.close()]).finally(() => process.exit(0));
};
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, end);

process.stdout.write(`Onestep is open at ${server.address} (Ctrl-C ends it)\n`);
if (words.open && hasDesktop()) await openOnDesktop(server.address);
const paths = words.paths.map((path) => resolve(path));
if (paths.length > 0) await (words.enhance ? application.enhanceFromOutside(paths, {}) : application.openFromOutside(paths));
