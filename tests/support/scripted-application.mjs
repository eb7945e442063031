/**
 * An application without an engine, for looking at the interface and for tests of the interface alone: it serves out/renderer, speaks
 * the contract over a WebSocket, draws its photos itself (or shows those of a folder) and "enhances" them by waiting.
 *
 *     node tests/support/scripted-application.mjs [--photos 12] [--folder <folder of photos>] [--port 4173] [--scene library|queue|…]
 */
import { createServer } from 'node:http';
import { readFile, readdir } from 'node:fs/promises';
import { extname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { createBirpc } from 'birpc';
import sharp from 'sharp';
import { WebSocketServer } from 'ws';
import { defaultOptions, defaultSettings, models } from './scripted-tables.mjs';

const interfaceFolder = fileURLToPath(new URL('../../out/renderer/', import.meta.url));
const types = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml' };
const policy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; font-src 'self'; connect-src 'self'; base-uri 'none'";
const jobStates = ['waiting', 'running', 'done', 'skipped', 'failed', 'cancelled'];

/**
 * @param {{ photos?: number, folder?: string | null, settings?: object, secondsPerPhoto?: number, port?: number }} options
 */
export async function startScriptedApplication({
  photos: count = 12,
  folder = null,
  settings: given = {},
  secondsPerPhoto = 4,
  port = 0,
} = {}) {
  const files = folder === null ? [] : (await readdir(folder)).filter((name) => /\.(jpe?g|png|webp)$/i.test(name)).sort();
  const total = folder === null ? count : Math.max(count, files.length);
  const settings = { ...structuredClone(defaultSettings), ...given };
  const root = '/home/someone/Pictures/Island';
  let opened = total > 0;
  let revision = 1;
  const cards = new Map();
  for (let id = 0; id < total; id += 1) cards.set(id, photoCard(id));
  const jobs = new Map();
  let order = [];
  let activity = 'idle';
  let timer;
  const clients = new Set();
  const tell = (event, ...parameters) => {
    for (const client of clients) void client[event].asEvent(...parameters);
  };

  function photoCard(id) {
    const name =
      files.length > 0
        ? files[id % files.length].replace(/(?=\.\w+$)/, id < files.length ? '' : `-${String(id)}`)
        : `DSC_${String(1000 + id)}.jpg`;
    const [width, height] = [
      [1600, 1067],
      [1067, 1600],
      [2400, 1350],
      [1200, 1200],
    ][id % 4];
    const path = `${root}/${name}`;
    return {
      id,
      path,
      name,
      folder: root,
      format: 'jpeg',
      fileBytes: 800_000 + id * 1000,
      modified: Date.UTC(2026, 5, 1) + id * 60_000,
      width,
      height,
      version: '1',
      state: 'new',
      jobId: null,
      result: null,
    };
  }
  const library = () => ({
    revision,
    photos: opened ? cards.size : 0,
    roots: opened ? [{ path: root, kind: 'folder', photos: cards.size, scanning: false, problem: null }] : [],
  });
  const queue = () => {
    const counts = Object.fromEntries(jobStates.map((state) => [state, 0]));
    for (const job of jobs.values()) counts[job.state] += 1;
    const current = [...jobs.values()].find(({ state }) => state === 'running') ?? null;
    const finished = jobs.size - counts.waiting - counts.running;
    const fraction = jobs.size === 0 ? 0 : (finished + (current?.progress?.fraction ?? 0)) / jobs.size;
    return {
      revision,
      activity,
      currentJobId: current?.id ?? null,
      counts,
      fraction,
      secondsLeft: (1 - fraction) * jobs.size * secondsPerPhoto,
      pixelsPerSecond: 6.2e6,
    };
  };
  const planOf = (card, options) => {
    const scale = options.target.kind === 'scale' ? options.target.scale : 4;
    const [width, height] = [card.width * scale, card.height * scale];
    return {
      photo: { path: card.path, fileBytes: card.fileBytes, format: card.format, width: card.width, height: card.height },
      width,
      height,
      passes: [{ model: 'onestep-photo-x4', scale, width, height }],
      rule: '',
      format: 'jpeg',
      output: card.path.replace(
        /([^/]+)\.\w+$/,
        (_, name) => `${options.name.replace('{name}', name).replace('{scale}', String(scale))}.jpg`,
      ),
      skip: null,
      estimatedSeconds: (width * height) / 6.2e6,
      estimatedBytes: width * height * 0.25,
    };
  };
  function changeJob(job, patch) {
    Object.assign(job, patch);
    const card = { ...cards.get(job.photoId), state: job.state === 'cancelled' ? 'new' : job.state, jobId: job.id };
    if (job.state === 'done')
      card.result = { id: job.photoId, path: job.plan.output, version: '1', width: job.plan.width, height: job.plan.height };
    cards.set(job.photoId, card);
    tell('jobsChanged', [job]);
    tell('photosChanged', [card]);
    tell('queueChanged', queue());
  }
  function step() {
    clearTimeout(timer);
    let job = [...jobs.values()].find(({ state }) => state === 'running');
    if (job === undefined) {
      const next = activity === 'running' ? order.map((id) => jobs.get(id)).find(({ state }) => state === 'waiting') : undefined;
      if (next === undefined) {
        if (activity !== 'interrupted') activity = activity === 'pausing' || activity === 'paused' ? 'paused' : 'idle';
        tell('queueChanged', queue());
        return;
      }
      job = next;
      changeJob(job, { state: 'running', progress: null });
    }
    const rows = 12;
    const done = (job.progress?.tiles.length ?? 0) + 1;
    const fails = job.photoId % 7 === 5;
    if (done > rows || (fails && done > 4)) {
      if (fails)
        changeJob(job, {
          state: 'failed',
          progress: null,
          problem: {
            code: 'damaged-image',
            message: 'The photo ends in the middle.',
            detail: 'VipsJpeg: premature end of JPEG image',
            advice: 'The file is damaged or incomplete. Copy it again from where it came from.',
          },
        });
      else
        changeJob(job, {
          state: 'done',
          progress: null,
          resultId: job.photoId,
          resultVersion: '1',
          report: {
            width: job.plan.width,
            height: job.plan.height,
            fileBytes: job.plan.estimatedBytes,
            seconds: { total: secondsPerPhoto },
            lost: [],
            notices: [],
            kept: [],
            converted: [],
          },
        });
    } else {
      const tiles = Array.from({ length: done }, (_, row) => ({ left: 0, top: row / rows, width: 1, height: 1 / rows }));
      job.progress = {
        fraction: done / rows,
        stage: 'enhance',
        provider: 'cpu',
        pixelsPerSecond: 6.2e6,
        secondsLeft: (1 - done / rows) * secondsPerPhoto,
        tiles,
        pass: 0,
        passes: 1,
      };
      tell('jobProgress', job.id, job.progress);
      tell('queueChanged', queue());
    }
    timer = setTimeout(step, (secondsPerPhoto * 1000) / rows);
  }
  const begin = () => {
    if (activity !== 'paused') activity = 'running';
    revision += 1;
    step();
  };

  const calls = {
    start: () => ({
      door: 'browser',
      platform: 'linux',
      version: '0.1.0',
      systemLanguage: 'en-GB',
      settings,
      library: library(),
      queue: queue(),
    }),
    choose: () => null,
    listFolder: (path) => ({
      path: path ?? '/home/someone/Pictures',
      parent: '/home/someone',
      folders: ['Island', 'Weddings', '2019'].map((name) => ({ name, path: `/home/someone/Pictures/${name}` })),
      photos: ['a.jpg', 'b.jpg'].map((name) => ({ name, path: `/home/someone/Pictures/${name}` })),
      places: [
        { name: 'Home', path: '/home/someone' },
        { name: 'Pictures', path: '/home/someone/Pictures' },
      ],
    }),
    open: () => {
      opened = true;
      revision += 1;
      tell('libraryChanged', library());
      return [];
    },
    closeRoots: () => {
      opened = false;
      revision += 1;
      tell('libraryChanged', library());
    },
    hidePhotos: (ids) => {
      for (const id of ids) cards.delete(id);
      revision += 1;
      tell('libraryChanged', library());
    },
    locate: () => [root],
    libraryView: (query) => ({
      revision,
      ids: opened
        ? [...cards.values()]
            .filter(({ name, state }) => name.includes(query.search) && (query.states.length === 0 || query.states.includes(state)))
            .map(({ id }) => id)
            .sort((a, b) => (query.descending ? b - a : a - b))
        : [],
    }),
    photos: (ids) => ids.flatMap((id) => cards.get(id) ?? []),
    facts: (id) => planOf(cards.get(id), defaultOptions).photo,
    plan: (id, options) => planOf(cards.get(id), options),
    enqueue: (ids, options) => {
      const added = ids.map((id) => {
        const job = {
          id: `job-${String(id)}-${String(jobs.size)}`,
          source: cards.get(id).path,
          photoId: id,
          state: 'waiting',
          options: { ...settings.options, ...options },
          plan: planOf(cards.get(id), settings.options),
          progress: null,
          problem: null,
          reason: null,
          report: null,
          resultId: null,
          resultVersion: null,
        };
        jobs.set(job.id, job);
        order.push(job.id);
        return job;
      });
      for (const job of added) changeJob(job, {});
      begin();
      return added.map(({ id }) => id);
    },
    jobIds: () => order,
    jobs: (ids) => ids.flatMap((id) => jobs.get(id) ?? []),
    pause: () => {
      activity = jobs.size > 0 ? 'pausing' : 'paused';
      tell('queueChanged', queue());
    },
    resume: () => {
      activity = 'running';
      begin();
    },
    cancelJobs: (ids) => {
      for (const id of ids) changeJob(jobs.get(id), { state: 'cancelled', progress: null });
      step();
    },
    retryJobs: (ids) => {
      for (const id of ids) changeJob(jobs.get(id), { state: 'waiting', problem: null });
      begin();
    },
    moveJobs: (ids, before) => {
      order = order.filter((id) => !ids.includes(id));
      order.splice(before === null ? order.length : order.indexOf(before), 0, ...ids);
      revision += 1;
      tell('queueChanged', queue());
    },
    clearJobs: (ids) => {
      for (const job of [...jobs.values()])
        if ((ids ?? order).includes(job.id) && !['waiting', 'running'].includes(job.state)) {
          jobs.delete(job.id);
          order = order.filter((id) => id !== job.id);
        }
      revision += 1;
      tell('queueChanged', queue());
    },
    batchReport: () => '[]',
    changeSettings: (patch) => {
      Object.assign(settings, patch);
      tell('settingsChanged', settings);
    },
    models: () => models,
    devices: async () => {
      await new Promise((resolve) => setTimeout(resolve, 800));
      return [
        {
          provider: 'cpu',
          label: 'Processor',
          device: 'Two cores',
          available: true,
          note: 'Self-test passed.',
          model: models[0].id,
          precision: 'int8',
          parityDb: null,
          secondsPerMegapixel: 0.16,
        },
      ];
    },
    about: () => ({
      version: '0.1.0',
      versions: { node: process.versions.node },
      folders: { settings: '/home/someone/.config/onestep' },
      notices: 'MIT\n'.repeat(80),
    }),
    showInFolder: () => undefined,
    openPage: () => undefined,
    pyramid: () => {
      throw new Error('there are no pyramids here');
    },
    preview: () => {
      throw new Error('there are no previews here');
    },
    cancelPreviews: () => undefined,
  };

  const thumbnails = new Map();
  async function thumbnail(id, edge) {
    const key = `${String(files.length > 0 ? id % files.length : id % 24)}/${String(edge)}`;
    let bytes = thumbnails.get(key);
    if (bytes === undefined) {
      bytes = (files.length > 0 ? sharp(join(folder, files[id % files.length])) : sharp(Buffer.from(drawing(id), 'utf8')))
        .resize(edge, edge, { fit: 'inside' })
        .webp()
        .toBuffer();
      thumbnails.set(key, bytes);
    }
    return bytes;
  }

  const server = createServer((request, response) => void answer(request, response));
  async function answer(request, response) {
    const [path] = request.url.split('?');
    const photo = /^\/photo\/(\d+)\/(?:thumbnail\/(\d+)|picture)$/.exec(path);
    const headers = { 'content-security-policy': policy, 'cache-control': photo === null ? 'no-cache' : 'max-age=31536000, immutable' };
    try {
      const file = path === '/' ? 'index.html' : path.slice(1);
      const type = photo === null ? (types[extname(file)] ?? 'application/octet-stream') : 'image/webp';
      const body =
        photo === null ? await readFile(join(interfaceFolder, file)) : await thumbnail(Number(photo[1]), Number(photo[2] ?? 1024));
      response.writeHead(200, { ...headers, 'content-type': type }).end(body);
    } catch {
      response.writeHead(404, headers).end();
    }
  }
  const sockets = new WebSocketServer({ server, path: '/contract' });
  sockets.on('connection', (socket) => {
    const client = createBirpc(calls, {
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
    address: `http://127.0.0.1:${String(server.address().port)}/`,
    /** Drops every connection and takes no new one until it is started again. */
    async close() {
      clearTimeout(timer);
      for (const socket of sockets.clients) socket.terminate();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
    /** As after a crash in the middle of a run. */
    interrupt() {
      clearTimeout(timer);
      activity = 'interrupted';
      tell('queueChanged', queue());
    },
  };
}

/** A landscape of its own for each number. */
function drawing(id) {
  const hue = (id * 47) % 360;
  const [width, height] = [
    [1600, 1067],
    [1067, 1600],
    [2400, 1350],
    [1200, 1200],
  ][id % 4];
  const hills = [0.55, 0.68, 0.82].map(
    (level, index) =>
      `<path fill="hsl(${String(hue + 20 * index)} 35% ${String(42 - index * 12)}%)" d="M0 ${String(height * level)} Q ${String(width * (0.2 + 0.13 * ((id + index) % 5)))} ${String(height * (level - 0.22))} ${String(width)} ${String(height * (level + 0.05))} V ${String(height)} H 0 Z"/>`,
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${String(width)}" height="${String(height)}"><defs><linearGradient id="s" x2="0" y2="1"><stop stop-color="hsl(${String(hue + 180)} 45% 60%)"/><stop offset="1" stop-color="hsl(${String(hue)} 70% 85%)"/></linearGradient></defs><rect width="100%" height="100%" fill="url(#s)"/><circle cx="${String(width * 0.7)}" cy="${String(height * 0.3)}" r="${String(height * 0.07)}" fill="#fff8e0"/>${hills.join('')}</svg>`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const argument = (name, byDefault) => (process.argv.includes(name) ? process.argv[process.argv.indexOf(name) + 1] : byDefault);
  const { address } = await startScriptedApplication({
    photos: Number(argument('--photos', '12')),
    folder: argument('--folder', null),
    port: Number(argument('--port', '4173')),
    settings: { welcomed: true },
  });
  console.log(address);
}
