import { rm, stat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { JobReport, Notice, Plan, Progress } from '../../shared/engine-protocol.ts';
import { Problem, problemOf, throwIfCancelled } from '../../shared/problem.ts';
import type { Request } from '../../shared/request.ts';
import { sentence, type Sentence } from '../../shared/sentence.ts';
import { photoVersion, versionAt } from '../photos/photo-version.ts';
import type { Ending, JobLine } from './job-lines.ts';
import type { JobEngine, JobJournal, JobRun } from './job-run.ts';
import type { Begun, Job } from './job.ts';
import { Plans } from './plans.ts';
import { requestOf } from './requests.ts';
import { workKey } from './work-key.ts';

/** Somebody else may take the settled name while the photo is enhanced: then another is settled, so often. */
const settlings = 3;

interface Current {
  readonly id: string;
  readonly signal: AbortSignal;
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
  /** Of every job until one is stopped: a signal each would cost a tenth of all that is done here for a job. */
  #stopping = new AbortController();
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
    this.#plans.stop();
    this.#stopping.abort();
  }

  async #carryOut(job: Job): Promise<void> {
    const { id } = job;
    const { jobs, clock, listener } = this.#run;
    if (this.#stopping.signal.aborted) this.#stopping = new AbortController();
    const { signal } = this.#stopping;
    const current: Current = { id, signal, cancelled: false };
    this.#current = current;
    jobs.pick(id);
    listener.onPicked?.(id);
    const ending = await runJob(job, this.#run, this.#plans, signal).catch((error: unknown) => failureOf(error, current));
    this.#plans.stop();
    this.#current = null;
    if (ending === null) {
      await this.#commit({ type: 'returned', id });
      return;
    }
    clock.finished(jobs.get(id) ?? job, ending.state);
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
function failureOf(error: unknown, { signal, cancelled }: Current): Ending | null {
  const problem = problemOf(error);
  const stopped = problem.code === 'cancelled' && signal.aborted;
  if (stopped && !cancelled) return null;
  const nothing = { output: null, report: null, reason: null };
  return stopped ? { ...nothing, state: 'cancelled', problem: null } : { ...nothing, state: 'failed', problem: problem.toData() };
}

/**
 * Carries out one job: settles where its result goes, leaves it alone where the same was done before, and enhances it. A job that
 * was begun by an earlier run of the application goes on from what that left: nothing is done twice.
 * @throws Problem as the engine does; `cancelled` after an abort, when nothing was written
 */
async function runJob(job: Job, run: JobRun, plans: Plans, signal: AbortSignal): Promise<Ending> {
  if (job.begun !== null && run.onlyAsSettled === true) return enhanceThere(job, job.begun, run, plans, signal);
  const trace = job.begun === null ? 'else' : await traceOf(job.begun, run.engine);
  if (job.begun !== null && trace === 'result') return recovered(job.begun.destination);
  let destination = trace === 'nothing' ? job.begun?.destination : undefined;
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await settleAndEnhance(job, destination, run, plans, signal);
    } catch (error) {
      const isTaken = error instanceof Problem && error.code === 'already-exists';
      if (!isTaken || run.journal === null || attempt === settlings) throw error;
      destination = undefined;
    }
  }
}

/** How long somebody else may hold a name with an empty file before the result takes its place: see `place` of the engine. */
const holdSeconds = 10;

/**
 * Exactly there, whoever else is at it: whose result has the name first has done it, and the other one's is gone.
 * @throws Problem already-exists where something else lies there
 */
async function enhanceThere(job: Job, begun: Begun, run: JobRun, plans: Plans, signal: AbortSignal): Promise<Ending> {
  const look = () => traceOf(begun, run.engine, holdSeconds);
  const trace = await look();
  if (trace === 'result') return recovered(begun.destination);
  if (trace === 'else') throw new Problem('already-exists', sentence('result.exists', { name: basename(begun.destination) }));
  try {
    return await settleAndEnhance(job, begun.destination, run, plans, signal);
  } catch (error) {
    if (signal.aborted || (await look().catch(() => 'else')) !== 'result') throw error;
    return recovered(begun.destination);
  }
}

async function settleAndEnhance(
  job: Job,
  destination: string | undefined,
  run: JobRun,
  plans: Plans,
  signal: AbortSignal,
): Promise<Ending> {
  const wanted = requestOf(job, run.jobs, run.region);
  const settled = await plans.settle(job, destination === undefined ? wanted : { ...wanted, destination });
  const { plan, request } = settled;
  if (plan.skip !== null) return skipped(plan.skip, plan.output);
  if (run.dryRun === true) return done(plan.output, null);
  if (run.journal !== null) return enhanceOnce(job, settled, run, run.journal, signal);
  return endingOf(await run.engine.enhance(request, handlersOf(job, run, signal)));
}

/** With a journal: not if it was done before, and with a trace of where the result will lie before the engine is asked. */
async function enhanceOnce(
  job: Job,
  { request, plan }: { request: Request; plan: Plan },
  run: JobRun,
  journal: JobJournal,
  signal: AbortSignal,
): Promise<Ending> {
  const version = await versionAt(job.source);
  const key = await workKey(job.source, job.options, plan, await run.engine.models());
  const earlier = key === null || job.again || !journal.skipDone() ? null : await journal.done.find(key, dirname(plan.output));
  if (earlier !== null) return skipped(sentence('skip.doneBefore'), earlier);
  throwIfCancelled(signal);

  let begun: Begun = { destination: plan.output, before: await versionAt(plan.output), processId: 0 };
  const onBegin = (processId: number): Promise<void> => {
    begun = { ...begun, processId };
    return journal.commit({ type: 'begun', id: job.id, ...begun });
  };
  const handlers = { ...handlersOf(job, run, signal), onBegin };
  const report = await run.engine.enhance({ ...request, destination: plan.output }, handlers).catch(async (error: unknown) => {
    // The result may be there although the engine could not say so any more.
    if (begun.processId === 0 || (await traceOf(begun, run.engine).catch(() => 'else')) !== 'result') throw error;
    return null;
  });
  if (report === null) return recovered(plan.output);
  const ending = endingOf(report);
  if (ending.state === 'done' && key !== null && (await versionAt(job.source)) === version) {
    // A photo that was changed meanwhile may not be the one that was enhanced.
    await journal.done.remember(key, report.output ?? plan.output).catch(() => undefined);
  }
  return ending;
}

const handlersOf = ({ id }: Job, { listener }: JobRun, signal: AbortSignal) => ({
  signal,
  onProgress: (progress: Progress) => {
    listener.onProgress(id, progress);
  },
  onNotice: (notice: Notice) => listener.onNotice?.(id, notice),
});

/**
 * What a job that was begun has left where its result was to go, now or after the patience: its `result`, `nothing` (or the earlier result that it was to
 * replace), or something `else`. Results get their name whole and verified, so one that bears our mark is complete.
 */
async function traceOf(
  { destination, before }: Begun,
  engine: Pick<JobEngine, 'isResult'>,
  patienceSeconds = 0,
): Promise<'result' | 'nothing' | 'else'> {
  for (let second = 0; ; second += 1) {
    const file = await stat(destination).catch(() => null);
    if (file === null || photoVersion(file) === before) return 'nothing';
    if (await engine.isResult(destination)) return 'result';
    if (file.size > 0 || before !== null) return 'else';
    // Where a file system has no links, an empty file holds the name until the result takes its place.
    if (second >= patienceSeconds) break;
    await wait(1000);
  }
  await rm(destination);
  return 'nothing';
}

const endingOf = (report: JobReport): Ending =>
  report.status === 'skipped' || report.output === null
    ? skipped(report.reason ?? sentence('skip.appeared'), report.output)
    : done(report.output, report);

const done = (output: string, report: JobReport | null): Ending => ({ state: 'done', output, report, problem: null, reason: null });

const skipped = (reason: Sentence, output: string | null): Ending => ({ state: 'skipped', output, report: null, problem: null, reason });

const recovered = (output: string): Ending => ({
  ...done(output, null),
  reason: sentence('job.recovered'),
});
