import { mkdir, readFile, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { DoneIndex } from '../../src/app/queue/done-index.ts';
import { workKey } from '../../src/app/jobs/work-key.ts';
import type { Plan } from '../../src/shared/engine-protocol.ts';
import { defaultOptions } from '../../src/shared/options.ts';
import { told } from '../../src/shared/sentence.ts';
import { testFolder } from '../support/golden.ts';
import { ScriptedQueueEngine, scriptedQueue } from '../support/scripted-queue.ts';

/*
 * tests/fixtures/state-1 is what version 1 wrote down for a queue in which everything happened that can: photos done, failed, done
 * before, asked for once more, cleared, changed, moved, cancelled, stopped, and one at work when the application was killed.
 */
async function olderState(folder: string): Promise<void> {
  await mkdir(join(folder, 'state'));
  for (const name of ['queue.ndjson', 'done.ndjson']) {
    const text = await readFile(join(import.meta.dirname, '../fixtures/state-1', name), 'utf8');
    await writeFile(join(folder, 'state', name), text.replaceAll('<folder>', folder));
  }
}

it('goes on with the queue of version 1 where it was killed', async () => {
  const folder = await testFolder();
  await olderState(folder);
  const engine = new ScriptedQueueEngine();
  const queue = await scriptedQueue(folder, engine);
  expect(queue.jobIds).toEqual(['job-1', 'job-2', 'job-4', 'job-6', 'job-5', 'job-7', 'job-8']);
  const cards = await queue.jobs(queue.jobIds);
  expect(cards.map(({ state }) => state)).toEqual(['done', 'failed', 'skipped', 'waiting', 'waiting', 'waiting', 'cancelled']);
  expect(cards[0]?.report).toMatchObject({
    ...{ source: join(folder, 'a.png'), output: join(folder, 'a_2x.png'), width: 60, height: 40, fileBytes: 1343, provider: 'cpu' },
    ...{ passes: [{ model: 'identity-x2', scale: 2 }], kept: [told('File times')], notices: [], seconds: { total: 0.5164 } },
  });
  expect(cards[1]?.problem).toMatchObject({ code: 'not-an-image' });
  expect(cards[2]?.reason).toEqual(told('It was done before with these options.'));
  expect(cards[5]?.options).toEqual({ ...cards[0]?.options, tile: 33, format: 'webp' });
  expect(queue.state()).toMatchObject({ activity: 'interrupted' });

  await queue.resume();
  await expect.poll(() => queue.state().activity, { timeout: 10_000 }).toBe('idle');
  expect(queue.state().counts).toEqual({ waiting: 0, running: 0, done: 4, skipped: 1, failed: 1, cancelled: 1 });
  expect(engine.asked.map(({ source, destination }) => [source, destination])).toEqual([
    // Settled by the earlier run.
    [join(folder, 'd.png'), join(folder, 'd_2x.png')],
    [join(folder, 'c.png'), join(folder, 'c.png.out')],
    [join(folder, 'e.png'), join(folder, 'e.png.out')],
  ]);
  expect(engine.asked[1]).toMatchObject({ skipResults: true });
  const report = JSON.parse(queue.batchReport('json')) as { photos: { report?: Record<string, unknown> }[] };
  expect(report.photos[0]?.report).toMatchObject({ strength: null, semantic: null, fidelity: null, quality: null, precision: 'fp32' });
});

it('knows what version 1 has done before', async () => {
  const folder = await testFolder();
  await olderState(folder);
  const done = await DoneIndex.open(join(folder, 'state/done.ndjson'));
  await writeFile(join(folder, 'a_2x-2.png'), Buffer.alloc(1343));
  const time = new Date(1_795_959_202_953);
  await utimes(join(folder, 'a_2x-2.png'), time, time);
  expect(await done.find('489dd603f4870f3023394d1cebc14e9ef6ff0095', folder)).toBe(join(folder, 'a_2x-2.png'));
  await done.close();
});

it('names a piece of work as version 1 did', async () => {
  const folder = await testFolder();
  await writeFile(join(folder, 'photo.jpg'), 'the bytes of a photo');
  await writeFile(join(folder, 'manifest.json'), '{}');
  const plan = { format: 'webp', passes: [{ model: 'x2' }, { model: null }] } as unknown as Plan;
  const options = { ...defaultOptions, strength: 0.25, fidelity: 1, exact: true, quality: 80, background: '#123456' } as const;
  const key = (chosen = options, planned = plan): Promise<string | null> =>
    workKey(join(folder, 'photo.jpg'), chosen, planned, [{ id: 'x2', folder } as Parameters<typeof workKey>[3][number]]);
  expect(await key()).toBe('6b938822a10c9b37b65dbd8868b07ef6c5df8cb0');
  expect(await key({ ...options, name: '{name}', maxMegapixels: 1, tile: 64 })).toBe('6b938822a10c9b37b65dbd8868b07ef6c5df8cb0');
  for (const change of [{ depth: '16' }, { compression: 'deflate' }, { effort: 'small' }, { faces: true }] as const) {
    expect(await key({ ...options, ...change })).not.toBe('6b938822a10c9b37b65dbd8868b07ef6c5df8cb0');
  }
  // With another restorer of faces it is another piece of work.
  expect(await key(options, { ...plan, faces: ['x2'] })).not.toBe('6b938822a10c9b37b65dbd8868b07ef6c5df8cb0');
});
