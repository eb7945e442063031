import type { JobReport, Plan, Progress } from './engine-protocol.ts';
import type { Options } from './options.ts';
import type { ProblemData } from './problem.ts';
import type { Sentence } from './sentence.ts';

export const jobStates = ['waiting', 'running', 'done', 'skipped', 'failed', 'cancelled'] as const;
export type JobState = (typeof jobStates)[number];

/** A job as the queue shows it. */
export interface JobCard {
  readonly id: string;
  readonly source: string;
  readonly photoId: number;
  readonly state: JobState;
  readonly options: Options;
  /** What it comes to; null until it was planned. */
  readonly plan: Plan | null;
  readonly progress: JobProgress | null;
  /** Why it failed, or why it was skipped (`reason`). */
  readonly problem: ProblemData | null;
  readonly reason: Sentence | null;
  readonly report: JobReport | null;
  /** The result, as long as it exists. */
  readonly resultId: number | null;
  readonly resultVersion: string | null;
}

export interface JobProgress extends Omit<Progress, 'tile'> {
  /** Tiles finished so far in the current pass, as rectangles in 0…1 of the photo's width and height. */
  readonly tiles: readonly { readonly left: number; readonly top: number; readonly width: number; readonly height: number }[];
  /** The current pass, from 0, and how many models are run one after another. */
  readonly pass: number;
  readonly passes: number;
}

/** What became of the jobs since the queue last stood empty; `total` counts those that are not over, too. */
export interface RunCounts {
  readonly total: number;
  readonly done: number;
  readonly skipped: number;
  readonly failed: number;
  readonly cancelled: number;
}

export interface QueueState {
  readonly revision: number;
  /** `pausing`: the current photo is still being finished. `interrupted`: an earlier run ended in the middle; `resume` goes on. */
  readonly activity: 'idle' | 'running' | 'pausing' | 'paused' | 'interrupted';
  readonly currentJobId: string | null;
  /** Of the whole list. */
  readonly counts: Readonly<Record<JobState, number>>;
  readonly run: RunCounts;
  /** Of everything that is not finished and what was finished since the queue last stood empty: 0…1. */
  readonly fraction: number;
  /** Null until a speed has been measured. */
  readonly secondsLeft: number | null;
  readonly pixelsPerSecond: number;
  /** How many times longer photos take in this run than their plans say. */
  readonly pace: number;
}
