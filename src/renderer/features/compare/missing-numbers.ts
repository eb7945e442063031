import type { MeasuredPair, Metric, MissingReason } from '../../../shared/evaluation.ts';

interface MissingNumber {
  readonly metric: Metric;
  readonly missing: MissingReason;
  /** The results that lack it for this reason. */
  readonly count: number;
}

/** What was not measured, and why, each once. */
export function missingNumbers(measured: readonly Pick<MeasuredPair, 'evaluation'>[]): MissingNumber[] {
  const found = new Map<string, MissingNumber>();
  for (const { evaluation } of measured) {
    for (const { metric, missing } of evaluation?.measurements ?? []) {
      if (missing === null) continue;
      const key = `${metric.id} ${missing}`;
      found.set(key, { metric, missing, count: (found.get(key)?.count ?? 0) + 1 });
    }
  }
  return [...found.values()];
}
