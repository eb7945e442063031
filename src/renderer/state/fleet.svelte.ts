import type { AppCalls } from '../../shared/contract.ts';
import type { FleetAdded, FleetAdding, FleetView } from '../../shared/fleet.ts';
import type { Options } from '../../shared/options.ts';
import { problemOf, type ProblemData } from '../../shared/problem.ts';

/** So long after an answer the fleet is asked again, while somebody looks; longer after none. */
const askEveryMs = { answered: 1500, failed: 3000 };

/** The fleet, as far as somebody looks at it: nothing is asked of it otherwise. */
export class Fleet {
  /** Where the next photos are enhanced, for those who are connected to a fleet. */
  where = $state<'here' | 'fleet'>('here');
  /** As it stood last; null until it has answered. */
  view = $state.raw<FleetView | null>(null);
  /** Why it did not answer. */
  problem = $state.raw<ProblemData | null>(null);
  /** How far photos are that are being added. */
  adding = $state.raw<FleetAdding | null>(null);
  readonly #calls: AppCalls;
  #watchers = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #asking: Promise<void> | null = null;

  constructor(calls: AppCalls) {
    this.#calls = calls;
  }

  /** Keeps {@link view} as the fleet is, until the returned function is called. */
  watch(): () => void {
    this.#watchers += 1;
    void this.ask();
    return () => {
      this.#watchers -= 1;
      if (this.#watchers === 0) clearTimeout(this.#timer);
    };
  }

  /** Asks now. */
  ask(): Promise<void> {
    clearTimeout(this.#timer);
    this.#asking ??= this.#ask().finally(() => {
      this.#asking = null;
    });
    return this.#asking;
  }

  /** Another fleet, or none. */
  forget(): void {
    this.view = null;
    this.problem = null;
    this.where = 'here';
  }

  add(ids: readonly number[], options: Partial<Options>): Promise<FleetAdded> {
    return this.#calls.fleet.add([...ids], options);
  }

  async #ask(): Promise<void> {
    try {
      this.view = await this.#calls.fleet.view();
      this.problem = null;
    } catch (error) {
      this.problem = problemOf(error).toData();
    }
    clearTimeout(this.#timer);
    const pause = this.problem === null ? askEveryMs.answered : askEveryMs.failed;
    if (this.#watchers > 0) this.#timer = setTimeout(() => void this.ask(), pause);
  }
}
