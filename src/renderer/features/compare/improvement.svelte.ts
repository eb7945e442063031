import type { AppCalls } from '../../../shared/contract.ts';
import type { Evaluation } from '../../../shared/evaluation.ts';
import { problemOf, type ProblemData } from '../../../shared/problem.ts';
import type { TiledPicture } from './tiled-picture.ts';

/** A photo and its result. */
export interface Enhancement {
  readonly source: TiledPicture;
  readonly result: TiledPicture;
}

type ImprovementState =
  | { readonly kind: 'none' }
  | { readonly kind: 'running' }
  | { readonly kind: 'measured'; readonly evaluation: Evaluation }
  | { readonly kind: 'failed'; readonly problem: ProblemData };

type Calls = Pick<AppCalls, 'evaluation' | 'metrics'>;

/** Whether enhancing helped: numbers, and where the result has drifted away from the photo. */
export class Improvement {
  open = $state(false);
  /** The drift map lies over the result. */
  drift = $state(false);
  /** 0…1. */
  fraction = $state(0);
  /** The path of what the result is measured against besides. */
  reference = $state.raw<string | null>(null);
  state = $state.raw<ImprovementState>({ kind: 'none' });
  readonly #calls: Calls;
  #enhancement: Enhancement | null = null;
  #turn = 0;

  constructor(calls: Calls) {
    this.#calls = calls;
  }

  /** What is looked at now; null where there is no result. A reference belongs to one photo. */
  show(enhancement: Enhancement | null): void {
    const known = this.#enhancement;
    this.#enhancement = enhancement;
    if (known?.result.id === enhancement?.result.id && known?.result.version === enhancement?.result.version) return;
    if (known?.source.id !== enhancement?.source.id) this.reference = null;
    this.#forget();
    if (this.open) void this.measure();
  }

  toggle(): void {
    this.open = !this.open;
    if (!this.open) this.close();
    else if (this.state.kind === 'none') void this.measure();
  }

  async measure(): Promise<void> {
    const enhancement = this.#enhancement;
    if (enhancement === null) return;
    this.#turn += 1;
    const turn = this.#turn;
    this.fraction = 0;
    this.state = { kind: 'running' };
    try {
      const evaluation = await this.#calls.evaluation.measure(enhancement.source.id, enhancement.result.id, this.reference);
      if (turn === this.#turn) this.state = { kind: 'measured', evaluation };
    } catch (error) {
      if (turn === this.#turn) this.state = { kind: 'failed', problem: problemOf(error).toData() };
    }
  }

  async measureAgainst(reference: string): Promise<void> {
    this.reference = reference;
    await this.measure();
  }

  /** Gets what NIQE needs, and measures again. */
  async download(): Promise<void> {
    await this.#calls.metrics.download('niqe');
    await this.measure();
  }

  progressed(result: number, fraction: number): void {
    if (result === this.#enhancement?.result.id) this.fraction = fraction;
  }

  /** Measurements are kept as long as the result stays the same. */
  close(): void {
    this.open = false;
    this.drift = false;
    if (this.state.kind === 'running') this.#forget();
  }

  #forget(): void {
    if (this.state.kind === 'running') {
      this.#calls.evaluation.cancel().catch(() => {
        // There is nothing left to cancel.
      });
    }
    this.#turn += 1;
    this.state = { kind: 'none' };
  }
}
