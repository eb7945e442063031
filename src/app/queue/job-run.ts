import { dirname, join, resolve } from 'node:path';
import type { JobReport, Plan } from '../../shared/engine-protocol.ts';
import { Problem, problemOf, throwIfCancelled } from '../../shared/problem.ts';
import type { JobProgress } from '../../shared/queue.ts';
import type { Request } from '../../shared/request.ts';
import type { Settings } from '../../shared/settings.ts';
import { besideOthers } from '../batch.ts';
import { originalsNear } from '../batch-requests.ts';
import type { SupervisedEngine } from '../supervised-engine.ts';
import { traceOf, versionAt } from './begun-job.ts';
import type { DoneIndex } from './done-index.ts';
import { JobProgressGatherer } from './job-progress.ts';
import type { Begun, Job, Jobs } from './jobs.ts';
import type { Ending } from './queue-lines.ts';
import { workKey } from './work-key.ts';

/** The engine as the queue needs it. */
export type QueueEngine = Pick<SupervisedEngine, 'plan' | 'enhance' | 'isResult' | 'models'>;

export interface JobSurroundings {
  readonly engine: QueueEngine;
  readonly jobs: Jobs;
  readonly done: DoneIndex;
  readonly settings: () => Pick<Settings, 'skipDone'>;
  readonly onPlan: (plan: Plan) => void;
  readonly onProgress: (progress: JobProgress) => void;
  /** Resolves when it is on the disk: the engine begins only then. */
  readonly onBegun: (begun: Begun) => Promise<void>;
}

export interface CurrentJob {
  readonly id: string;
  readonly controller: AbortController;
  /** Somebody has cancelled it; otherwise an abort means that it waits again. */
  cancelled: boolean;
}

/** What a job that failed ends with; null: it was stopped and waits again. */
export function endingOf(error: unknown, { controller, cancelled }: CurrentJob): Ending | null {
  const problem = problemOf(error);
  const stopped = problem.code === 'cancelled' && controller.signal.aborted;
  if (stopped && !cancelled) return null;
  const nothing = { output: null, report: null, reason: null };
  return stopped ? { ...nothing, state: 'cancelled', problem: null } : { ...nothing, state: 'failed', problem: problem.toData() };
}

/** Somebody else may take the settled name while the photo is enhanced: then another is settled, so often. */
const settlings = 3;

/**
 * Carries out one job: settles where its result goes, leaves it alone where the same was done before, and enhances it. A job that
 * was begun by an earlier run of the application goes on from what that left: nothing is done twice.
 * @throws Problem as the engine does; `cancelled` after an abort, when nothing was written
 */
export async function runJob(job: Job, surroundings: JobSurroundings, signal: AbortSignal): Promise<Ending> {
  const { engine } = surroundings;
  const trace = job.begun === null ? 'else' : await traceOf(job.begun, engine);
  if (job.begun !== null && trace === 'result') return recovered(job.begun.destination);
  let destination = trace === 'nothing' ? job.begun?.destination : undefined;
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await settleAndEnhance(job, destination, surroundings, signal);
    } catch (error) {
      if (!(error instanceof Problem) || error.code !== 'already-exists' || attempt === settlings) throw error;
      destination = undefined;
    }
  }
}

async function settleAndEnhance(
  job: Job,
  destination: string | undefined,
  { engine, jobs, done, settings, ...tell }: JobSurroundings,
  signal: AbortSignal,
): Promise<Ending> {
  const wanted = { ...requestOf(job, jobs), ...(destination === undefined ? {} : { destination }) };
  const { plan, request } = await besideOthers(engine, wanted, await engine.plan(wanted), outputsOfOthers(job, jobs));
  tell.onPlan(plan);
  if (plan.skip !== null) return skipped(plan.skip, plan.output);

  const version = await versionAt(job.source);
  const key = await workKey(job.source, job.options, plan, await engine.models());
  const earlier = key === null || job.again || !settings().skipDone ? null : await done.find(key, dirname(plan.output));
  if (earlier !== null) return skipped('It was done before with these options.', earlier);
  throwIfCancelled(signal);

  const begun = { destination: plan.output, before: await versionAt(plan.output) };
  const report = await enhance(engine, { ...request, destination: plan.output }, begun, plan, tell, signal);
  if (report === null) return recovered(plan.output);
  if (report.status === 'skipped' || report.output === null) return skipped(report.reason ?? '', report.output);
  // A photo that was changed meanwhile may not be the one that was enhanced.
  if (key !== null && (await versionAt(job.source)) === version) await done.remember(key, report.output).catch(() => undefined);
  return { state: 'done', output: report.output, report, problem: null, reason: null };
}

/** Null: the result is there although the engine could not say so any more. */
async function enhance(
  engine: QueueEngine,
  request: Request,
  begun: Omit<Begun, 'processId'>,
  plan: Plan,
  { onProgress, onBegun }: Pick<JobSurroundings, 'onProgress' | 'onBegun'>,
  signal: AbortSignal,
): Promise<JobReport | null> {
  const gatherer = new JobProgressGatherer(plan);
  let processId = 0;
  try {
    return await engine.enhance(request, {
      signal,
      onBegin: (id) => {
        processId = id;
        return onBegun({ ...begun, processId: id });
      },
      onProgress: (progress) => {
        onProgress(gatherer.next(progress));
      },
    });
  } catch (error) {
    if (processId === 0) throw error;
    const trace = await traceOf({ ...begun, processId }, engine).catch(() => 'else');
    if (trace === 'result') return null;
    throw error;
  }
}

/** What the engine is asked, as of now: the options may have been changed, and other photos added, since it was queued. */
export function requestOf({ source, under, skipIfResult, options }: Job, jobs: Jobs): Request {
  const output = options.output === null ? null : join(resolve(options.output), under);
  const originals = options.onCollision === 'overwrite-result' ? chosenIn(output ?? dirname(source), options.name, jobs) : [];
  const others = originals.filter((original) => original !== source);
  return {
    source,
    options: { ...options, output },
    ...(others.length === 0 ? {} : { originals: others }),
    ...(skipIfResult ? { skipResults: true } : {}),
  };
}

function chosenIn(folder: string, template: string, jobs: Jobs): string[] {
  const chosen = [...jobs.inOrder()].filter(({ skipIfResult }) => !skipIfResult).map(({ source }) => ({ path: source }));
  return originalsNear(chosen, template)(folder);
}

/** Results of other photos of the list. Numbered names need not know them: what exists is never taken. */
function outputsOfOthers({ source, options }: Job, jobs: Jobs): ReadonlySet<string> {
  const outputs = new Set<string>();
  if (options.onCollision === 'number') return outputs;
  for (const job of jobs.inOrder()) if (job.state === 'done' && job.output !== null && job.source !== source) outputs.add(job.output);
  return outputs;
}

const skipped = (reason: string, output: string | null): Ending => ({ state: 'skipped', output, report: null, problem: null, reason });

const recovered = (output: string): Ending => ({
  state: 'done',
  output,
  report: null,
  problem: null,
  reason: 'It had been finished when the application, or its engine, stopped.',
});
