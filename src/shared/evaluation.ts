import type { ProblemData } from './problem.ts';

/**
 * What can be measured of a result. A number compares results of the same photo with each other; none of them is what people see.
 * Conventions, and what they are equal to: docs/evaluating.md.
 */
export interface Metric {
  readonly id: string;
  readonly label: string;
  /** Empty for a number without one. */
  readonly unit: string;
  readonly digits: number;
  readonly better: 'higher' | 'lower';
}

export const builtInMetrics = {
  'psnr-y': { id: 'psnr-y', label: 'PSNR-Y', unit: 'dB', digits: 3, better: 'higher' },
  'ssim-y': { id: 'ssim-y', label: 'SSIM-Y', unit: '', digits: 4, better: 'higher' },
  'lr-consistency': { id: 'lr-consistency', label: 'LR-consistency', unit: 'dB', digits: 2, better: 'higher' },
  niqe: { id: 'niqe', label: 'NIQE', unit: '', digits: 3, better: 'lower' },
  'niqe-source': { id: 'niqe-source', label: 'NIQE of the source', unit: '', digits: 3, better: 'lower' },
} as const satisfies Readonly<Record<string, Metric>>;

export const missingReasons = {
  'no-parameters': 'its parameters are not installed',
  'too-small': 'the picture is too small for it',
  'too-large': 'the picture is too large for it',
  'other-size': 'the two pictures do not have the same size or shape',
  unusable: 'its graph cannot be used',
} as const;
export type MissingReason = keyof typeof missingReasons;

/** One number, or why there is none. */
export interface Measurement {
  readonly metric: Metric;
  readonly value: number | null;
  readonly missing: MissingReason | null;
  readonly detail?: string | undefined;
}

/** Absolute paths of what belongs together. */
export interface Pair {
  /** The picture that is measured. */
  readonly result: string;
  /** What it shall look like, in the same size. */
  readonly reference: string | null;
  /** What it was made of. */
  readonly source: string | null;
}

export interface EvaluationRequest extends Pair {
  /** Holds NIQE's parameters and learned metrics; it need not exist. */
  readonly metricsFolder: string;
}

export interface Evaluation {
  readonly width: number;
  readonly height: number;
  /** Those that make sense for what was given, in the order of {@link builtInMetrics}, then the learned ones. */
  readonly measurements: readonly Measurement[];
}

/** What became of one result. */
export interface MeasuredPair extends Pair {
  /** Null where it could not be measured at all. */
  readonly evaluation: Evaluation | null;
  readonly problem: ProblemData | null;
}

type Measured = Pick<MeasuredPair, 'evaluation'>;

export interface Mean {
  readonly metric: Metric;
  readonly value: number;
  /** The results that have this number. */
  readonly count: number;
}

/** The metrics that at least one result has a number of: ours in their order, then the learned ones. */
export function metricsOf(measured: readonly Measured[]): Metric[] {
  const found = new Map<string, Metric>();
  for (const { evaluation } of measured) {
    for (const { metric, value } of evaluation?.measurements ?? []) if (value !== null) found.set(metric.id, metric);
  }
  const own = Object.values(builtInMetrics).filter(({ id }) => found.has(id));
  return [...own, ...[...found.values()].filter(({ id }) => !Object.hasOwn(builtInMetrics, id))];
}

/** Null where it was not measured. */
export const valueOf = ({ evaluation }: Measured, metric: Pick<Metric, 'id'>): number | null =>
  evaluation?.measurements.find((measurement) => measurement.metric.id === metric.id)?.value ?? null;

export const meansOf = (measured: readonly Measured[]): Mean[] =>
  metricsOf(measured).map((metric) => {
    const values = measured.map((pair) => valueOf(pair, metric)).filter((value) => value !== null);
    return { metric, value: values.reduce((sum, value) => sum + value, 0) / values.length, count: values.length };
  });

/** What NIQE's parameters are called in the folder of metrics. */
export const niqeFile = 'niqe_pris_params.npz';

/** Learned metrics are described by files with this ending in the folder of metrics. */
export const learnedMetricEnding = '.metric.json';
