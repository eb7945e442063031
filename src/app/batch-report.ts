import type { JobReport } from '../shared/engine-protocol.ts';
import type { JsonEvent, Totals } from '../shared/json-events.ts';
import type { JobState } from '../shared/queue.ts';
import { csvText } from './csv.ts';

/** What became of one photo, as a run of the command line tells it, or as the queue knows besides. */
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

/** The contract's lists are read-only, those of events are not. */
export const reportInEvent = ({ reason, ...report }: JobReport): Extract<JsonEvent, { event: 'done' }>['report'] => ({
  ...report,
  passes: [...report.passes],
  kept: [...report.kept],
  converted: [...report.converted],
  lost: [...report.lost],
  notices: [...report.notices],
  ...(reason === undefined ? {} : { reason }),
});

/** A report as JSON; `totals` is null until the run is over. */
export function reportJson(run: { dryRun: boolean; totals: Totals | null; outcomes: readonly Outcome[] }): string {
  const photos = run.outcomes
    .filter((outcome) => outcome.event !== 'left-out')
    .map((outcome) => {
      const { event: _, ...rest } = outcome;
      return { status: statusOf(outcome), ...rest };
    });
  const leftOut = run.outcomes.filter((outcome) => outcome.event === 'left-out').map(({ event: _, ...rest }) => rest);
  return `${JSON.stringify({ dryRun: run.dryRun, totals: run.totals, photos, leftOut }, null, 2)}\n`;
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
