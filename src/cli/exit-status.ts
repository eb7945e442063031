import type { Totals } from '../shared/json-events.ts';

/** What the process ends with; documented in `onestep enhance --help`. */
export const exitStatus = {
  allDone: 0,
  someFailed: 1,
  badArguments: 2,
  nothingDone: 3,
  /** 128 + SIGINT, as shells expect of an interrupted program. */
  interrupted: 130,
} as const;

/** Skipped photos are as they were asked to be: they count as done. `otherFailures`: what failed before it became a photo. */
export function statusOf({ done, skipped, failed, cancelled }: Totals, otherFailures: number): number {
  if (cancelled > 0) return exitStatus.interrupted;
  if (done + skipped === 0) return exitStatus.nothingDone;
  return failed + otherFailures > 0 ? exitStatus.someFailed : exitStatus.allDone;
}
