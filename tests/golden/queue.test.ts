import { copyFile, mkdir, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { expect, it, onTestFinished } from 'vitest';
import type { JobProgress, QueueState } from '../../src/shared/queue.ts';
import { sentence } from '../../src/shared/sentence.ts';
import { goldenFolder, testFolder } from '../support/golden.ts';
import { builtProgram, writePicture } from '../support/programs.ts';
import { withSmallDisk } from '../support/small-disk.ts';
import { found, realQueue, twice, type QueueSetup } from '../support/queue-setup.ts';
import { until } from '../support/until.ts';
import { needs } from '../support/needs.ts';

async function start(folder: string, more: Parameters<typeof realQueue>[1] | object = {}): Promise<QueueSetup> {
  const setup = realQueue(folder, { host: builtProgram('engine-host.js'), models: goldenFolder, ...more });
  onTestFinished(async () => {
    await setup.queue.close();
    await setup.engine.close();
  });
  await setup.queue.open();
  return setup;
}

it('enhances what is added, tells how far it is, and reports what became of each photo', async () => {
  const folder = await testFolder();
  const states: QueueState[] = [];
  const progress: JobProgress[] = [];
  const { queue } = await start(folder, {
    onQueue: (state: QueueState) => states.push(state),
    onProgress: (_: string, step: JobProgress) => progress.push(step),
  });
  const good = await writePicture(join(folder, 'a.png'), 300, 200);
  await writeFile(join(folder, 'b.png'), 'no photo');
  const ids = await queue.enqueue([found(good), found(join(folder, 'b.png')), found(join(folder, 'gone.png'))], {});
  await until(() => queue.state().activity === 'idle');

  const cards = await queue.jobs(ids);
  expect(cards.map(({ state }) => state)).toEqual(['done', 'failed', 'failed']);
  expect(cards.map(({ problem }) => problem?.code)).toEqual([undefined, 'not-an-image', 'not-found']);
  expect(cards[0]?.report?.output).toBe(join(folder, 'a_2x.png'));
  expect(cards[0]?.resultVersion).not.toBeNull();
  expect(await sharp(join(folder, 'a_2x.png')).metadata()).toMatchObject({ width: 600, height: 400 });
  expect(states.some(({ activity, currentJobId }) => activity === 'running' && currentJobId === ids[0])).toBe(true);
  await until(() => states.at(-1)?.activity === 'idle');
  expect(states.at(-1)).toMatchObject({ fraction: 1, secondsLeft: 0, counts: { done: 1, failed: 2 } });
  expect(progress.at(-1)).toMatchObject({ pass: 0, passes: 1 });
  expect(queue.batchReport('csv').split('\r\n')[1]).toContain(`${join(folder, 'a.png')},done,${join(folder, 'a_2x.png')},300,200,600,400`);

  // The source is unchanged, the result lies there: nothing is done again, unless somebody asks once more.
  const [again = ''] = await queue.enqueue([found(good)], {});
  await until(() => queue.state().activity === 'idle');
  expect(await queue.jobs([again])).toMatchObject([{ state: 'skipped', reason: sentence('skip.doneBefore') }]);
  await queue.retryJobs([again]);
  await until(() => queue.state().activity === 'idle');
  expect(await queue.jobs([again])).toMatchObject([{ state: 'done', report: { output: join(folder, 'a_2x-2.png') } }]);
  const [other = ''] = await queue.enqueue([found(good)], { format: 'jpeg' });
  await until(() => queue.state().activity === 'idle');
  expect(await queue.jobs([other])).toMatchObject([{ state: 'done', report: { output: join(folder, 'a_2x.jpg') } }]);
  await rm(join(folder, 'a_2x.jpg'));
  const [once = ''] = await queue.enqueue([found(good)], { format: 'jpeg' });
  await until(() => queue.state().activity === 'idle');
  expect(await queue.jobs([once])).toMatchObject([{ state: 'done' }]);
  expect((await stat(join(folder, 'a_2x.jpg'))).isFile()).toBe(true);
});

it('pauses now and later, moves, cancels and goes on', async () => {
  const folder = await testFolder();
  const photos = await Promise.all(['a', 'b', 'c', 'd'].map((name) => writePicture(join(folder, `${name}.png`), 200, 1200)));
  const { queue } = await start(folder);
  const [a = '', b = '', c = '', d = ''] = await queue.enqueue(photos.map(found), { tile: 33 });
  await until(() => queue.state().currentJobId === a);
  await queue.pause(true);
  expect(queue.state()).toMatchObject({ activity: 'paused', currentJobId: null, counts: { waiting: 4 } });
  expect((await readdir(folder)).filter((name) => name.endsWith('.png'))).toHaveLength(4);
  await queue.moveJobs([d], a);
  expect(queue.jobIds).toEqual([d, a, b, c]);
  await queue.cancelJobs([b]);
  await queue.changeJobs([c], { format: 'webp' });
  await queue.resume();
  await until(() => queue.state().currentJobId === d);
  await queue.pause(false);
  await until(() => queue.state().activity === 'paused');
  expect(queue.state()).toMatchObject({ counts: { done: 1, waiting: 2, cancelled: 1 } });
  await queue.resume();
  await until(() => queue.state().activity === 'idle');
  expect((await queue.jobs([a, b, c, d])).map(({ state, report }) => [state, report?.format])).toEqual([
    ['done', 'png'],
    ['cancelled', undefined],
    ['done', 'webp'],
    ['done', 'png'],
  ]);
  await queue.clearJobs(null);
  expect(queue.jobIds).toEqual([]);
  expect(await readdir(join(folder, 'temporary'))).toEqual([]);
});

it('tells of the engine’s death at one photo, and goes on', async () => {
  const folder = await testFolder();
  const photos = await Promise.all(['a', 'b', 'c'].map((name) => writePicture(join(folder, `${name}.png`), 200, 4000)));
  let killed = false;
  const setup = await start(folder, {
    onProgress: (id: string) => {
      if (killed || id !== setup.queue.jobIds[1]) return;
      killed = true;
      process.kill(setup.engine.processId ?? 0, 'SIGKILL');
    },
  });
  const ids = await setup.queue.enqueue(photos.map(found), { ...twice, tile: 33 });
  await until(() => setup.queue.state().activity === 'idle');
  expect((await setup.queue.jobs(ids)).map(({ state, problem }) => [state, problem?.code])).toEqual([
    ['done', undefined],
    ['failed', 'engine-stopped'],
    ['done', undefined],
  ]);
  expect((await readdir(folder)).filter((name) => name.includes('b_') || name.startsWith('.'))).toEqual([]);
  expect(await readdir(join(folder, 'temporary'))).toEqual([]);
});

it('takes photos as they are when their turn comes', async () => {
  const folder = await testFolder();
  const { queue } = await start(folder);
  await mkdir(join(folder, 'gone'));
  await writePicture(join(folder, 'gone', 'b.png'));
  const changed = await writePicture(join(folder, 'a.png'), 40, 30);
  const larger = await writePicture(join(folder, 'larger.png'), 80, 60);
  await queue.pause(false);
  const ids = await queue.enqueue([found(changed), found(join(folder, 'gone', 'b.png')), found(larger)], {});
  await copyFile(larger, changed);
  await rm(join(folder, 'gone'), { recursive: true });
  await queue.resume();
  await until(() => queue.state().activity === 'idle');
  expect((await queue.jobs(ids)).map(({ state, problem, report }) => [state, problem?.code, report?.width])).toEqual([
    ['done', undefined, 160],
    ['failed', 'not-found', undefined],
    ['done', undefined, 160],
  ]);
});

it('leaves nothing on a disk that is full, and does it when there is room', needs('smallDisk'), async () => {
  const folder = await testFolder();
  const { queue } = await start(folder);
  const photo = await writePicture(join(folder, 'a.png'), 300, 300);
  const small = join(folder, 'small');
  await withSmallDisk(small, 64, async () => {
    const [id = ''] = await queue.enqueue([found(photo)], { output: small });
    await until(() => queue.state().activity === 'idle');
    expect(await queue.jobs([id])).toMatchObject([{ state: 'failed', problem: { code: 'not-enough-disk' } }]);
    expect(await readdir(small)).toEqual([]);
  });
  await queue.retryJobs(queue.jobIds);
  await until(() => queue.state().activity === 'idle');
  expect(await readdir(small)).toEqual(['a_2x.png']);
});

it('goes on with a job that was begun where something else has taken its place, or its folder is gone', async () => {
  const folder = await testFolder();
  const first = await writePicture(join(folder, 'a.png'), 40, 30);
  await writePicture(join(folder, 'b.png'), 40, 30);
  const lines = [
    { journal: 'onestep queue', version: 1 },
    {
      type: 'added',
      options: twice,
      photos: ['a', 'b'].map((name) => ({ id: name, source: join(folder, `${name}.png`), under: '', skipIfResult: false })),
    },
    { type: 'begun', id: 'a', destination: join(folder, 'a_2x.png'), before: null, processId: 2_000_000_000 },
    { type: 'begun', id: 'b', destination: join(folder, 'gone', 'b_2x.png'), before: null, processId: 2_000_000_000 },
  ];
  await mkdir(join(folder, 'state'));
  await writeFile(join(folder, 'state/queue.ndjson'), lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  await copyFile(first, join(folder, 'a_2x.png'));
  const { queue } = await start(folder);
  expect(queue.state()).toMatchObject({ activity: 'interrupted', counts: { waiting: 2 } });
  await queue.resume();
  await until(() => queue.state().activity === 'idle');
  expect((await queue.jobs(['a', 'b'])).map(({ report }) => report?.output)).toEqual([
    join(folder, 'a_2x-2.png'),
    join(folder, 'gone', 'b_2x.png'),
  ]);
  expect(await sharp(join(folder, 'a_2x.png')).metadata()).toMatchObject({ width: 40 });
});
