import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { JobProgressGatherer, Throttle } from '../../../../src/app/queue/job-progress.ts';
import type { Plan, Progress } from '../../../../src/shared/engine-protocol.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

it('tells at once, then at most every 100 ms, and always the last word', () => {
  const told: number[] = [];
  let now = 0;
  const throttle = new Throttle(() => told.push(now));
  for (now = 0; now < 950; now += 1) {
    throttle.want();
    vi.advanceTimersByTime(1);
  }
  vi.advanceTimersByTime(500);
  expect(told.length).toBeLessThanOrEqual(11);
  expect(told.length).toBeGreaterThanOrEqual(10);
  expect(told[0]).toBe(0);
  expect(told.at(-1)).toBe(950);
  throttle.want();
  throttle.want();
  throttle.stop();
  vi.advanceTimersByTime(500);
  expect(told.length).toBeLessThanOrEqual(12);
});

it('gathers the tiles of each pass as parts of the photo, and begins again with the job', () => {
  const passes = [
    { model: 'x2', scale: 2, width: 200, height: 100 },
    { model: 'x2', scale: 2, width: 400, height: 200 },
    { model: null, scale: 0.5, width: 200, height: 100 },
  ];
  const gatherer = new JobProgressGatherer({ passes, estimatedSeconds: 20 } as unknown as Plan);
  const step = (more: Partial<Progress>): ReturnType<JobProgressGatherer['next']> =>
    gatherer.next({ fraction: 0.1, stage: 'enhance', pixelsPerSecond: 1, secondsLeft: 1, ...more });
  expect(step({ stage: 'decode', secondsLeft: null })).toMatchObject({ tiles: [], pass: 0, passes: 2, secondsLeft: 18 });
  expect(step({ face: { number: 2, count: 5 } })).toMatchObject({ tiles: [], face: { number: 2, count: 5 } });
  expect(step({ pass: 0 }).face).toBeUndefined();
  step({ pass: 0, tile: { left: 0, top: 0, width: 200, height: 50 } });
  expect(step({ pass: 0, tile: { left: 0, top: 50, width: 200, height: 50 } }).tiles).toEqual([
    { left: 0, top: 0, width: 1, height: 0.5 },
    { left: 0, top: 0.5, width: 1, height: 0.5 },
  ]);
  expect(step({ pass: 1 })).toMatchObject({ tiles: [], pass: 1 });
  expect(step({ pass: 1, tile: { left: 100, top: 0, width: 100, height: 200 } }).tiles).toEqual([
    { left: 0.25, top: 0, width: 0.25, height: 1 },
  ]);
  expect(step({ pass: 1, tileStage: 'unet' })).toMatchObject({ tiles: [{ left: 0.25 }], tileStage: 'unet' });
  expect(step({ stage: 'encode' })).toMatchObject({ pass: 1, tiles: [{ left: 0.25 }] });
  expect(step({ stage: 'decode' })).toMatchObject({ tiles: [], pass: 0 });
});
