import { describe, expect, it } from 'vitest';
import { BatchClock } from '../../../src/app/batch-clock.ts';
import { runBatch } from '../../../src/app/batch.ts';
import type { Engine, JobHandlers } from '../../../src/app/supervised-engine.ts';
import type { JobReport, Plan } from '../../../src/shared/engine-protocol.ts';
import { jsonEventSchema, type JsonEvent } from '../../../src/shared/json-events.ts';
import { defaultOptions } from '../../../src/shared/options.ts';
import { cancelled, Problem } from '../../../src/shared/problem.ts';
import type { Request } from '../../../src/shared/request.ts';

/** An engine whose behaviour a photo's name decides: "bad", "bug", "skip", anything else is done. */
class ScriptedEngine implements Engine {
  readonly asked: Request[] = [];
  outputOf = (source: string): string => `${source}.out`;
  duringJob: (handlers: JobHandlers) => void = () => undefined;

  plan(request: Request): Promise<Plan> {
    if (request.source === 'unreadable') return Promise.reject(new Problem('not-an-image', 'No photo.'));
    const output = this.outputOf(request.source);
    const taken = request.originals?.includes(output) === true;
    return Promise.resolve({
      photo: { path: request.source, width: 100, height: 50 } as Plan['photo'],
      width: 200,
      height: 100,
      passes: [{ model: 'x2', scale: 2, width: 200, height: 100 }],
      rule: 'Because.',
      format: 'jpeg',
      output: taken ? `${output}-2` : output,
      skip: request.source === 'skip' ? 'Already there.' : null,
      estimatedSeconds: 1,
      estimatedBytes: 1000,
    });
  }

  async enhance(request: Request, handlers: JobHandlers = {}): Promise<JobReport> {
    this.asked.push(request);
    this.duringJob(handlers);
    if (handlers.signal?.aborted === true) throw cancelled();
    if (request.source === 'bad') throw new Problem('damaged-image', 'Broken.');
    if (request.source === 'bug') throw new TypeError('x is undefined');
    handlers.onProgress?.({ fraction: 0.5, stage: 'enhance', provider: 'cpu', pixelsPerSecond: 1000, secondsLeft: 10 });
    const { output } = await this.plan(request);
    return {
      ...{ source: request.source, status: 'done', output, sourceWidth: 100, sourceHeight: 50, width: 200, height: 100, fileBytes: 900 },
      ...{ format: 'jpeg', quality: 90, passes: [], rule: 'Because.', provider: 'cpu', precision: 'int8' },
      ...{ strength: null, semantic: null, fidelity: null },
      ...{ kept: [], converted: [], lost: [], notices: [], seconds: { total: 1, decode: 0, enhance: 1, inference: 1, encode: 0 } },
    } as const;
  }

  inspect = (): Promise<never> => Promise.reject(new Error('not asked'));
  devices = (): Promise<never> => Promise.reject(new Error('not asked'));
  models = (): Promise<never> => Promise.reject(new Error('not asked'));
}

const requests = (...sources: string[]): Request[] => sources.map((source) => ({ source, options: defaultOptions }));

async function run(engine: Engine, sources: Request[], more: { dryRun?: boolean; signal?: AbortSignal } = {}): Promise<JsonEvent[]> {
  const events: JsonEvent[] = [];
  const totals = await runBatch(engine, sources, { ...more, onEvent: (event) => events.push(event) });
  expect(events.at(-1)).toEqual({ event: 'end', totals });
  for (const event of events) expect(() => jsonEventSchema.parse(event)).not.toThrow();
  return events;
}

const outcomes = (events: JsonEvent[]): string[] =>
  events.flatMap((event) =>
    event.event === 'done' || event.event === 'skipped' || event.event === 'failed' ? [`${event.event} ${event.source}`] : [],
  );

describe('runBatch', () => {
  it('never stops for a photo, whatever is wrong with it', async () => {
    const events = await run(new ScriptedEngine(), requests('a', 'bad', 'unreadable', 'bug', 'skip', 'b'));
    expect(outcomes(events)).toEqual(['done a', 'failed bad', 'failed unreadable', 'failed bug', 'skipped skip', 'done b']);
    expect(events.at(-1)).toMatchObject({
      totals: { photos: 6, done: 2, skipped: 1, failed: 3, cancelled: 0, resultPixels: 40_000, resultBytes: 1800 },
    });
    const failures = events.filter((event) => event.event === 'failed').map(({ problem }) => problem);
    expect(failures.map(({ code }) => code)).toEqual(['damaged-image', 'not-an-image', 'internal-error']);
    expect(failures[2]?.detail).toContain('x is undefined');
  });

  it('only plans in a dry run', async () => {
    const engine = new ScriptedEngine();
    const events = await run(engine, requests('a', 'unreadable', 'skip'), { dryRun: true });
    expect(engine.asked).toEqual([]);
    expect(events.map(({ event }) => event)).toEqual(['start', 'plan', 'failed', 'plan', 'skipped', 'end']);
    expect(events.at(-1)).toMatchObject({ totals: { done: 1, skipped: 1, failed: 1, resultBytes: 1000 } });
  });

  it('stops when cancelled, in the middle of a photo', async () => {
    const controller = new AbortController();
    const engine = new ScriptedEngine();
    engine.duringJob = () => {
      if (engine.asked.length === 2) controller.abort();
    };
    const events = await run(engine, requests('a', 'b', 'c', 'd'), { signal: controller.signal });
    expect(outcomes(events)).toEqual(['done a']);
    expect(events.at(-1)).toMatchObject({ totals: { done: 1, failed: 0, cancelled: 3 } });
  });

  it.each(['skip', 'overwrite-result'] as const)(
    'numbers the second of two photos that would get one result, under %s too',
    async (onCollision) => {
      const engine = new ScriptedEngine();
      engine.outputOf = () => 'same.jpg';
      const asked = requests('a', 'b').map((request) => ({ ...request, options: { ...request.options, onCollision } }));
      const events = await run(engine, asked);
      expect(events.flatMap((event) => (event.event === 'done' ? [event.report.output] : []))).toEqual(['same.jpg', 'same.jpg-2']);
      expect(engine.asked[1]).toMatchObject({ options: { onCollision: 'number' }, originals: ['same.jpg'] });
    },
  );

  it('tells progress over all photos', async () => {
    const events = await run(new ScriptedEngine(), requests('a', 'b'));
    const fractions = events.flatMap((event) => (event.event === 'progress' ? [event.batchFraction] : []));
    expect(fractions).toEqual([0.25, 0.75]);
  });
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
