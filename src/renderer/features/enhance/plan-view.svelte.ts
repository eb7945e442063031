import type { AppCalls } from '../../../shared/contract.ts';
import type { Plan } from '../../../shared/engine-protocol.ts';
import type { Options } from '../../../shared/options.ts';
import { problemOf, type ProblemData } from '../../../shared/problem.ts';
import { Disconnected } from '../../client.ts';

const askAfterMs = 200;

/**
 * What the options come to for a photo, kept current while they are being changed. The last answer stays until the next one is
 * there. Of several photos the first is taken that can be enhanced at all.
 */
export class PlanView {
  plan = $state.raw<Plan | null>(null);
  problem = $state.raw<ProblemData | null>(null);
  waiting = $state(false);
  #photos: readonly number[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;
  #asked = 0;

  readonly #calls: Pick<AppCalls['photos'], 'plan'>;

  constructor(calls: Pick<AppCalls['photos'], 'plan'>) {
    this.#calls = calls;
  }

  show(photos: readonly number[], options: Options): void {
    clearTimeout(this.#timer);
    this.#asked += 1;
    if (photos.join() !== this.#photos.join()) {
      this.plan = null;
      this.problem = null;
    }
    this.#photos = photos;
    this.waiting = photos.length > 0;
    if (photos.length > 0) this.#timer = setTimeout(() => void this.#ask(photos, options), askAfterMs);
  }

  async #ask(photos: readonly number[], options: Options): Promise<void> {
    const turn = this.#asked;
    let first: ProblemData | null = null;
    for (const photo of photos) {
      try {
        const plan = await this.#calls.plan(photo, options);
        if (turn === this.#asked) this.#answer(plan, null);
        return;
      } catch (error) {
        if (turn !== this.#asked || error instanceof Disconnected) return;
        first ??= problemOf(error).toData();
      }
    }
    this.#answer(null, first);
  }

  #answer(plan: Plan | null, problem: ProblemData | null): void {
    this.waiting = false;
    this.plan = plan;
    this.problem = problem;
  }
}
