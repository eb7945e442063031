import type { Totals } from '../../shared/json-events.ts';
import { problemOf } from '../../shared/problem.ts';
import { reportCsv, reportInEvent, reportJson, type Outcome } from '../batch-report.ts';
import { isOver, type Job } from './jobs.ts';

/** What became of the jobs of the list, in the columns and fields of the command line's report. */
export function queueReport(jobs: readonly Job[], format: 'json' | 'csv'): string {
  const outcomes = jobs.map(outcomeOf);
  return format === 'csv' ? reportCsv(outcomes) : reportJson({ dryRun: false, totals: totalsOf(jobs), outcomes });
}

function outcomeOf({ source, state, report, output, problem, reason }: Job, index: number): Outcome {
  const photo = { index, source };
  const bare = { ...photo, output, reason: reason ?? '' };
  switch (state) {
    case 'done':
      return report === null ? { ...bare, event: 'recovered' } : { ...photo, event: 'done', report: reportInEvent(report) };
    case 'skipped':
      return { ...bare, event: 'skipped' };
    case 'failed':
      return { ...photo, event: 'failed', problem: problem ?? problemOf(null).toData() };
    default:
      return { ...bare, event: 'unfinished', status: state };
  }
}

function totalsOf(jobs: readonly Job[]): Totals {
  const totals = { photos: jobs.length, done: 0, skipped: 0, failed: 0, cancelled: 0, resultPixels: 0, resultBytes: 0, seconds: 0 };
  for (const { state, report } of jobs) {
    totals[isOver(state) ? state : 'cancelled'] += 1;
    totals.resultPixels += report === null ? 0 : report.width * report.height;
    totals.resultBytes += report?.fileBytes ?? 0;
    totals.seconds += report?.seconds.total ?? 0;
  }
  return totals;
}
