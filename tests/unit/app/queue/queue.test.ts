import { mkdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Queue } from '../../../../src/app/queue/queue.ts';
import type { JobHandlers } from '../../../../src/app/supervised-engine.ts';
import { Problem } from '../../../../src/shared/problem.ts';
import type { JobCard, JobProgress, QueueState } from '../../../../src/shared/queue.ts';
import { defaultSettings } from '../../../../src/shared/settings.ts';
import { testFolder } from '../../../support/golden.ts';
import { found } from '../../../support/queue-setup.ts';
import { ScriptedQueueEngine, scriptedQueue } from '../../../support/scripted-queue.ts';
import { withSmallDisk } from '../../../support/small-disk.ts';
import { until } from '../../../support/until.ts';
import { needs } from '../../../support/needs.ts';

const idle = (queue: Queue): Promise<void> => until(() => queue.state().activity === 'idle');
/** Until somebody stops it, as a photo that takes long. */
const forever = (_: unknown, { signal }: JobHandlers): Promise<void> =>
  new Promise((resolve) => {
    if (signal?.aborted === true) resolve();
    signal?.addEventListener('abort', () => {
      resolve();
    });
  });
const photosIn = (folder: string, ...names: string[]): ReturnType<typeof found>[] => names.map((name) => found(join(folder, name)));

