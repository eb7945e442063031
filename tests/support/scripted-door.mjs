/**
 * An application without an engine, for looking at the interface and for tests of the interface alone: it serves out/renderer, speaks
 * the contract over a WebSocket, draws its photos itself (or shows those of a folder) and "enhances" them by waiting.
 *
 *     node tests/support/scripted-door.mjs [--photos 12] [--folder <folder of photos>] [--port 4173] [--seconds <per photo>]
 *                                          [--language de] [--theme light] [--first-time] [--fleet] [--closed] [--interrupted]
 */
import { createServer } from 'node:http';
import { readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { createBirpc } from 'birpc';
import { WebSocketServer } from 'ws';
import { ScriptedPictures } from './scripted-door-pictures.mjs';
import { planOf, ScriptedQueue } from './scripted-door-queue.mjs';
import { fleetWay, ScriptedFleet } from './scripted-door-fleet.mjs';
import { ScriptedMeasurements } from './scripted-door-measured.mjs';
import { ScriptedModels } from './scripted-door-models.mjs';
import { defaultSettings, folderListing } from './scripted-door-tables.mjs';

const interfaceFolder = fileURLToPath(new URL('../../out/renderer/', import.meta.url));
const types = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.webp': 'image/webp',
};
const policy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; font-src 'self'; connect-src 'self'; base-uri 'none'";
const root = '/home/someone/Pictures/Island';

