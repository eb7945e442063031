import { expect, it } from 'vitest';
import type { Job } from '../../../../src/app/queue/jobs.ts';
import { RunClock } from '../../../../src/app/queue/run-clock.ts';
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
