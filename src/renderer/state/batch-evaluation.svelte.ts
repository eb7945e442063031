import type { AppCalls, BatchEvaluationProgress, MeasuredPhoto } from '../../shared/contract.ts';

type Calls = Pick<AppCalls, 'batchEvaluation' | 'metrics'>;

/** The results of many photos in numbers. They outlast the page that shows them, and are measured on without it. */
export class BatchEvaluation {
  state = $state.raw<'none' | 'running' | 'over'>('none');
  /** In the order in which they were measured. */
  measured = $state.raw<readonly MeasuredPhoto[]>([]);
  /** How many of {@link count} are measured, with the part of the current one. */
  done = $state(0);
  /** Null until the application has counted them. */
  count = $state<number | null>(null);
  /** A folder of what results are measured against besides. */
  references = $state.raw<string | null>(null);
  /** The folder that what is {@link measured} was measured against. */
  against = $state.raw<string | null>(null);
  /** SVG; null until something is measured and over. */
  chart = $state.raw<string | null>(null);
  readonly #calls: Calls;
  #ids: readonly number[] = [];
  #turn = 0;

  constructor(calls: Calls) {
    this.#calls = calls;
  }

  /** The application is there (again): numbers of photos mean what it says from now on. */
  begin(): void {
    this.#turn += 1;
    [this.state, this.measured, this.chart] = ['none', [], null];
  }

  /** Measures those of the photos that have a result, until it is over or cancelled. What is measured so far is seen meanwhile. */
  async measure(ids: readonly number[]): Promise<void> {
    this.begin();
    const turn = this.#turn;
    this.#ids = ids;
    [this.state, this.done, this.count, this.against] = ['running', 0, null, this.references];
    try {
      await this.#calls.batchEvaluation.measure(ids, this.references);
      if (turn !== this.#turn) return;
      const chart = this.measured.some(({ evaluation }) => evaluation !== null) ? await this.#calls.batchEvaluation.report('svg') : null;
      if (turn === this.#turn) [this.chart, this.state] = [chart, 'over'];
    } catch (error) {
      if (turn === this.#turn) this.state = 'none';
      throw error;
    }
  }

  async cancel(): Promise<void> {
    await this.#calls.batchEvaluation.cancel();
  }

  /** As the command line writes it. */
  async report(format: 'json' | 'csv'): Promise<string> {
    return this.#calls.batchEvaluation.report(format);
  }

  /** Gets what NIQE needs, and measures the same photos again. */
  async download(): Promise<void> {
    await this.#calls.metrics.download('niqe');
    await this.measure(this.#ids);
  }

  progressed({ done, count, latest }: BatchEvaluationProgress): void {
    if (this.state !== 'running') return;
    [this.done, this.count] = [done, count];
    if (latest !== null) this.measured = [...this.measured, latest];
  }
}
