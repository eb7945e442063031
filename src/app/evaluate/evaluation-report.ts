import { meansOf, metricsOf, valueOf, type MeasuredPair } from '../../shared/evaluation.ts';
import { inEnglish } from '../../shared/sentence.ts';
import { csvText } from '../csv.ts';
import type { Alone } from './pairs.ts';

/** Every number with all its digits, by the metric's id, and why others are missing. */
export function evaluationJson(measured: readonly MeasuredPair[], alone: readonly Alone[]): string {
  const results = measured.map(({ result, reference, source, evaluation, problem }) => ({
    result,
    reference,
    source,
    ...(evaluation === null ? {} : { width: evaluation.width, height: evaluation.height }),
    values: Object.fromEntries(evaluation?.measurements.flatMap(({ metric, value }) => (value === null ? [] : [[metric.id, value]])) ?? []),
    missing: Object.fromEntries(
      evaluation?.measurements.flatMap(({ metric, missing, detail }) =>
        missing === null ? [] : [[metric.id, detail === undefined ? missing : `${missing}: ${detail}`]],
      ) ?? [],
    ),
    ...(problem === null ? {} : { problem }),
  }));
  const means = Object.fromEntries(meansOf(measured).map(({ metric, value, count }) => [metric.id, { value, count }]));
  return `${JSON.stringify({ metrics: metricsOf(measured), results, means, alone }, inEnglish, 2)}\n`;
}

/** A line for each result, without the means. */
export function evaluationCsv(measured: readonly MeasuredPair[]): string {
  const metrics = metricsOf(measured);
  return csvText([
    ['result', 'reference', 'source', 'width', 'height', ...metrics.map(({ id }) => id.replaceAll('-', '_')), 'problem'],
    ...measured.map((pair) => [
      pair.result,
      pair.reference ?? '',
      pair.source ?? '',
      pair.evaluation?.width ?? '',
      pair.evaluation?.height ?? '',
      ...metrics.map((metric) => valueOf(pair, metric) ?? ''),
      pair.problem === null ? '' : `${pair.problem.message} ${pair.problem.advice}`,
    ]),
  ]);
}
