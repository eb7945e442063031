import { builtInMetrics, type Evaluation, type Metric } from '../../shared/evaluation.ts';
import { problemOf, type ProblemData } from '../../shared/problem.ts';
import type { SupervisedEngine } from '../supervised-engine.ts';
import type { Pair } from './pairs.ts';

/** What became of one result. */
export interface MeasuredPair extends Pair {
  /** Null where it could not be measured at all. */
  readonly evaluation: Evaluation | null;
  readonly problem: ProblemData | null;
}

export interface Mean {
  readonly metric: Metric;
  readonly value: number;
  /** The results that have this number. */
  readonly count: number;
}

interface EvaluateOptions {
  readonly metricsFolder: string;
  readonly signal: AbortSignal;
  /** How many results are done, with the part of the current one. */
  readonly onProgress: (done: number, current: Pair) => void;
}

/** Measures one pair after the other. After a cancellation the rest is missing. */
export async function evaluatePairs(
  engine: Pick<SupervisedEngine, 'evaluate'>,
  pairs: readonly Pair[],
  { metricsFolder, signal, onProgress }: EvaluateOptions,
): Promise<MeasuredPair[]> {
  const measured: MeasuredPair[] = [];
  for (const [index, pair] of pairs.entries()) {
    try {
      const evaluation = await engine.evaluate(
        { ...pair, metricsFolder },
        {
          signal,
          onProgress: ({ fraction }) => {
            onProgress(index + fraction, pair);
          },
        },
      );
      measured.push({ ...pair, evaluation, problem: null });
    } catch (error) {
      if (signal.aborted) break;
      measured.push({ ...pair, evaluation: null, problem: problemOf(error).toData() });
    }
  }
  return measured;
}

/** The metrics that at least one result has a number of: ours in their order, then the learned ones. */
export function metricsOf(measured: readonly MeasuredPair[]): Metric[] {
  const found = new Map<string, Metric>();
  for (const { evaluation } of measured) {
    for (const { metric, value } of evaluation?.measurements ?? []) if (value !== null) found.set(metric.id, metric);
  }
  const own = Object.values(builtInMetrics).filter(({ id }) => found.has(id));
  return [...own, ...[...found.values()].filter(({ id }) => !Object.hasOwn(builtInMetrics, id))];
}

/** Null where it was not measured. */
export const valueOf = ({ evaluation }: Pick<MeasuredPair, 'evaluation'>, metric: Pick<Metric, 'id'>): number | null =>
  evaluation?.measurements.find((measurement) => measurement.metric.id === metric.id)?.value ?? null;

export const meansOf = (measured: readonly MeasuredPair[]): Mean[] =>
  metricsOf(measured).map((metric) => {
    const values = measured.map((pair) => valueOf(pair, metric)).filter((value) => value !== null);
    return { metric, value: values.reduce((sum, value) => sum + value, 0) / values.length, count: values.length };
  });
