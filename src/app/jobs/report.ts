import type { JobReport, Notice } from '../../shared/engine-protocol.ts';
import type { JsonEvent, Totals } from '../../shared/json-events.ts';
import { problemOf } from '../../shared/problem.ts';
import type { JobState } from '../../shared/queue.ts';
import { english, inEnglish } from '../../shared/sentence.ts';
import { csvText } from '../csv.ts';
import type { Job } from './job.ts';

/** What became of one photo, as a run of the command line tells it, or as a list of jobs knows besides. */
export type Outcome =
  | Extract<JsonEvent, { event: 'done' | 'skipped' | 'failed' | 'plan' | 'left-out' }>
  | (Bare & { readonly event: 'unfinished'; readonly status: Exclude<JobState, 'done' | 'skipped' | 'failed'> })
  /** Done, but what the engine reported went down with the application. */
  | (Bare & { readonly event: 'recovered' });

interface Bare {
  readonly index: number;
  readonly source: string;
  readonly output: string | null;
  readonly reason: string;
}

export const noticeInEvent = ({ code, message }: Notice): { code: string; message: string } => ({ code, message: english.tell(message) });

/** The contract's lists are read-only, those of events are not. */
const reportInEvent = ({ reason, ...report }: JobReport): Extract<JsonEvent, { event: 'done' }>['report'] => ({
  ...report,
  passes: [...report.passes],
  faces: report.faces && { ...report.faces, each: [...report.faces.each] },
  rule: english.tell(report.rule),
  kept: report.kept.map(english.tell),
  converted: report.converted.map(english.tell),
  lost: report.lost.map(english.tell),
  notices: report.notices.map(noticeInEvent),
  ...(reason === undefined ? {} : { reason: english.tell(reason) }),
});

/** Adds up what became of photos. */
export class Tally {
  readonly #sums = { done: 0, skipped: 0, failed: 0, resultPixels: 0, resultBytes: 0 };
  #seconds = 0;

  add(outcome: Outcome): void {
    if (outcome.event === 'skipped' || outcome.event === 'failed') this.#sums[outcome.event] += 1;
    if (outcome.event === 'recovered') this.#sums.done += 1;
    if (outcome.event === 'done') this.#addDone(outcome.report, outcome.report.fileBytes, outcome.report.seconds.total);
    if (outcome.event === 'plan') this.#addDone(outcome, outcome.estimatedBytes, 0);
  }

  /** Of so many photos: those of which nothing was told count as cancelled. The time is that of the photos, added up. */
  totals(photos: number): Totals {
    const { done, skipped, failed, ...sizes } = this.#sums;
    return { photos, done, skipped, failed, cancelled: photos - done - skipped - failed, ...sizes, seconds: this.#seconds };
  }

  #addDone({ width, height }: { width: number; height: number }, bytes: number, seconds: number): void {
    this.#sums.done += 1;
    this.#sums.resultPixels += width * height;
    this.#sums.resultBytes += bytes;
    this.#seconds += seconds;
  }
}

/** What became of the jobs of a list, in the columns and fields of the command line's report. */
export function jobsReport(jobs: readonly Job[], format: 'json' | 'csv'): string {
  const outcomes = jobs.map(outcomeOf);
  const tally = new Tally();
  for (const outcome of outcomes) tally.add(outcome);
  return format === 'csv' ? reportCsv(outcomes) : reportJson({ dryRun: false, totals: tally.totals(jobs.length), outcomes });
}

/** What is told of a job at its place of the list. */
export function outcomeOf({ source, state, report, output, problem, reason }: Job, index: number): Outcome {
  const photo = { index, source };
  const bare = { ...photo, output, reason: reason === null ? '' : english.tell(reason) };
  if (state === 'done')
    return report === null ? { ...bare, event: 'recovered' } : { event: 'done', ...photo, report: reportInEvent(report) };
  if (state === 'skipped') return { event: 'skipped', ...photo, reason: bare.reason, output };
  if (state === 'failed') return { event: 'failed', ...photo, problem: problem ?? problemOf(null).toData() };
  return { ...bare, event: 'unfinished', status: state };
}

/** A report as JSON; `totals` is null until the run is over. */
export function reportJson(run: { dryRun: boolean; totals: Totals | null; outcomes: readonly Outcome[] }): string {
  const photos = run.outcomes
    .filter((outcome) => outcome.event !== 'left-out')
    .map((outcome) => {
      const { event: _, ...rest } = outcome;
      return { status: statusOf(outcome), ...rest };
    });
  const leftOut = run.outcomes.filter((outcome) => outcome.event === 'left-out').map(({ event: _, ...rest }) => rest);
  return `${JSON.stringify({ dryRun: run.dryRun, totals: run.totals, photos, leftOut }, inEnglish, 2)}\n`;
}

function statusOf(outcome: Outcome): string {
  if (outcome.event === 'unfinished') return outcome.status;
  return { plan: 'planned', recovered: 'done', done: 'done', skipped: 'skipped', failed: 'failed', 'left-out': 'left-out' }[outcome.event];
}

const csvColumns = [
  'source',
  'status',
  'output',
  'source_width',
  'source_height',
  'width',
  'height',
  'bytes',
  'seconds',
  'provider',
  'reason',
];

export const reportCsv = (outcomes: readonly Outcome[]): string => csvText([csvColumns, ...outcomes.map(csvRow)]);

function csvRow(outcome: Outcome): (string | number)[] {
  const blanks = (count: number): string[] => Array.from({ length: count }, () => '');
  switch (outcome.event) {
    case 'done': {
      const { output, sourceWidth, sourceHeight, width, height, fileBytes, seconds, provider } = outcome.report;
      return [
        outcome.source,
        'done',
        output ?? '',
        sourceWidth,
        sourceHeight,
        width,
        height,
        fileBytes,
        seconds.total.toFixed(2),
        provider,
        '',
      ];
    }
    case 'plan': {
      const { output, sourceWidth, sourceHeight, width, height, estimatedBytes, estimatedSeconds } = outcome;
      const seconds = estimatedSeconds?.toFixed(2) ?? '';
      return [outcome.source, 'planned', output, sourceWidth, sourceHeight, width, height, estimatedBytes, seconds, '', outcome.rule];
    }
    case 'skipped':
      return [outcome.source, 'skipped', outcome.output ?? '', ...blanks(7), outcome.reason];
    case 'failed':
      return [outcome.source, 'failed', '', ...blanks(7), `${outcome.problem.message} ${outcome.problem.advice}`];
    case 'unfinished':
    case 'recovered':
      return [outcome.source, statusOf(outcome), outcome.output ?? '', ...blanks(7), outcome.reason];
    case 'left-out':
      return [outcome.path, 'left-out', '', ...blanks(7), outcome.message];
  }
}
