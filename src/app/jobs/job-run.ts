import type { Notice, Plan, Progress } from '../../shared/engine-protocol.ts';
import type { Region } from '../../shared/request.ts';
import type { Engine } from '../supervised-engine.ts';
import type { Ending, JobLine } from './job-lines.ts';
import type { Jobs } from './jobs.ts';
import type { RunClock } from './run-clock.ts';

/** Who carries jobs out. */
export interface JobEngine extends Pick<Engine['photos'], 'plan' | 'enhance' | 'isResult'> {
  readonly models: Engine['models']['list'];
}

export const jobEngine = ({ photos, models }: Engine): JobEngine => ({ ...photos, models: models.list });

/** Jobs, who carries them out, what is written down of them and who is told: what a `Runner` works with. */
export interface JobRun {
  /** Where jobs come from; may grow and change meanwhile. */
  readonly jobs: Jobs;
  readonly engine: JobEngine;
  /** Null: nothing needs to survive this process. */
  readonly journal: JobJournal | null;
  readonly clock: RunClock;
  readonly listener: JobListener;
  /**
   * `once`: before the first photo, for a second, and they hold: a run over what lies there now. `anew`: beside each photo, and
   * again when a photo's turn comes: a list that may wait for days.
   */
  readonly planning: 'once' | 'anew';
  /** Only plan: nothing is enhanced or written. */
  readonly dryRun?: boolean | undefined;
  /** Only this part of each photo. */
  readonly region?: Region | undefined;
  /** Results go where they were settled to go, or nowhere: others may be at the same photo, on other computers. */
  readonly onlyAsSettled?: boolean | undefined;
}

/** What is written down, so that whoever comes after this process does exactly the rest, and nothing twice. */
export interface JobJournal {
  /** The line counts at once; resolves when it is on the disk. */
  commit(line: JobLine): Promise<void>;
  /** What was done before, by `workKey`. */
  readonly done: {
    /** The path of the result in `folder` that is this work already, or null. */
    find(key: string, folder: string): Promise<string | null>;
    /** Remembers the result at `path`, which exists. */
    remember(key: string, path: string): Promise<void>;
  };
  /** Whether what was done before is left out. */
  readonly skipDone: () => boolean;
}

export interface JobListener {
  /** The job's turn has come. */
  onPicked?(id: string): void;
  /** What the job comes to is known, maybe long before its turn. */
  onPlanned?(id: string, plan: Plan): void;
  /** What is done now, unless `plan.skip` says why nothing is. */
  onSettled(id: string, plan: Plan): void;
  onProgress(id: string, progress: Progress): void;
  onNotice?(id: string, notice: Notice): void;
  /** What became of the job. Not told of one that was stopped and waits again. */
  onEnded?(id: string, ending: Ending): void;
}
