import { createBirpc } from 'birpc';
import { existsSync } from 'node:fs';
import { appendFile, writeFile } from 'node:fs/promises';

/*
 * A stand-in for the engine process that looks at photos. What it does is in the name of the photo: `kills` ends the process,
 * `silent` never answers, `slow` answers after a while, `damaged` cannot be decoded; every other photo is answered at once.
 * Calls are written down in the file ONESTEP_TEST_CALLS, starts of the process too.
 */
const note = (words) => appendFile(process.env.ONESTEP_TEST_CALLS, `${words}\n`);
const wait = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
const nameOf = (path) => path.replace(/.*[\\/]/, '');

/** As the engine tells a Problem. */
const problem = (code) => Object.assign(new Error(code), { data: { code, message: code, advice: '' } });

async function look(call, path) {
  const name = nameOf(path);
  await note(`${call} ${name}`);
  if (name.includes('kills')) process.kill(process.pid, 'SIGKILL');
  if (name.includes('silent') || name.includes('kills')) await new Promise(() => setInterval(() => undefined, 1000));
  if (name.includes('slow')) await wait(150);
  if (name.includes('damaged')) throw problem('damaged-image');
}

const cancelled = new Set();

const remote = createBirpc(
  {
    async 'process.open'() {
      await note('start');
      return { processId: process.pid };
    },
    async 'photos.thumbnail'(path, edge) {
      await look('thumbnail', path);
      return { bytes: new Uint8Array(Buffer.from(`${nameOf(path)} ${edge}`)), width: 30, height: 20 };
    },
    async 'photos.pyramid'(jobId, path, file) {
      await look('pyramid', path);
      for (let part = 0; part < 10 && nameOf(path).includes('long'); part += 1) {
        await remote.progress.asEvent(jobId, part / 10);
        await wait(50);
        if (cancelled.has(jobId)) {
          await note(`cancelled ${nameOf(path)}`);
          throw problem('cancelled');
        }
      }
      await writeFile(file, Buffer.alloc(1000));
      return {
        width: 300,
        height: 200,
        tileSide: 256,
        levels: [
          { width: 150, height: 100 },
          { width: 300, height: 200 },
        ],
      };
    },
    async 'photos.cutTile'(file, level, column, row) {
      await note(`tile ${level} ${column} ${row}`);
      if (!existsSync(file)) throw problem('not-found');
      return new Uint8Array(Buffer.from(`tile ${level} ${column} ${row}`));
    },
    async 'photos.picture'(path) {
      await look('picture', path);
      return new Uint8Array(Buffer.from('picture'));
    },
    async 'photos.inspect'(path) {
      await look('inspect', path);
      return { path, width: 30, height: 20 };
    },
    async 'process.cancel'(jobId) {
      cancelled.add(jobId);
    },
  },
  {
    post: (message) => process.send(message.e?.data === undefined ? message : { ...message, e: { problem: message.e.data } }),
    on: (receive) => process.on('message', receive),
    timeout: -1,
  },
);
process.on('disconnect', () => process.exit(0));