/** @param {{ photos?: number, folder?: string | null, settings?: object, secondsPerPhoto?: number, port?: number, closed?: boolean }} options */
export async function openScriptedDoor({ photos = 12, folder = null, settings = {}, secondsPerPhoto = 4, port = 0, closed = false } = {}) {
  const pictures = await ScriptedPictures.open(folder);
  const cards = new Map(Array.from({ length: photos }, (_, id) => [id, photoCard(id, pictures)]));
  const clients = new Set();
  const tell = (event, ...parameters) => {
    for (const client of clients) void client[event].asEvent(...parameters);
  };
  const queue = new ScriptedQueue({ cards, pictures, secondsPerPhoto, tell });
  const calls = answers({ cards, pictures, queue, tell, closed, settings: { ...structuredClone(defaultSettings), ...settings } });
  const named = Object.fromEntries(
    Object.entries(calls).flatMap(([noun, group]) => Object.entries(group).map(([name, answer]) => [`${noun}.${name}`, answer])),
  );
  const server = createServer((request, response) => void answer(request, response, pictures));
  const sockets = new WebSocketServer({ server, path: '/contract' });
  sockets.on('connection', (socket) => {
    const client = createBirpc(named, {
      post: (message) => socket.send(message),
      on: (receive) => socket.on('message', (bytes) => receive(bytes.toString())),
      serialize: (message) => JSON.stringify(message.e === undefined ? message : { ...message, e: { bug: String(message.e) } }),
      deserialize: (text) => JSON.parse(text),
    });
    clients.add(client);
    socket.on('close', () => clients.delete(client));
  });
  await new Promise((resolve) => server.listen(port, '127.0.0.1', resolve));
  return {
    address: `http://127.0.0.1:${server.address().port}/`,
    /** As after a crash in the middle of a run. */
    interrupt: () => queue.interrupt(),
    async close() {
      queue.close();
      for (const socket of sockets.clients) socket.terminate();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function photoCard(id, pictures) {
  const name = pictures.nameOf(id);
  const [width, height] = pictures.sizeOf(id);
  const modified = Date.UTC(2026, 5, 1) + id * 60_000;
  const fixed = { folder: root, format: 'jpeg', version: '1', state: 'new', jobId: null, result: null };
  return { id, path: `${root}/${name}`, name, fileBytes: 800_000 + id * 1000, modified, width, height, ...fixed };
}

/** The contract's calls. What is not worth playing does nothing. */
function answers({ cards, pictures, queue, tell, settings, closed }) {
  let revision = 1;
  let opened = cards.size > 0 && !closed;
  /** The numbers of photos that were opened by themselves. */
  const single = new Set();
  /** The numbers of photos that were taken off the list. */
  const hidden = new Set();
  const library = () => {
    const roots = opened
      ? [{ path: root, kind: 'folder', photos: cards.size, scanning: false, problem: null, leftOut: { count: 0, first: [] } }]
      : [];
    for (const id of single) roots.push({ ...roots[0], path: cards.get(id).path, kind: 'file', photos: 1 });
    return { revision, photos: opened ? cards.size : 0, roots };
  };
  const libraryChanged = () => {
    revision += 1;
    tell('libraryChanged', library());
  };
  const fits = (query, { id, name, state }) =>
    name.includes(query.search) && (query.states.length === 0 || query.states.includes(state)) && (!query.single || single.has(id));
  return {
    app: {
      start: () => ({
        ...{ door: 'browser', platform: 'linux', version: '0.1.0', updates: false, desktop: false, systemLanguage: 'en-GB' },
        ...{ settings, library: library(), queue: queue.state },
      }),
      help: (page) => readFile(join(interfaceFolder, '..', 'help', `${page}.html`), 'utf8'),
      about: () => ({
        version: '0.1.0',
        versions: process.versions,
        folders: { settings: '/home/someone/.config' },
        notices: 'MIT\n'.repeat(80),
      }),
    },
    desktop: {
      choose: () => null,
      listFolder: folderListing,
      makeFolder: (folder, name) => `${folder}/${name}`,
      showInFolder: () => undefined,
      openPage: () => undefined,
      actions: () => ({ state: 'impossible', places: [] }),
    },
    library: {
      open: (paths) => {
        opened = true;
        const ids = paths.flatMap((path) => [...cards.values()].filter(({ name }) => path.endsWith(`/${name}`)).map(({ id }) => id));
        for (const id of ids) single.add(id);
        libraryChanged();
        return ids;
      },
      close: () => {
        opened = false;
        libraryChanged();
      },
      hide: (ids) => {
        for (const id of ids) hidden.add(id);
        libraryChanged();
      },
      unhide: (ids) => {
        for (const id of ids) hidden.delete(id);
        libraryChanged();
      },
      locate: () => [root],
      view: (query) => {
        const found = opened ? [...cards.values()].filter((card) => !hidden.has(card.id) && fits(query, card)).map(({ id }) => id) : [];
        return { revision, ids: query.descending ? found.reverse() : found };
      },
    },
    photos: {
      cards: (ids) => ids.flatMap((id) => cards.get(id) ?? []),
      results: (id) => queue.resultsOf(id),
      facts: (id) => planOf(cards.get(id), settings.options).photo,
      plan: (id, options) => planOf(cards.get(id), options),
      total: (ids, options) => {
        const plans = ids.map((id) => planOf(cards.get(id), options));
        const sum = (of) => plans.reduce((all, plan) => all + of(plan), 0);
        const sums = { pixels: sum(({ width, height }) => width * height), bytes: sum(({ estimatedBytes }) => estimatedBytes) };
        return {
          photos: ids.length,
          skipped: 0,
          unreadable: 0,
          ...sums,
          seconds: sum((plan) => plan.estimatedSeconds),
          free: 2e11,
          exact: true,
        };
      },
      pyramid: (id) => pictures.pyramid(id),
      preview: async (id, region, options) => {
        await new Promise((resolve) => setTimeout(resolve, 200));
        const model = options.model === 'auto' ? 'onestep-photo-x4' : options.model;
        const scale = model.endsWith('x2') ? 2 : 4;
        const photo = pictures.add(id, scale, region);
        return { photo, version: '1', model, seconds: 0.2, width: region.width * scale, height: region.height * scale };
      },
      cancelPreviews: () => undefined,
    },
    queue: {
      enqueue: (ids, options) => queue.enqueue(ids, { ...settings.options, ...options }),
      ids: queue.ids,
      cards: queue.cards,
      jobOf: queue.jobOf,
      pause: (now) => queue.pause(now),
      resume: () => queue.resume(),
      cancel: (ids) => queue.cancel(ids),
      retry: (ids) => queue.retry(ids),
      move: (ids, before) => queue.move(ids, before),
      clear: (ids) => queue.clear(ids),
      report: () => '[]',
    },
    fleet: new ScriptedFleet(tell, settings).calls,
    settings: {
      change: (patch) => {
        Object.assign(settings, patch);
        tell('settingsChanged', settings);
      },
    },
    ...new ScriptedMeasurements(tell, cards).calls,
    ...new ScriptedModels(tell).calls,
  };
}

async function answer(request, response, pictures) {
  const [path] = request.url.split('?');
  const photo = /^\/photo\/(\d+)\/(?:thumbnail\/(\d+)|picture|tile\/(\d+)\/(\d+)\/(\d+))$/.exec(path);
  const headers = { 'content-security-policy': policy, 'cache-control': photo === null ? 'no-cache' : 'max-age=31536000, immutable' };
  const file = path === '/' ? 'index.html' : path.slice(1);
  const type = photo === null ? (types[extname(file)] ?? 'application/octet-stream') : photo[3] === undefined ? 'image/webp' : 'image/png';
  try {
    const body = photo === null ? await readFile(join(interfaceFolder, file)) : await pixels(pictures, ...photo.slice(1).map(Number));
    response.writeHead(200, { ...headers, 'content-type': type }).end(body);
  } catch {
    response.writeHead(404, headers).end();
  }
}

/** Numbers that an address does not have are not numbers. */
const pixels = (pictures, id, edge, level, column, row) =>
  Number.isNaN(level) ? pictures.thumbnail(id, Number.isNaN(edge) ? 1024 : edge) : pictures.tile(id, level, column, row);

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const given = (name, byDefault) => (process.argv.includes(name) ? process.argv[process.argv.indexOf(name) + 1] : byDefault);
  const { address, interrupt } = await openScriptedDoor({
    photos: Number(given('--photos', '12')),
    folder: given('--folder', null),
    port: Number(given('--port', '0')),
    secondsPerPhoto: Number(given('--seconds', '4')),
    closed: process.argv.includes('--closed'),
    settings: {
      welcomed: !process.argv.includes('--first-time'),
      language: given('--language', 'system'),
      theme: given('--theme', 'dark'),
      fleet: process.argv.includes('--fleet') ? fleetWay : null,
    },
  });
  if (process.argv.includes('--interrupted')) interrupt();
  console.log(address);
}
