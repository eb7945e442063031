import type { JobReport, Plan } from '../../shared/engine-protocol.ts';
import type { Options } from '../../shared/options.ts';
import type { ProblemData } from '../../shared/problem.ts';
import type { JobProgress, JobState } from '../../shared/queue.ts';
import type { Sentence } from '../../shared/sentence.ts';
import type { Ending } from './job-lines.ts';

export interface Job {
  readonly id: string;
  readonly source: string;
  /** The folder of the result relative to the options' output folder. */
  readonly under: string;
  readonly skipIfResult: boolean;
  readonly state: JobState;
  readonly options: Options;
  /** To be done even if it was done before: somebody asked for it once more. */
  readonly again: boolean;
  /** Where the result was settled to go and who worked on it last; null before it was begun and after it has ended. */
  readonly begun: Begun | null;
  readonly output: string | null;
  readonly report: JobReport | null;
  readonly problem: ProblemData | null;
  readonly reason: Sentence | null;
  /** Known while it waits or runs, if somebody has looked. */
  readonly plan: Plan | null;
  readonly progress: JobProgress | null;
}

export interface Begun {
  readonly destination: string;
  readonly before: string | null;
  readonly processId: number;
}

/** Which states may follow which; every other wish is passed over, as when a job ends while somebody cancels it. */
export const following: Readonly<Record<JobState, readonly JobState[]>> = {
  waiting: ['running', 'done', 'skipped', 'failed', 'cancelled'],
  running: ['waiting', 'done', 'skipped', 'failed', 'cancelled'],
  done: [],
  skipped: ['waiting'],
  failed: ['waiting'],
  cancelled: ['waiting'],
};

export const isOver = (state: JobState): state is Ending['state'] => state !== 'waiting' && state !== 'running';

/** Of a job that has not begun. */
export const fresh = { begun: null, output: null, report: null, problem: null, reason: null, plan: null, progress: null } as const;

/** Every field is spelled out: of many thousand jobs, a spread for each would cost more than all else that is done with them. */
export const newJob = (
  { id, source, under, skipIfResult }: Pick<Job, 'id' | 'source' | 'under' | 'skipIfResult'>,
  options: Options,
): Job => ({
  id,
  source,
  under,
  skipIfResult,
  options,
  state: 'waiting',
  again: false,
  begun: null,
  output: null,
  report: null,
  problem: null,
  reason: null,
  plan: null,
  progress: null,
});
