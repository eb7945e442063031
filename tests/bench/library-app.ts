import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createApplication } from '../../src/app/application.ts';
import { libraryQuerySchema, type LibraryQuery } from '../../src/shared/library.ts';

/* The application's process of the library benchmark: opens a folder as a door does and tells its parent what that cost. */

export interface LibraryCosts {
  readonly photos: number;
  readonly firstSeconds: number;
  readonly allSeconds: number;
  readonly sortMilliseconds: number;
  readonly searchMilliseconds: number;
  readonly residentBytes: number;
  /** Milliseconds that the longest turn of the event loop computed; NaN where the system does not say. */
  readonly longestTurn: number;
}

const [folder = ''] = process.argv.slice(2);
const query = libraryQuerySchema.parse({});
const inFolder = (name: string): string => join(folder, name);

const app = await createApplication({
  door: {
    ...{ name: 'browser', desktop: false, updates: false, startable: null },
    choose: () => Promise.resolve(null),
    showInFolder: () => Promise.resolve(),
    openPage: () => Promise.resolve(),
    queueChanged: () => undefined,
  },
  store: { read: () => ({}), write: () => undefined },
  folders: {
    ...{ cache: inFolder('cache'), models: inFolder('models'), temporary: inFolder('temporary') },
    ...{ state: inFolder('state'), settings: inFolder('settings') },
  },
  loadFleet: () => Promise.reject(new Error('nobody asks for a fleet here')),
  launcherFor: () => () => {
    throw new Error('no engine is needed');
  },
  packageFolder: folder,
  version: '0',
  systemLanguage: 'en',
  platform: process.platform,
});

const began = performance.now();
const seconds = (): number => (performance.now() - began) / 1000;

/** Milliseconds that the main thread has computed: on a busy machine the clock says more about its neighbours. */
const computed = (): number => Number(readFileSync(`/proc/self/task/${process.pid}/schedstat`, 'latin1').split(' ')[0]) / 1e6;
let longestTurn = process.platform === 'linux' ? 0 : Number.NaN;
let before = Number.isNaN(longestTurn) ? 0 : computed();
const clock = setInterval(() => {
  if (Number.isNaN(longestTurn)) return;
  const now = computed();
  longestTurn = Math.max(longestTurn, now - before);
  before = now;
}, 1);

let firstSeconds = Number.NaN;
let viewing: Promise<void> | null = null;
const complete = new Promise<number>((resolve) => {
  app.listen({
    // As the interface does: the view again after every change, but not while one is on its way.
    libraryChanged: (state) => {
      viewing ??= app.calls.library.view(query).then(({ ids }) => {
        viewing = null;
        if (ids.length > 0 && Number.isNaN(firstSeconds)) firstSeconds = seconds();
      });
      if (state.photos > 0 && state.roots.every(({ scanning }) => !scanning)) resolve(state.photos);
    },
  });
});

async function viewMilliseconds(more: Partial<LibraryQuery>): Promise<number> {
  const from = performance.now();
  await app.calls.library.view({ ...query, ...more });
  return performance.now() - from;
}

await app.calls.library.open([join(folder, 'photos')]);
const photos = await complete;
const allSeconds = seconds();
await (viewing as Promise<void> | null);
const sortMilliseconds = await viewMilliseconds({ sort: 'size', descending: true });
const searchMilliseconds = await viewMilliseconds({ search: 'img_4' });
clearInterval(clock);
const residentBytes = process.memoryUsage().rss;
const costs: LibraryCosts = { photos, firstSeconds, allSeconds, sortMilliseconds, searchMilliseconds, residentBytes, longestTurn };
process.send?.(costs);
await app.close();
process.disconnect();
