import type { Plan } from '../../shared/engine-protocol.ts';
import type { Job, Jobs } from './jobs.ts';
import { requestOf, type QueueEngine } from './job-run.ts';

/** So long beside each job, and for so many photos. */
const most = { seconds: 1, jobs: 200 };

/** Looks at photos that wait, so that the time that is left is known early without keeping the current one waiting. */
export class PlansAhead {
  readonly #engine: QueueEngine;
  readonly #jobs: Jobs;
  readonly #onPlan: (id: string, plan: Plan) => void;
  readonly #inVain = new Set<string>();

  constructor(engine: QueueEngine, jobs: Jobs, onPlan: (id: string, plan: Plan) => void) {
    this.#engine = engine;
    this.#jobs = jobs;
    this.#onPlan = onPlan;
  }

  /** Never rejects: a photo that cannot be planned fails when its turn comes. */
  async make(signal: AbortSignal): Promise<void> {
    const end = performance.now() + most.seconds * 1000;
    for (const job of this.#next()) {
      if (signal.aborted || performance.now() > end) return;
      const plan = await this.#engine.plan(requestOf(job, this.#jobs)).catch(() => null);
      if (plan === null) this.#inVain.add(job.id);
      else if (this.#jobs.get(job.id)?.options === job.options) this.#onPlan(job.id, plan);
    }
  }

  #next(): Job[] {
    const jobs: Job[] = [];
    let seen = 0;
    for (const job of this.#jobs.waiting()) {
      if (seen === most.jobs) break;
      seen += 1;
      if (job.plan === null && !this.#inVain.has(job.id)) jobs.push(job);
    }
    return jobs;
  }
}
