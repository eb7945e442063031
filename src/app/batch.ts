import type { Plan } from '../shared/engine-protocol.ts';
import type { JsonEvent, Totals } from '../shared/json-events.ts';
import type { Options } from '../shared/options.ts';
import type { Region } from '../shared/request.ts';
import { english } from '../shared/sentence.ts';
import type { FoundPhoto } from './collect-photos.ts';
import { addedLines } from './jobs/job-lines.ts';
import type { JobEngine, JobListener } from './jobs/job-run.ts';
import { Jobs } from './jobs/jobs.ts';
import { noticeInEvent, outcomeOf, Tally } from './jobs/report.ts';
import { RunClock } from './jobs/run-clock.ts';
import { Runner } from './jobs/runner.ts';

export interface BatchOptions {
  /** Only plan: nothing is enhanced or written. */
  readonly dryRun?: boolean | undefined;
  /** Only this part of each photo. */
  readonly region?: Region | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onEvent: (event: JsonEvent) => void;
}

/**
 * Enhances photos one after another and tells everything as events, `start` first and `end` last. A photo that fails is reported
 * and the next one begins; only the signal stops the run. Nothing is written down: what is not done when the process ends is not.
 */
export async function runBatch(
  engine: JobEngine,
  photos: readonly FoundPhoto[],
  options: Options,
  { dryRun = false, region, signal, onEvent }: BatchOptions,
): Promise<Totals> {
  const began = performance.now();
  const jobs = new Jobs();
  for (const line of addedLines(photos, options)) jobs.apply(line);
  const clock = new RunClock();
  clock.added(photos.length, true);
  const tally = new Tally();
  const listener = eventsOf(jobs, { clock, tally, dryRun, onEvent });
  const runner = new Runner({ jobs, engine, journal: null, clock, listener, planning: 'once', dryRun, region });
  const stop = (): void => {
    runner.stop();
  };
  signal?.addEventListener('abort', stop, { once: true });
  onEvent({ event: 'start', photos: photos.length, dryRun });
  await runner.run(() => signal?.aborted !== true);
  signal?.removeEventListener('abort', stop);
  const totals = { ...tally.totals(photos.length), seconds: (performance.now() - began) / 1000 };
  onEvent({ event: 'end', totals });
  return totals;
}

/** What the runner tells, in events. */
function eventsOf(
  jobs: Jobs,
  { clock, tally, dryRun, onEvent }: { clock: RunClock; tally: Tally; dryRun: boolean; onEvent: BatchOptions['onEvent'] },
): JobListener {
  const places = new Map(jobs.ids.map((id, index) => [id, index]));
  const photoOf = (id: string): { index: number; source: string } => ({ index: places.get(id) ?? 0, source: jobs.get(id)?.source ?? '' });
  return {
    onSettled: (id, plan) => {
      const event = { event: 'plan', ...photoOf(id), ...planInEvent(plan) } as const;
      onEvent(event);
      if (dryRun && plan.skip === null) tally.add(event);
    },
    onProgress: (id, progress) => {
      const { stage, fraction, provider, tileStage, face, pixelsPerSecond, secondsLeft } = progress;
      const { fraction: batchFraction, secondsLeft: batchSecondsLeft } = clock.course({ id, plan: jobs.get(id)?.plan ?? null, progress });
      onEvent({
        event: 'progress',
        ...photoOf(id),
        stage,
        fraction,
        ...(provider === undefined ? {} : { provider }),
        ...(tileStage === undefined ? {} : { tileStage }),
        ...(face === undefined ? {} : { face }),
        pixelsPerSecond,
        secondsLeft,
        batchFraction,
        batchSecondsLeft,
      });
    },
    onNotice: (id, notice) => {
      onEvent({ event: 'notice', ...photoOf(id), ...noticeInEvent(notice) });
    },
    onEnded: (id) => {
      const job = jobs.get(id);
      const outcome = job === undefined ? null : outcomeOf(job, photoOf(id).index);
      if (outcome?.event !== 'done' && outcome?.event !== 'skipped' && outcome?.event !== 'failed') return;
      tally.add(outcome);
      onEvent(outcome);
    },
  };
}

function planInEvent({ photo, output, width, height, format, passes, rule, skip, estimatedSeconds, estimatedBytes }: Plan) {
  const size = { sourceWidth: photo.width, sourceHeight: photo.height, width, height };
  const why = { rule: english.tell(rule), skip: skip === null ? null : english.tell(skip) };
  const notes = photo.notes === undefined ? {} : { notes: photo.notes.map(english.tell) };
  return { output, ...size, format, passes: [...passes], ...why, ...notes, estimatedSeconds, estimatedBytes };
}
