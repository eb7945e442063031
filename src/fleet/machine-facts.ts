import type { MachineNote } from '../shared/fleet.ts';
import type { Problem, ProblemData } from '../shared/problem.ts';

/** What the queue keeps of a problem. */
export const keptProblem = (problem: Problem): ProblemData => ({ ...problem.toData(), detail: problem.detail?.slice(0, 2000) });

/** What a machine says of itself. */
export class MachineFacts {
  /** Where its last photo was computed. */
  device = '';
  /** What is wrong with the machine. */
  fault: Problem | null = null;
  failed = 0;
  #done = 0;
  #megapixels = 0;
  #workSeconds = 0;
  readonly #began = performance.now();

  done(megapixels: number, seconds: number): void {
    this.#done += 1;
    this.#megapixels += megapixels;
    this.#workSeconds += seconds;
  }

  note(now: Pick<MachineNote, 'name' | 'version' | 'drained' | 'photos'> & { readonly leaving: boolean }): MachineNote {
    const { leaving, ...own } = now;
    const { fault } = this;
    const hours = (performance.now() - this.#began) / 3_600_000;
    const isAtWork = now.photos.length > 0;
    const isPaused = fault !== null || (now.drained && !isAtWork);
    return {
      ...own,
      state: leaving ? 'leaving' : isPaused ? 'paused' : isAtWork ? 'working' : 'idle',
      device: this.device,
      done: this.#done,
      failed: this.failed,
      megapixelsPerSecond: this.#workSeconds === 0 ? 0 : this.#megapixels / this.#workSeconds,
      photosPerHour: hours === 0 ? 0 : this.#done / hours,
      fault: fault === null ? null : `${fault.message} ${fault.advice}`,
      problem: fault === null ? null : keptProblem(fault),
      seen: Date.now(),
    };
  }
}