describe('a queue', () => {
  it('begins the first of 50,000 photos at once, and keeps them all', async () => {
    const folder = await testFolder();
    const engine = new ScriptedQueueEngine();
    let first = 0;
    engine.duringJob = (request, handlers) => {
      first ||= performance.now();
      return forever(request, handlers);
    };
    const cards: JobCard[] = [];
    const queue = await scriptedQueue(folder, engine, { onJobs: (changed) => cards.push(...changed) });
    const photos = Array.from({ length: 50_000 }, (_, index) => found(join(folder, 'some', 'folder', `photo-${index}.jpg`)));
    const began = performance.now();
    const ids = await queue.enqueue(photos, {});
    // 26 ms where nothing else runs; on a busy computer, long before the others are written down.
    expect(first).toBeGreaterThan(began);
    expect(first - began).toBeLessThan((performance.now() - began) / 2);
    expect(new Set(ids).size).toBe(50_000);
    await until(() => new Set(cards.map(({ id }) => id)).size === 50_000);
    await queue.close();
    expect((await stat(join(folder, 'state/queue.ndjson'))).size).toBeLessThan(10e6);

    const again = await scriptedQueue(folder, engine);
    expect(again.state()).toMatchObject({ activity: 'interrupted', counts: { waiting: 50_000 } });
    expect(again.jobIds).toEqual(ids);
  });

  it('knows what made a result, as long as that is on the list', async () => {
    const folder = await testFolder();
    const queue = await scriptedQueue(folder, new ScriptedQueueEngine());
    const [id = ''] = await queue.enqueue(photosIn(folder, 'a', 'b'), { grain: 0.5 });
    await idle(queue);
    const [card] = await queue.jobs([id]);
    expect(await queue.jobOf(card?.resultId ?? -1)).toMatchObject({ id, options: { grain: 0.5 }, report: { status: 'done' } });
    expect(await queue.jobOf(card?.photoId ?? -1)).toBeNull();
    await queue.clearJobs([id]);
    expect(await queue.jobOf(card?.resultId ?? -1)).toBeNull();
  });

  it('is one application’s alone', async () => {
    const folder = await testFolder();
    const first = await scriptedQueue(folder, new ScriptedQueueEngine());
    await expect(scriptedQueue(folder, new ScriptedQueueEngine())).rejects.toMatchObject({
      code: 'already-running',
      message: 'Onestep is already running.',
    });
    await first.close();
    await scriptedQueue(folder, new ScriptedQueueEngine());
  });

  it('goes on after a restart when asked to, at once where the settings say so, and not while it was paused', async () => {
    const folder = await testFolder();
    const engine = new ScriptedQueueEngine();
    engine.duringJob = forever;
    const first = await scriptedQueue(folder, engine);
    await first.enqueue(photosIn(folder, 'a', 'b'), {});
    await until(() => engine.asked.length === 1);
    await first.close();

    engine.duringJob = () => Promise.resolve();
    const second = await scriptedQueue(folder, engine);
    expect(second.state()).toMatchObject({ activity: 'interrupted', counts: { waiting: 2 } });
    await second.pause(false);
    expect(second.state().activity).toBe('paused');
    await second.close();

    const resumeAtStart = () => ({ ...defaultSettings, resumeAtStart: true });
    const third = await scriptedQueue(folder, engine, { settings: resumeAtStart });
    expect(third.state().activity).toBe('paused');
    await third.enqueue(photosIn(folder, 'c'), {});
    expect(third.state()).toMatchObject({ activity: 'paused', counts: { waiting: 3 } });
    await third.resume();
    await third.close();

    const fourth = await scriptedQueue(folder, engine, { settings: resumeAtStart });
    await idle(fourth);
    expect(fourth.state()).toMatchObject({ counts: { waiting: 0, done: 3 } });
    expect([...engine.results].sort()).toEqual(photosIn(folder, 'a.out', 'b.out', 'c.out').map(({ path }) => path));
  });

  it('is interrupted no more when all that was left is cancelled', async () => {
    const folder = await testFolder();
    const engine = new ScriptedQueueEngine();
    engine.duringJob = forever;
    const first = await scriptedQueue(folder, engine);
    const ids = await first.enqueue(photosIn(folder, 'a', 'b'), {});
    await until(() => engine.asked.length === 1);
    await first.close();
    const second = await scriptedQueue(folder, engine);
    expect(second.state().activity).toBe('interrupted');
    await second.cancelJobs(ids);
    expect(second.state()).toMatchObject({ activity: 'idle', counts: { waiting: 0, cancelled: 2 } });
    await second.close();
    const third = await scriptedQueue(folder, engine);
    expect(third.state().activity).toBe('idle');
  });

  it('takes a job for done when its result is there although the engine could not say so', async () => {
    const folder = await testFolder();
    const engine = new ScriptedQueueEngine();
    engine.duringJob = async ({ destination = '', source }) => {
      if (source.endsWith('a')) engine.results.add(destination);
      await writeFile(destination, 'of somebody');
      throw new Problem('engine-stopped', 'Gone.');
    };
    const queue = await scriptedQueue(folder, engine);
    const ids = await queue.enqueue(photosIn(folder, 'a', 'b'), {});
    await idle(queue);
    expect((await queue.jobs(ids)).map(({ state, problem, resultVersion }) => [state, problem?.code, resultVersion !== null])).toEqual([
      ['done', undefined, true],
      ['failed', 'engine-stopped', false],
    ]);
  });

  it('tells states in order, never more than it can be shown', async () => {
    const folder = await testFolder();
    const engine = new ScriptedQueueEngine();
    const states: QueueState[] = [];
    const progress: JobProgress[] = [];
    engine.duringJob = async (_, { onProgress }) => {
      for (let step = 0; step < 200; step += 1) {
        onProgress?.({ fraction: step / 200, stage: 'enhance', pixelsPerSecond: 100, secondsLeft: 5 });
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
    };
    const queue = await scriptedQueue(folder, engine, {
      onQueue: (state) => states.push(state),
      onProgress: (_, step) => progress.push(step),
    });
    const began = performance.now();
    await queue.enqueue(photosIn(folder, 'a', 'b'), {});
    await until(() => states.at(-1)?.activity === 'idle');
    const most = 2 + (performance.now() - began) / 100;
    expect(states.length).toBeLessThanOrEqual(most);
    expect(progress.length).toBeLessThanOrEqual(most);
    expect(progress.length).toBeGreaterThan(2);
    const revisions = states.map(({ revision }) => revision);
    expect(revisions).toEqual([...revisions].sort((a, b) => a - b));
    const fractions = states.map(({ fraction }) => fraction);
    expect(fractions).toEqual([...fractions].sort((a, b) => a - b));
    // Known from the plans before anything was measured: 2 s for each.
    expect(states.find(({ secondsLeft }) => secondsLeft !== null)?.secondsLeft).toBeLessThanOrEqual(10);
    expect(states.at(-1)).toMatchObject({ fraction: 1, counts: { done: 2 } });
  });

  it('cancels the running photo alone', async () => {
    const folder = await testFolder();
    const engine = new ScriptedQueueEngine();
    engine.duringJob = (request, handlers) => (request.source.endsWith('a') ? forever(request, handlers) : Promise.resolve());
    const queue = await scriptedQueue(folder, engine);
    const ids = await queue.enqueue(photosIn(folder, 'a', 'b'), {});
    await until(() => engine.asked.length === 1);
    await queue.cancelJobs([ids[0] ?? '']);
    await idle(queue);
    expect((await queue.jobs(ids)).map(({ state }) => state)).toEqual(['cancelled', 'done']);
    engine.duringJob = () => Promise.resolve();
    await queue.retryJobs(ids);
    await idle(queue);
    expect((await queue.jobs(ids)).map(({ state }) => state)).toEqual(['done', 'done']);
    const report = JSON.parse(queue.batchReport('json')) as { totals: object; photos: { status: string }[] };
    expect(report.totals).toMatchObject({ photos: 2, done: 2, resultPixels: 40_000, resultBytes: 12 });
    expect(report.photos.map(({ status }) => status)).toEqual(['done', 'done']);
  });

  it('numbers nothing over another photo’s result of the same list, and knows the originals that lie where results go', async () => {
    const folder = await testFolder();
    const engine = new ScriptedQueueEngine();
    const queue = await scriptedQueue(folder, engine);
    await queue.enqueue(photosIn(folder, 'a', 'b'), { onCollision: 'overwrite-result' });
    await idle(queue);
    expect(engine.asked.map(({ originals }) => originals)).toEqual([[join(folder, 'b')], [join(folder, 'a')]]);
    await mkdir(join(folder, 'out', 'sub'), { recursive: true });
    await queue.enqueue([{ path: join(folder, 'c'), under: 'sub', skipIfResult: true }], { output: join(folder, 'out') });
    await idle(queue);
    expect(engine.asked[2]).toMatchObject({ skipResults: true, options: { output: join(folder, 'out', 'sub') } });
  });

  it('begins nothing that it cannot keep', needs('smallDisk'), async () => {
    const folder = await testFolder();
    await withSmallDisk(join(folder, 'state'), 64, async () => {
      const engine = new ScriptedQueueEngine();
      const queue = await scriptedQueue(folder, engine);
      await queue.pause(false);
      const many = Array.from({ length: 2000 }, (_, index) => found(join(folder, `photo-${index}.jpg`)));
      await expect(queue.enqueue(many, {})).rejects.toMatchObject({ code: 'not-enough-disk' });
      expect(queue.state()).toMatchObject({ activity: 'paused', counts: { waiting: 0 } });
      expect(engine.asked).toEqual([]);
      await queue.close();
    });
  });
});
