import type { AppCalls } from '../../../shared/contract.ts';
import type { PlacedFace } from '../../../shared/faces.ts';
import type { Options } from '../../../shared/options.ts';
import type { JobCard } from '../../../shared/queue.ts';

/** What becomes of a face: what the result has, or what the next one will have. */
type FaceFate = PlacedFace['outcome'] | 'willRestore' | 'willLeave';

/** A face of the result that is looked at. */
export interface ShownFace extends PlacedFace {
  /** From the left, beginning with 1. */
  readonly number: number;
  readonly fate: FaceFate;
}

/** The faces that were found for a result, and which of them its photo is to have restored when it is enhanced again. */
export class FaceChoice {
  /** The squares are shown. */
  open = $state(false);
  readonly #calls: Pick<AppCalls['queue'], 'jobOf'>;
  /** What made the result; null where nothing is known of its faces. */
  #job = $state.raw<JobCard | null>(null);
  /** The numbers of the faces that are to become what they are not in the result. */
  #turned = $state.raw<ReadonlySet<number>>(new Set());
  #result = '';
  readonly faces = $derived.by((): readonly ShownFace[] =>
    (this.#job?.report?.faces?.each ?? []).map((face, index) => ({
      ...face,
      number: index + 1,
      fate: fateOf(face, this.#turned.has(index + 1)),
    })),
  );

  constructor(calls: Pick<AppCalls['queue'], 'jobOf'>) {
    this.#calls = calls;
  }

  get changed(): boolean {
    return this.#turned.size > 0;
  }

  /** The result that is looked at; null where there is none. */
  async show(result: { readonly id: number; readonly version: string } | null): Promise<void> {
    const wanted = result === null ? '' : `${result.id} ${result.version}`;
    if (wanted === this.#result) return;
    this.#result = wanted;
    this.#know(null);
    // Without it, the photo can still be looked at.
    const job = result === null ? null : await this.#calls.jobOf(result.id).catch(() => null);
    if (wanted === this.#result) this.#know(job);
  }

  /** Restored instead of left alone, or the other way; of those that cannot be restored nothing changes. */
  turn({ number, outcome }: ShownFace): void {
    if (!isChoosable(outcome)) return;
    const turned = new Set(this.#turned);
    if (!turned.delete(number)) turned.add(number);
    this.#turned = turned;
  }

  /** As the result was made, but for the faces that were chosen; null where that is not known. */
  get options(): Options | null {
    if (this.#job === null) return null;
    const left = this.faces.filter(({ fate }) => fate === 'left' || fate === 'willLeave').map(({ x, y }) => ({ x, y }));
    return { ...this.#job.options, leaveFaces: left.length === 0 ? null : left };
  }

  #know(job: JobCard | null): void {
    this.#job = job;
    this.#turned = new Set();
  }
}

export const isChoosable = (outcome: PlacedFace['outcome']): boolean => outcome === 'restored' || outcome === 'left';

function fateOf({ outcome }: PlacedFace, turned: boolean): FaceFate {
  if (!turned) return outcome;
  return outcome === 'restored' ? 'willLeave' : 'willRestore';
}
