import { describe, expect, it } from 'vitest';
import type { Job } from '../../../../src/app/jobs/job.ts';
import { BatchClock, RunClock } from '../../../../src/app/jobs/run-clock.ts';
import type { Plan } from '../../../../src/shared/engine-protocol.ts';
import type { JobProgress } from '../../../../src/shared/queue.ts';

const planOf = (pixels: number, estimatedSeconds: number | null = null): Plan =>
  ({ skip: null, passes: [{ model: 'x2', scale: 2, width: pixels, height: 1 }], estimatedSeconds }) as unknown as Plan;
const job = (id: string, pixels: number, progress: Partial<JobProgress> = {}): Job =>
  ({ id, plan: planOf(pixels), progress: { fraction: 0, secondsLeft: null, pixelsPerSecond: 0, ...progress } }) as unknown as Job;

describe('RunClock', () => {
  it('measures work, not pauses, and begins anew when nothing was left', () => {
    let now = 1000;
    const clock = new RunClock(() => now);
    const nothing = { fraction: 0, secondsLeft: null, pixelsPerSecond: 0, pace: 1 };
    clock.added(4, true);
    expect(clock.course(null)).toEqual(nothing);
    clock.working(true);
    clock.planned('a', planOf(100));
    now += 10;
    clock.finished(job('a', 100), 'done');
    clock.working(false);
    now += 5000;
    expect(clock.course(null).secondsLeft).toBeCloseTo(30);
    expect(clock.course(null).fraction).toBe(0.25);
    clock.working(true);
    clock.planned('b', planOf(100));
    now += 5;
    const course = clock.course(job('b', 100, { fraction: 0.5, secondsLeft: 4, pixelsPerSecond: 10 }));
    expect(course.fraction).toBeCloseTo(150 / 400);
    expect(course.secondsLeft).toBeCloseTo(4 + 200 * (15 / 150));
    // What was left out because it was done before says nothing about speed.
    clock.finished(job('b', 100), 'skipped');
    clock.removed('c');
    clock.working(false);
    expect(clock.course(null).secondsLeft).toBeCloseTo(((10 / 100) * 100) / 2);
    expect(clock.counts).toEqual({ total: 4, done: 1, skipped: 1, failed: 0, cancelled: 1 });

    clock.added(1, true);
    expect(clock.course(null)).toEqual(nothing);
    expect(clock.counts).toEqual({ total: 1, done: 0, skipped: 0, failed: 0, cancelled: 0 });
  });

  it('counts what is tried again once, also what an earlier run left', () => {
    const clock = new RunClock(() => 0);
    clock.added(1, true);
    clock.finished(job('d', 10), 'failed');
    clock.again('d');
    expect(clock.course(null).fraction).toBe(0);
    clock.again('of an earlier run');
    expect(clock.counts).toEqual({ total: 2, done: 0, skipped: 0, failed: 0, cancelled: 0 });
    clock.finished(job('d', 10), 'done');
    expect(clock.course(null).fraction).toBe(0.5);
    expect(clock.counts).toMatchObject({ total: 2, done: 1, failed: 0 });
  });
});

describe('BatchClock', () => {
  it('counts photos without a plan as the mean of the others', () => {
    const clock = new BatchClock(3);
    clock.planned(0, planOf(100));
    clock.planned(1, planOf(300));
    // 50 of 100 + 300 + (100 + 300) / 2 pixels. Its other 50 take 7 s by its own tiles, so the 500 ahead ten times that: of the 10 s
    // that have passed, some were the opening of the model.
    const { batchFraction, batchSecondsLeft } = clock.now(0, planOf(100), 0.5, 7, 10);
    expect(batchFraction).toBeCloseTo(50 / 600);
    expect(batchSecondsLeft).toBeCloseTo(7 + 70);
  });

  it('leaves the opening of the model, which the first photo pays, out of what the others are expected to take', () => {
    const clock = new BatchClock<number>(12);
    for (let key = 0; key < 12; key += 1) clock.planned(key, planOf(100));
    clock.finished(0, planOf(100), 20);
    expect(clock.now(1, planOf(100), 0, null, 20).batchSecondsLeft).toBeNull();
    clock.finished(1, planOf(100), 21);
    expect(clock.now(2, planOf(100), 0, null, 21).batchSecondsLeft).toBeCloseTo(10);
  });

  it('knows no time before anything was done or measured', () => {
    expect(new BatchClock(2).now(0, planOf(100), 0, null, 1)).toEqual({ batchFraction: 0, batchSecondsLeft: null, pace: 1 });
  });

  it('takes what plans expect, and what was seen of it the more, the more was seen', () => {
    const clock = new BatchClock<string>(2);
    clock.planned('a', planOf(100, 20));
    expect(clock.now(null, null, 0, null, 0)).toEqual({ batchFraction: 0, batchSecondsLeft: 40, pace: 1 });
    // Opening the model says nothing about speed.
    expect(clock.now('a', planOf(100, 20), 0, null, 30)).toMatchObject({ batchSecondsLeft: 40, pace: 1 });
    expect(clock.now('a', planOf(100, 20), 0.5, null, 20).pace).toBeCloseTo((20 + 20) / (10 + 20));
    clock.finished('a', planOf(100, 20), 40);
    expect(clock.now(null, null, 0, null, 40).pace).toBeCloseTo((40 + 20) / (20 + 20));
  });

  it('follows photos that are added, taken away and done while it runs', () => {
    const clock = new BatchClock<string>();
    clock.added(4);
    clock.planned('a', planOf(100));
    clock.finished('a', planOf(100), 10);
    clock.finished('a', planOf(100), 20);
    expect(clock.now(null, null, 0, null, 10).batchSecondsLeft).toBeCloseTo(30);
    clock.planned('b', planOf(300));
    clock.removed('b');
    clock.removed('a');
    expect(clock.now(null, null, 0, null, 10).batchSecondsLeft).toBeCloseTo(20);
  });

  it.each([
    ['measured before', 10],
    ['never measured', null],
  ])('follows a computer that becomes slower in the middle, where it was %s', (_, estimate) => {
    const plan = planOf(100, estimate);
    const clock = new BatchClock<number>(100);
    for (let key = 0; key < 100; key += 1) clock.planned(key, plan);
    let seconds = 0;
    for (let key = 0; key < 80; key += 1) {
      seconds += key < 50 ? 10 : 20;
      clock.finished(key, plan, seconds);
    }
    expect((clock.now(null, null, 0, null, seconds).batchSecondsLeft ?? 0) / (20 * 20)).toBeCloseTo(1, estimate === null ? 5 : 1);
  });

  it('has only the photo’s own time for the last one', () => {
    const clock = new BatchClock(2);
    clock.finished(0, planOf(100), 10);
    const { batchFraction, batchSecondsLeft } = clock.now(1, planOf(100), 0.5, 3, 10);
    expect([batchFraction, batchSecondsLeft]).toEqual([0.75, 3]);
  });
});
