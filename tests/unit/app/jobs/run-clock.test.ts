import { describe, expect, it } from 'vitest';
import type { Job } from '../../../../src/app/jobs/job.ts';
import { BatchClock, RunClock } from '../../../../src/app/jobs/run-clock.ts';
import type { Plan } from '../../../../src/shared/engine-protocol.ts';
import type { JobProgress } from '../../../../src/shared/queue.ts';

const plan = (pixels: number): Plan =>
  ({ skip: null, passes: [{ model: 'x2', scale: 2, width: pixels, height: 1 }], estimatedSeconds: null }) as unknown as Plan;
const job = (id: string, pixels: number, progress: Partial<JobProgress> = {}): Job =>
  ({ id, plan: plan(pixels), progress: { fraction: 0, secondsLeft: null, pixelsPerSecond: 0, ...progress } }) as unknown as Job;

it('measures work, not pauses, and begins anew when nothing was left', () => {
  let now = 1000;
  const clock = new RunClock(() => now);
  clock.added(4, true);
  expect(clock.course(null)).toEqual({ fraction: 0, secondsLeft: null, pixelsPerSecond: 0 });
  clock.working(true);
  clock.planned('a', plan(100));
  now += 10;
  clock.finished(job('a', 100), true);
  clock.working(false);
  now += 5000;
  expect(clock.course(null)).toEqual({ fraction: 0.25, secondsLeft: 30, pixelsPerSecond: 0 });
  clock.working(true);
  clock.planned('b', plan(100));
  now += 5;
  expect(clock.course(job('b', 100, { fraction: 0.5, secondsLeft: 4, pixelsPerSecond: 10 }))).toEqual({
    fraction: 150 / 400,
    secondsLeft: 4 + 200 * (15 / 150),
    pixelsPerSecond: 10,
  });
  // What was left out because it was done before says nothing about speed.
  clock.finished(job('b', 100), false);
  clock.removed('c');
  clock.working(false);
  const { fraction, secondsLeft } = clock.course(null);
  expect(secondsLeft).toBeCloseTo(((15 / 100) * 100) / 2);
  expect(fraction).toBeCloseTo(100 / 150);

  clock.added(1, true);
  expect(clock.course(null)).toEqual({ fraction: 0, secondsLeft: null, pixelsPerSecond: 0 });
  clock.finished(job('d', 10), true);
  clock.again('d');
  expect(clock.course(null).fraction).toBe(0);
  clock.again('of an earlier run');
  clock.finished(job('d', 10), true);
  expect(clock.course(null).fraction).toBe(0.5);
});

const planOf = (pixels: number, estimatedSeconds: number | null = null): Plan =>
  ({ skip: null, passes: [{ model: 'x2', scale: 2, width: pixels, height: 1 }], estimatedSeconds }) as unknown as Plan;

describe('BatchClock', () => {
  it('counts photos without a plan as the mean of the others', () => {
    const clock = new BatchClock(3);
    clock.planned(0, planOf(100));
    clock.planned(1, planOf(300));
    // 50 of 100 + 300 + (100 + 300) / 2 pixels in 10 s: 0.2 s a pixel; 500 pixels ahead.
    expect(clock.now(0, 100, 0.5, 7, 10)).toEqual({ batchFraction: 50 / 600, batchSecondsLeft: 7 + 500 * 0.2 });
  });

  it('knows no time before anything was done', () => {
    const clock = new BatchClock(2);
    expect(clock.now(0, 100, 0, null, 1)).toEqual({ batchFraction: 0, batchSecondsLeft: null });
  });

  it('takes the speed of earlier runs, by the plans, until it has one of this run', () => {
    const clock = new BatchClock<string>(2);
    clock.planned('a', planOf(100, 5));
    expect(clock.now(null, 0, 0, null, 0)).toEqual({ batchFraction: 0, batchSecondsLeft: 10 });
    expect(clock.now('a', 100, 0, null, 0)).toEqual({ batchFraction: 0, batchSecondsLeft: 10 });
    expect(clock.now('a', 100, 0.5, 1, 2)).toEqual({ batchFraction: 0.25, batchSecondsLeft: 1 + 4 });
  });

  it('follows photos that are added, taken away and done while it runs', () => {
    const clock = new BatchClock<string>();
    clock.added(4);
    clock.planned('a', planOf(100));
    clock.finished('a', 100);
    clock.finished('a', 100);
    expect(clock.now(null, 0, 0, null, 10)).toEqual({ batchFraction: 0.25, batchSecondsLeft: 30 });
    clock.planned('b', planOf(300));
    clock.removed('b');
    clock.removed('a');
    expect(clock.now(null, 0, 0, null, 10)).toEqual({ batchFraction: 1 / 3, batchSecondsLeft: 20 });
  });

  it('has only the photo’s own time for the last one', () => {
    const clock = new BatchClock(2);
    clock.finished(0, 100);
    expect(clock.now(1, 100, 0.5, 3, 10)).toEqual({ batchFraction: 0.75, batchSecondsLeft: 3 });
  });
});
