import { describe, expect, it } from 'vitest';
import { runBatch } from '../../../src/app/batch.ts';
import type { JobEngine } from '../../../src/app/jobs/job-run.ts';
import type { JobHandlers } from '../../../src/app/supervised-engine.ts';
import type { JobReport, Plan } from '../../../src/shared/engine-protocol.ts';
import { jsonEventSchema, type JsonEvent } from '../../../src/shared/json-events.ts';
import { type Options, defaultOptions, noDials } from '../../../src/shared/options.ts';
import { cancelled, Problem } from '../../../src/shared/problem.ts';
import type { Request } from '../../../src/shared/request.ts';
import { told } from '../../../src/shared/sentence.ts';

/** An engine whose behaviour a photo's name decides: "bad", "bug", "skip", anything else is done. */
class ScriptedEngine implements JobEngine {
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
      rule: told('Because.'),
      format: 'jpeg',
      output: taken ? `${output}-2` : output,
      skip: request.source === 'skip' ? told('Already there.') : null,
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
      ...{ format: 'jpeg', quality: 90, passes: [], rule: told('Because.'), provider: 'cpu', precision: 'int8' },
      ...noDials,
      ...{ kept: [], converted: [], lost: [], notices: [], seconds: { total: 1, decode: 0, enhance: 1, inference: 1, encode: 0 } },
    } as const;
  }

  inspect = (): Promise<never> => Promise.reject(new Error('not asked'));
  devices = (): Promise<never> => Promise.reject(new Error('not asked'));
  models = (): Promise<never> => Promise.reject(new Error('not asked'));
  isResult = (): Promise<never> => Promise.reject(new Error('not asked'));
}

async function run(
  engine: ScriptedEngine,
  sources: string[],
  { onCollision = 'number', ...more }: { dryRun?: boolean; signal?: AbortSignal; onCollision?: Options['onCollision'] } = {},
): Promise<JsonEvent[]> {
  const events: JsonEvent[] = [];
  const photos = sources.map((path) => ({ path, under: '', skipIfResult: false }));
  const totals = await runBatch(engine, photos, { ...defaultOptions, onCollision }, { ...more, onEvent: (event) => events.push(event) });
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
    const events = await run(new ScriptedEngine(), ['a', 'bad', 'unreadable', 'bug', 'skip', 'b']);
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
    const events = await run(engine, ['a', 'unreadable', 'skip'], { dryRun: true });
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
    const events = await run(engine, ['a', 'b', 'c', 'd'], { signal: controller.signal });
    expect(outcomes(events)).toEqual(['done a']);
    expect(events.at(-1)).toMatchObject({ totals: { done: 1, failed: 0, cancelled: 3 } });
  });

  it.each(['skip', 'overwrite-result'] as const)(
    'numbers the second of two photos that would get one result, under %s too',
    async (onCollision) => {
      const engine = new ScriptedEngine();
      engine.outputOf = () => 'same.jpg';
      const events = await run(engine, ['one/a', 'two/b'], { onCollision });
      expect(events.flatMap((event) => (event.event === 'done' ? [event.report.output] : []))).toEqual(['same.jpg', 'same.jpg-2']);
      expect(engine.asked[1]).toMatchObject({ options: { onCollision: 'number' }, originals: ['same.jpg'] });
    },
  );

  it('tells progress over all photos', async () => {
    const events = await run(new ScriptedEngine(), ['a', 'b']);
    const fractions = events.flatMap((event) => (event.event === 'progress' ? [event.batchFraction] : []));
    expect(fractions).toEqual([0.25, 0.75]);
  });
});
