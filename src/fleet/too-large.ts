import type { Problem } from '../shared/problem.ts';
import { MachineFault } from './carry-out.ts';

/** So many photos in a row that are too large for a machine: something is wrong with it. */
const tooLargeInRow = 3;
/** So long it does not try a photo again that was too large for it. */
const tooLargeMilliseconds = 600_000;

/** Photos that were too large for this machine: others may have room for them. */
export class TooLarge {
  /** Why and when, by the id of the job. */
  readonly #photos = new Map<string, { readonly problem: Problem; readonly at: number }>();
  #inRow = 0;

  /** @throws MachineFault for a photo that this machine has just found to be too large: only such ones are left for it */
  check(id: string): void {
    const known = this.#photos.get(id);
    if (known !== undefined && performance.now() - known.at < tooLargeMilliseconds) throw new MachineFault(known.problem);
  }

  /** @returns whether it is for the photo; where many were too large, it is for the machine */
  found(id: string, problem: Problem): boolean {
    this.#photos.set(id, { problem, at: performance.now() });
    this.#inRow += 1;
    return this.#inRow <= tooLargeInRow;
  }

  /** One that was not. */
  done(): void {
    this.#inRow = 0;
  }
}
