import type { MeasuredPair, Measurement, Metric, MissingReason } from '../../../shared/evaluation.ts';
import { decimal } from '../../words/amounts.ts';
import { say } from '../../words/words.svelte.ts';

export function metricName({ id, label }: Metric): string {
  switch (id) {
    case 'psnr-y':
    case 'ssim-y':
    case 'lr-consistency':
    case 'niqe':
    case 'niqe-source':
      return say(`compare.improvement.${id}`);
    default:
      return label;
  }
}

export const missingWords = (missing: MissingReason): string => say(`compare.improvement.missing.${missing}`);

/** The number with its unit, or why there is none. */
export const measurementWords = ({ metric, value, missing }: Measurement): string => {
  if (value === null) return missing === null ? '' : missingWords(missing);
  return `${decimal(value, metric.digits)} ${metric.unit}`.trim();
};

/** Puts the photo's own NIQE before the result's. */
export const beforeFirst = <Item>(items: readonly Item[], metricOf: (item: Item) => Metric): Item[] => {
  const first = items.filter((item) => metricOf(item).id === 'niqe-source');
  const rest = items.filter((item) => metricOf(item).id !== 'niqe-source');
  const at = rest.findIndex((item) => metricOf(item).id === 'niqe');
  return rest.toSpliced(at < 0 ? rest.length : at, 0, ...first);
};

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
