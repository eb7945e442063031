import type { BatchEvaluationProgress } from '../../shared/contract.ts';
import type { Evaluation, EvaluationRequest, MeasuredPair } from '../../shared/evaluation.ts';
import type { PhotoRegister } from '../photos/photo-register.ts';
import type { WorkWatch } from '../../shared/work-watch.ts';
import type { Engine } from '../supervised-engine.ts';
import { evaluatePairs } from './evaluate-pairs.ts';
import { evaluationChart } from './evaluation-chart.ts';
import { evaluationCsv, evaluationJson } from './evaluation-report.ts';
import { pairsWithReferences, type Alone, type Enhanced } from './pairs.ts';

interface BatchEvaluationOptions {
  readonly engine: Pick<Engine['evaluation'], 'measure'>;
  readonly register: Pick<PhotoRegister, 'idOf' | 'readable'>;
  readonly metricsFolder: string;
  readonly onProgress: (progress: BatchEvaluationProgress) => void;
}

/** Measures many results one after the other, as the command line does, and reports on what was measured last. */
export class BatchEvaluation {
  readonly #options: BatchEvaluationOptions;
  #controller = new AbortController();
  #measured: readonly MeasuredPair[] = [];
  #alone: readonly Alone[] = [];

  constructor(options: BatchEvaluationOptions) {
    this.#options = options;
  }

  /**
   * Resolves when all are measured, or when it was cancelled: what was measured until then is kept. Asked again, it gives up what it was
   * asked before. What is wrong with one result is told with it.
   * @param references a folder of the person's choice
   * @throws Problem not-found, not-readable: the folder of references
   */
  async measure(enhanced: readonly Enhanced[], references: string | null): Promise<void> {
    const { register, metricsFolder, onProgress } = this.#options;
    this.cancel();
    const controller = new AbortController();
    this.#controller = controller;
    [this.#measured, this.#alone] = [[], []];
    const { pairs, alone } = await pairsWithReferences(enhanced, references);
    const tell = (done: number, latest: BatchEvaluationProgress['latest']): void => {
      if (this.#controller === controller) onProgress({ done, count: pairs.length, latest });
    };
    tell(0, null);
    const measured = await evaluatePairs({ measure: (request, watch) => this.#evaluate(request, watch) }, pairs, {
      metricsFolder,
      signal: controller.signal,
      onProgress: (done) => tell(done, null),
      onMeasured: (pair, done) => tell(done, { ...pair, photo: register.idOf(pair.source ?? pair.result) }),
    });
    if (this.#controller === controller) [this.#measured, this.#alone] = [measured, alone];
  }

  cancel(): void {
    this.#controller.abort();
  }

  /** As the command line writes it. */
  report(format: 'json' | 'csv' | 'svg'): string {
    switch (format) {
      case 'json':
        return evaluationJson(this.#measured, this.#alone);
      case 'csv':
        return evaluationCsv(this.#measured);
      case 'svg':
        return evaluationChart(this.#measured);
    }
  }

  /** Only what may be seen is measured, and it may have been closed since it was asked for. */
  async #evaluate(request: EvaluationRequest, watch?: WorkWatch): Promise<Evaluation> {
    const { engine, register } = this.#options;
    const readable = async (path: string): Promise<string> => register.readable(register.idOf(path));
    const source = request.source === null ? null : await readable(request.source);
    return engine.measure({ ...request, source, result: await readable(request.result) }, watch);
  }
}
