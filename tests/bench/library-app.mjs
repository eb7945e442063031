import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/* The application's process of the library benchmark: opens a folder as a door does and tells its parent what that cost. */

const [application = '', folder = ''] = process.argv.slice(2);
const { createApplication } = await import(pathToFileURL(application).href);
const nothing = () => null;
const query = {
  search: '',
  states: [],
  formats: [],
  folder: null,
  minMegapixels: null,
  maxMegapixels: null,
  sort: 'name',
  descending: false,
};
const otherEvents = ['photosChanged', 'queueChanged', 'jobsChanged', 'jobProgress', 'pyramidProgress', 'settingsChanged', 'navigate'];

const app = await createApplication({
  door: { name: 'browser', updates: false, choose: nothing, showInFolder: nothing, openPage: nothing, queueChanged: nothing },
  store: { read: () => ({}), write: nothing },
  folders: Object.fromEntries(['cache', 'models', 'temporary', 'state', 'settings'].map((name) => [name, join(folder, name)])),
  launcherFor: () => () => {
    throw new Error('no engine is needed');
  },
  packageFolder: folder,
  version: '0',
  systemLanguage: 'en',
  platform: process.platform,
});

const began = performance.now();
const seconds = () => (performance.now() - began) / 1000;

/** Milliseconds that the main thread has computed: on a busy machine the clock says more about its neighbours. */
const computed = () => Number(readFileSync(`/proc/self/task/${process.pid}/schedstat`, 'latin1').split(' ')[0]) / 1e6;
let longestTurn = process.platform === 'linux' ? 0 : Number.NaN;
let before = Number.isNaN(longestTurn) ? 0 : computed();
const clock = setInterval(() => {
  if (Number.isNaN(longestTurn)) return;
  const now = computed();
  longestTurn = Math.max(longestTurn, now - before);
  before = now;
}, 1);

let firstSeconds = null;
let viewing = null;
const complete = new Promise((resolve) => {
  app.listen({
    ...Object.fromEntries(otherEvents.map((name) => [name, nothing])),
    // As the interface does: the view again after every change, but not while one is on its way.
    libraryChanged: (state) => {
      viewing ??= app.calls.library.view(query).then(({ ids }) => {
        viewing = null;
        if (ids.length > 0) firstSeconds ??= seconds();
      });
      if (state.photos > 0 && state.roots.every(({ scanning }) => !scanning)) resolve(state.photos);
    },
  });
});

async function viewMilliseconds(more) {
  const from = performance.now();
  await app.calls.library.view({ ...query, ...more });
  return performance.now() - from;
}

await app.calls.library.open([join(folder, 'photos')]);
const photos = await complete;
const allSeconds = seconds();
await viewing;
const sortMilliseconds = await viewMilliseconds({ sort: 'size', descending: true });
const searchMilliseconds = await viewMilliseconds({ search: 'img_4' });
clearInterval(clock);
const residentBytes = process.memoryUsage().rss;
process.send({ photos, firstSeconds, allSeconds, sortMilliseconds, searchMilliseconds, residentBytes, longestTurn });
await app.close();
process.disconnect();
