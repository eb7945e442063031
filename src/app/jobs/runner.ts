import { problemOf } from '../../shared/problem.ts';
import type { Ending, JobLine } from './job-lines.ts';
import type { JobRun } from './job-run.ts';
import type { Job } from './jobs.ts';
import { Plans } from './plans.ts';
import { runJob } from './run-job.ts';

interface Current {
  readonly id: string;
  readonly controller: AbortController;
  /** Somebody has cancelled it; otherwise an abort means that it waits again. */
  cancelled: boolean;
}

/**
 * Carries out the jobs of a list, one after another. The window's queue, which keeps a journal, and the command line, which keeps
 * none, are callers of it; several runners may share one list, each with an engine of its own.
 */
export class Runner {
  readonly #run: JobRun;
  readonly #plans: Plans;
  #current: Current | null = null;

  constructor(run: JobRun) {
    this.#run = run;
    this.#plans = new Plans(run);
  }

  /** The id of the job at work. */
  get current(): string | null {
    return this.#current?.id ?? null;
  }

  /** Goes on until nothing waits, or it may not any more. Never rejects for what becomes of a job. */
  async run(mayGoOn: () => boolean): Promise<void> {
    const { jobs, clock, planning, dryRun = false } = this.#run;
    clock.working(true);
    try {
      if (planning === 'once' && !dryRun && jobs.counts.waiting > 1) await this.#plans.ahead(mayGoOn);
      while (mayGoOn()) {
        const [next] = jobs.waiting();
        if (next === undefined) return;
        await this.#carryOut(next);
      }
    } finally {
      clock.working(false);
    }
  }

  /** Stops the job at work: it waits again or, where it is cancelled, never comes back by itself. */
  stop({ cancelled }: { cancelled: boolean } = { cancelled: false }): void {
    if (this.#current === null) return;
    this.#current.cancelled ||= cancelled;
    this.#current.controller.abort();
  }

  async #carryOut(job: Job): Promise<void> {
    const { id } = job;
    const { jobs, clock, listener } = this.#run;
    const current: Current = { id, controller: new AbortController(), cancelled: false };
    this.#current = current;
    jobs.pick(id);
    listener.onPicked?.(id);
    const ending = await runJob(job, this.#run, this.#plans, current.controller.signal).catch((error: unknown) => endingOf(error, current));
    // Whatever is planned ahead stops now.
    current.controller.abort();
    this.#current = null;
    if (ending === null) {
      await this.#commit({ type: 'returned', id });
      return;
    }
    clock.finished(jobs.get(id) ?? job, ending.state === 'done');
    await this.#commit({ type: 'ended', id, ...ending });
    listener.onEnded?.(id, ending);
  }

  /** What cannot be written down is told by the journal itself, and counts as long as this process lives. */
  async #commit(line: JobLine): Promise<void> {
    const { jobs, journal } = this.#run;
    if (journal === null) jobs.apply(line);
    else await journal.commit(line).catch(() => undefined);
  }
}

/** What a job that failed ends with; null: it was stopped and waits again. */
function endingOf(error: unknown, { controller, cancelled }: Current): Ending | null {
  const problem = problemOf(error);
  const stopped = problem.code === 'cancelled' && controller.signal.aborted;
  if (stopped && !cancelled) return null;
  const nothing = { output: null, report: null, reason: null };
  return stopped ? { ...nothing, state: 'cancelled', problem: null } : { ...nothing, state: 'failed', problem: problem.toData() };
}
