import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Job } from '../../../../src/app/jobs/job.ts';
import { RunClock } from '../../../../src/app/jobs/run-clock.ts';
import { lineThrough, Speeds } from '../../../../src/app/jobs/speeds.ts';
import type { Plan } from '../../../../src/shared/engine-protocol.ts';
import { defaultOptions, type Options } from '../../../../src/shared/options.ts';
import { temporaryFolder } from '../../../support/photo-files.ts';

const planOf = (megapixels: number, estimatedSeconds: number | null = null): Plan =>
  ({ skip: null, passes: [{ model: 'x4', scale: 4, width: megapixels * 1e6, height: 1 }], estimatedSeconds }) as unknown as Plan;

/** Numbers that look thrown, the same each time: 0…1. */
function thrown(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1103515245 + 12345) % 2147483648;
    return state / 2147483648;
  };
}

/** Photos between a tenth of a megapixel and a hundred, as folders have them, and what each takes on a computer with some noise. */
function mixedPhotos(count: number, seed: number): { readonly megapixels: number; readonly seconds: number }[] {
  const next = thrown(seed);
  return Array.from({ length: count }, () => {
    const megapixels = 0.1 * 1000 ** next();
    return { megapixels, seconds: (0.4 + 0.9 * megapixels) * (0.8 + 0.4 * next()) };
  });
}

it('finds what a photo takes at least, and what each megapixel adds', () => {
  const { seconds, perMegapixel } = lineThrough([
    [1, 1.5],
    [10, 6],
    [100, 51],
  ]);
  expect(seconds).toBeCloseTo(1);
  expect(perMegapixel).toBeCloseTo(0.5);
  expect(lineThrough([[2, 4]])).toEqual({ seconds: 0, perMegapixel: 2 });
  // Small photos that took longer than large ones: no photo takes less than nothing.
  const odd = lineThrough([
    [1, 10],
    [10, 2],
  ]);
  expect(odd.seconds).toBe(0);
  expect(odd.perMegapixel).toBeGreaterThan(0);
});

describe('what was measured', () => {
  it('is kept by model and device from run to run, without the photo that opened the model', async () => {
    const path = join(await temporaryFolder(), 'state', 'speeds.json');
    const speeds = new Speeds(path);
    for (const [megapixels, seconds] of [
      [1, 60],
      [1, 2],
      [2, 4],
      [4, 8],
    ] as const)
      speeds.learn(planOf(megapixels), defaultOptions, seconds);
    const again = new Speeds(path);
    expect(again.expect(planOf(10), defaultOptions)).toBeCloseTo(20);
    expect(again.expect(planOf(10), { ...defaultOptions, provider: 'cpu' })).toBeNull();
    expect(again.expect({ ...planOf(10), passes: [] }, defaultOptions)).toBeNull();
    expect(Object.keys(JSON.parse(readFileSync(path, 'utf8')) as object)).toEqual(['x4 auto']);
  });

  it('is told apart where faces are restored', () => {
    const speeds = new Speeds(null);
    const withFaces = { ...defaultOptions, faces: true };
    for (let photo = 0; photo < 4; photo += 1) speeds.learn(planOf(2), withFaces, 20);
    expect([speeds.expect(planOf(2), withFaces), speeds.expect(planOf(2), defaultOptions)]).toEqual([expect.closeTo(20, 6), null]);
  });

  it('is forgotten where its file makes no sense', async () => {
    const path = join(await temporaryFolder(), 'speeds.json');
    writeFileSync(path, '{"x4 auto": [[1, -3]]}');
    expect(new Speeds(path).expect(planOf(1), defaultOptions)).toBeNull();
  });
});

/** What is promised for a batch at its start and after a twentieth of its time, as multiples of what it then takes. */
function promises(speeds: Speeds, photos: ReturnType<typeof mixedPhotos>, engineSays: (megapixels: number) => number) {
  let now = 0;
  const clock = new RunClock(() => now);
  const options: Options = defaultOptions;
  const jobs = photos.map(({ megapixels }, index) => {
    const plan = planOf(megapixels, engineSays(megapixels));
    const known = { ...plan, estimatedSeconds: speeds.expect(plan, options) ?? plan.estimatedSeconds };
    return { id: String(index), plan: known, progress: null } as unknown as Job & { readonly plan: Plan };
  });
  const all = photos.reduce((sum, { seconds }) => sum + seconds, 0);
  clock.added(jobs.length, true);
  clock.working(true);
  // Plans are made ahead for some of them at first, and for more beside each photo.
  for (const job of jobs.slice(0, 60)) clock.planned(job.id, job.plan);
  const told = [(clock.course(null).secondsLeft ?? 0) / all];
  for (const [index, job] of jobs.entries()) {
    const { seconds, megapixels } = photos[index] ?? { seconds: 0, megapixels: 0 };
    now += seconds;
    for (const { id, plan } of jobs.slice(60 + 20 * index, 80 + 20 * index)) clock.planned(id, plan);
    clock.finished(job, 'done');
    speeds.learn(planOf(megapixels), options, seconds);
    if (told.length === 1 && now > all / 20) told.push((clock.course(null).secondsLeft ?? 0) / (all - now));
  }
  return told as [number, number];
}

describe.each([1, 2, 3, 4, 5])('200 mixed photos, thrown %i', (seed) => {
  it('are promised well after a first run', () => {
    const speeds = new Speeds(null);
    promises(speeds, mixedPhotos(40, seed + 100), () => 1);
    const [start, later] = promises(speeds, mixedPhotos(200, seed), () => 1);
    expect(start).toBeGreaterThan(0.5);
    expect(start).toBeLessThan(2);
    expect(later).toBeGreaterThan(0.75);
    expect(later).toBeLessThan(1.25);
  });

  it('are promised well soon although the engine was three times too hopeful', () => {
    const [, later] = promises(new Speeds(null), mixedPhotos(200, seed), (megapixels) => 0.3 * megapixels);
    expect(later).toBeGreaterThan(0.7);
    expect(later).toBeLessThan(1.35);
  });
});
