import type { AppCalls } from '../../../shared/contract.ts';
import type { Plan } from '../../../shared/engine-protocol.ts';
import type { Options } from '../../../shared/options.ts';
import { problemOf, type ProblemData } from '../../../shared/problem.ts';
import { Disconnected } from '../../client.ts';

const askAfterMs = 200;

/** What the options come to for one photo, kept current while they are being changed. The last answer stays until the next one is there. */
export class PlanView {
  plan = $state.raw<Plan | null>(null);
  problem = $state.raw<ProblemData | null>(null);
  waiting = $state(false);
  #photo: number | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #asked = 0;

  readonly #calls: AppCalls;

  constructor(calls: AppCalls) {
    this.#calls = calls;
  }

  show(photo: number | null, options: Options): void {
    clearTimeout(this.#timer);
    this.#asked += 1;
    if (photo !== this.#photo) {
      this.plan = null;
      this.problem = null;
    }
    this.#photo = photo;
    this.waiting = photo !== null;
    if (photo !== null) this.#timer = setTimeout(() => void this.#ask(photo, options), askAfterMs);
  }

  async #ask(photo: number, options: Options): Promise<void> {
    const turn = this.#asked;
    const [plan, problem] = await this.#calls.plan(photo, options).then(
      (answer) => [answer, null] as const,
      (error: unknown) => [null, error instanceof Disconnected ? null : problemOf(error).toData()] as const,
    );
    if (turn !== this.#asked) return;
    this.waiting = false;
    this.plan = plan;
    this.problem = problem;
  }
}
