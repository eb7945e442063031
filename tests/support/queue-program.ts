import { appendFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { JobHandlers } from '../../src/app/supervised-engine.ts';
import type { Request } from '../../src/shared/request.ts';
import { found, realQueue, twice } from './queue-setup.ts';

/*
 * An application with nothing but a queue, to be killed: it adds the photos of its folder the first time, goes on with what is
 * left otherwise, and kills itself (as `kill -9` does) at the moment and the photo that it is told: `enhance:3` is the first tile
 * of its third photo. Without a moment it ends when everything is done. `log.txt` tells what it did.
 */
const [folder = '', host = '', models = '', moment = '', at = '0'] = process.argv.slice(2);

const log = (what: string, path: string): void => appendFileSync(join(folder, 'log.txt'), `${what} ${path}\n`);
let begun = 0;
const reached = (now: string): void => {
  if (now === moment && begun === Number(at)) process.kill(process.pid, 'SIGKILL');
};

const { queue, engine } = realQueue(folder, {
  host,
  models,
  wrap: (real) => ({
    ...{ plan: real.photos.plan, models: real.models.list, isResult: real.photos.isResult },
    enhance: async (request: Request, handlers?: JobHandlers) => {
      begun += 1;
      log('enhance', request.source);
      reached('settled');
      const report = await real.photos.enhance(request, {
        ...handlers,
        onBegin: async (processId) => {
          await handlers?.onBegin?.(processId);
          reached('begun');
        },
        onProgress: (progress) => {
          handlers?.onProgress?.(progress);
          reached(progress.tile === undefined ? progress.stage : 'tile');
        },
      });
      reached('result');
      log('result', request.source);
      return report;
    },
  }),
});

await queue.open();
if (queue.jobIds.length > 0) await queue.resume();
else {
  const photos = readdirSync(folder).filter((name) => name.endsWith('.png'));
  await queue.enqueue(
    photos.map((name) => found(join(folder, name))),
    twice,
  );
}
while (queue.state().activity !== 'idle') await new Promise((resolve) => setTimeout(resolve, 20));
const { counts } = queue.state();
await queue.close();
await engine.close();
process.stdout.write(JSON.stringify(counts));
