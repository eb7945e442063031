import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { nodeLauncher } from '../../../../src/app/node-launcher.ts';
import { ViewEngine } from '../../../../src/app/photos/view-engine.ts';
import { temporaryFolder } from '../../../support/photo-files.ts';

const host = join(import.meta.dirname, '../../../support/scripted-viewer.mjs');
let engine: ViewEngine;

beforeEach(async () => {
  const folder = await temporaryFolder();
  engine = new ViewEngine({
    launch: nodeLauncher(host, { env: { ...process.env, ONESTEP_TEST_CALLS: join(folder, 'calls') } }),
    settings: { modelFolders: [], cacheFolder: folder, temporaryFolder: folder, threads: 1 },
    idleSeconds: 0.2,
  });
});

afterEach(async () => {
  await engine.close();
});

const thumbnail = async (name: string, seconds?: number): Promise<string> =>
  Buffer.from((await engine.call((calls) => calls.photos.thumbnail(name, 256), seconds)).bytes).toString();

it('a process that does not answer is ended, and only the photo on which it hangs fails', async () => {
  await thumbnail('first.jpg');
  const answers = await Promise.allSettled([thumbnail('silent.jpg', 1), thumbnail('slow.jpg'), thumbnail('a.jpg')]);
  expect(answers).toMatchObject([
    { status: 'rejected', reason: { code: 'engine-stopped' } },
    { status: 'fulfilled', value: 'slow.jpg 256' },
    { status: 'fulfilled', value: 'a.jpg 256' },
  ]);
});

it('ends when idle and comes back when something is asked', async () => {
  await thumbnail('a.jpg');
  const first = engine.processId;
  await expect.poll(() => engine.processId).toBeNull();
  expect(await thumbnail('a.jpg')).toBe('a.jpg 256');
  expect(engine.processId).not.toBe(first);
});

it('starts nothing after it was closed', async () => {
  await engine.close();
  await expect(thumbnail('a.jpg')).rejects.toMatchObject({ code: 'cancelled' });
  expect(engine.processId).toBeNull();
});
