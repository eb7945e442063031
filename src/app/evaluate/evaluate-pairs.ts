import type { MeasuredPair, Pair } from '../../shared/evaluation.ts';
import { problemOf } from '../../shared/problem.ts';
import type { Engine } from '../supervised-engine.ts';

interface EvaluateOptions {
  readonly metricsFolder: string;
  readonly signal: AbortSignal;
  /** How many results are done, with the part of the current one. */
  readonly onProgress: (done: number, current: Pair) => void;
  /** Of each result at once; `done` of them are measured now. */
  readonly onMeasured?: (measured: MeasuredPair, done: number) => void;
}

/** Measures one pair after the other. After a cancellation the rest is missing. */
export async function evaluatePairs(
  engine: Pick<Engine['evaluation'], 'measure'>,
  pairs: readonly Pair[],
  { metricsFolder, signal, onProgress, onMeasured }: EvaluateOptions,
): Promise<MeasuredPair[]> {
  const measured: MeasuredPair[] = [];
  const take = (pair: MeasuredPair): void => {
    measured.push(pair);
    onMeasured?.(pair, measured.length);
  };
  for (const [index, pair] of pairs.entries()) {
    try {
      const evaluation = await engine.measure(
        { ...pair, metricsFolder },
        {
          signal,
          onProgress: (fraction) => onProgress(index + fraction, pair),
        },
      );
      take({ ...pair, evaluation, problem: null });
    } catch (error) {
      if (signal.aborted) break;
      take({ ...pair, evaluation: null, problem: problemOf(error).toData() });
    }
  }
  return measured;
}
