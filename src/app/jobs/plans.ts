import type { Plan } from '../../shared/engine-protocol.ts';
import { problemOf, type Problem } from '../../shared/problem.ts';
import type { Request } from '../../shared/request.ts';
import type { JobRun } from './job-run.ts';
import type { Job } from './job.ts';
import { requestOf } from './requests.ts';

/** So long, and for so many photos, plans are made ahead at a time. */
const most = { seconds: 1, jobs: 200 };
/** In a dry run so many photos are looked up at a time: most of a plan is waiting for the disk. */
const atOnce = 4;

/** What jobs come to: looked up ahead, so that the time that is left is known early, and when a job's turn comes. */
export class Plans {
  readonly #run: JobRun;
  /** Jobs that could not be planned ahead. */
  readonly #inVain = new Map<string, Problem>();
  /** Plans under way in a dry run, by job. */
  readonly #pending = new Map<string, Promise<Plan>>();
  /** The job at work, beside which plans are made ahead. */
  #beside: string | null = null;

  constructor(run: JobRun) {
    this.#run = run;
  }

  /** Looks at photos that wait, as long as it may. Never rejects: a photo that cannot be planned fails when its turn comes. */
  async ahead(mayGoOn: () => boolean): Promise<void> {
    const { engine, jobs, region } = this.#run;
    const end = performance.now() + most.seconds * 1000;
    for (const job of this.#next()) {
      if (!mayGoOn() || performance.now() > end) return;
      try {
        const plan = await engine.plan(requestOf(job, jobs, region));
        if (jobs.get(job.id)?.options === job.options) this.#know(job.id, plan);
      } catch (error) {
        this.#inVain.set(job.id, problemOf(error));
      }
    }
  }

  /**
   * What is done for a job now: its request and plan. Where the wanted name is that of another photo's result of the list, the plan
   * is one with a number in the name: no photo must take it for an old result of its own.
   * @throws Problem as the engine does
   */
  async settle(job: Job, wanted: Request): Promise<{ plan: Plan; request: Request }> {
    const { engine, jobs, planning, listener } = this.#run;
    let request = wanted;
    let plan = await this.#planOf(job, wanted);
    if (this.#mayMeet(job, plan) && jobs.isResultOfOther(plan.output, job.source)) {
      const { options, originals = [] } = wanted;
      request = {
        ...wanted,
        options: { ...options, onCollision: 'number' },
        originals: [...originals, ...jobs.resultsOfOthers(job.source)],
      };
      plan = await engine.plan(request);
    }
    if (plan !== job.plan) this.#know(job.id, plan);
    listener.onSettled(job.id, plan);
    if (planning === 'anew') {
      this.#beside = job.id;
      void this.ahead(() => this.#beside === job.id);
    }
    return { plan, request };
  }

  /** The job is over: nothing more is planned beside it. */
  stop(): void {
    this.#beside = null;
  }

  async #planOf(job: Job, wanted: Request): Promise<Plan> {
    const { engine, planning } = this.#run;
    if (planning === 'anew') return engine.plan(wanted);
    const problem = this.#inVain.get(job.id);
    if (problem !== undefined) throw problem;
    if (this.#run.dryRun === true) this.#lookUpNext();
    const pending = this.#pending.get(job.id);
    this.#pending.delete(job.id);
    return pending ?? job.plan ?? engine.plan(wanted);
  }

  /** Begins to plan the jobs whose turn comes next. */
  #lookUpNext(): void {
    const { engine, jobs, region } = this.#run;
    for (const job of jobs.waiting()) {
      if (this.#pending.size === atOnce) return;
      if (this.#pending.has(job.id)) continue;
      const plan = engine.plan(requestOf(job, jobs, region));
      // Its failure is that of the job, when its turn comes.
      plan.catch(() => undefined);
      this.#pending.set(job.id, plan);
    }
  }

  /** A fresh plan with a numbered name knows what lies on the disk, and takes no name that exists. */
  #mayMeet({ options }: Job, { skip }: Plan): boolean {
    if (options.onCollision === 'number') return this.#run.planning === 'once' && skip === null;
    return skip === null || options.onCollision === 'skip';
  }

  #know(id: string, plan: Plan): void {
    const { jobs, clock, listener } = this.#run;
    jobs.know(id, { plan });
    clock.planned(id, plan);
    listener.onPlanned?.(id, plan);
  }

  #next(): Job[] {
    const jobs: Job[] = [];
    let seen = 0;
    for (const job of this.#run.jobs.waiting()) {
      if (seen === most.jobs) break;
      seen += 1;
      if (job.plan === null && !this.#inVain.has(job.id)) jobs.push(job);
    }
    return jobs;
  }
}
