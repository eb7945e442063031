import { basename } from 'node:path';
import type { Alone } from '../app/evaluate/pairs.ts';
import { meansOf, metricsOf, missingReasons, valueOf, type MeasuredPair, type Metric } from '../shared/evaluation.ts';
import { eraseLine } from './progress-bar.ts';
import type { Streams } from './view.ts';
import { nameInWords, printable, table } from './words.ts';

const namedAtMost = 5;

/** Measured results as a table; what is missing as lines on standard error. */
export class EvaluationView {
  readonly #streams: Streams;
  readonly #verbose: boolean;

  constructor(streams: Streams, verbose: boolean) {
    this.#streams = streams;
    this.#verbose = verbose;
  }

  progress(done: number, count: number, result: string): void {
    const columns = this.#streams.columns();
    if (columns === null) return;
    const line = `${Math.floor((100 * done) / count)
      .toString()
      .padStart(3)} %  ${Math.floor(done) + 1}/${count} ${nameInWords(result)}`;
    this.#streams.error(
      eraseLine +
        Array.from(line)
          .slice(0, columns - 1)
          .join(''),
    );
  }

  endProgress(): void {
    if (this.#streams.columns() !== null) this.#streams.error(eraseLine);
  }

  say(line: string): void {
    this.endProgress();
    this.#streams.error(`${line}\n`);
  }

  show(measured: readonly MeasuredPair[], alone: readonly Alone[]): void {
    const metrics = metricsOf(measured);
    const inWords = (value: number | null, { digits }: Metric): string => (value === null ? '–' : value.toFixed(digits));
    const rows = measured
      .filter(({ evaluation }) => evaluation !== null)
      .map((pair) => [printable(basename(pair.result)), ...metrics.map((metric) => inWords(valueOf(pair, metric), metric))]);
    const means = meansOf(measured);
    const head = ['result', ...metrics.map(({ label, unit }) => (unit === '' ? label : `${label} ${unit}`))];
    const foot = [`mean of ${rows.length}`, ...means.map(({ metric, value }) => inWords(value, metric))];
    if (rows.length > 0) {
      const right = metrics.map((_, index) => index + 1);
      const shown = [head, ...rows, ...(rows.length > 1 ? [foot] : [])];
      this.#streams.out(`${table(shown, right).join('\n')}\n`);
    }
    for (const { path, missing } of alone) {
      if (missing !== 'result') this.say(`${nameInWords(path)}: no ${missing} was found for it.`);
    }
    const unused = alone.filter(({ missing }) => missing === 'result').map(({ path }) => printable(path));
    if (unused.length === 0) return;
    const named = this.#verbose ? unused : unused.slice(0, namedAtMost);
    const more = unused.length > named.length ? `, and ${unused.length - named.length} more (--verbose names them)` : '';
    this.say(`No result was found for ${named.join(', ')}${more}.`);
  }

  /** Results that could not be measured, and metrics that could not be. */
  tellMissing(measured: readonly MeasuredPair[]): void {
    for (const { result, problem } of measured) {
      if (problem !== null) this.say(`${nameInWords(result)}: ${printable(problem.message)} ${printable(problem.advice)}`);
    }
    for (const [words, names] of missingNumbers(measured)) {
      this.say(`${words} (${names.length === 1 ? (names[0] ?? '') : `${names.length} results`})`);
    }
  }
}

/** In words, what was left out and why, with the results that it was left out for. */
function missingNumbers(measured: readonly MeasuredPair[]): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const { result, evaluation } of measured) {
    for (const { metric, missing, detail } of evaluation?.measurements ?? []) {
      if (missing === null || (missing === 'no-parameters' && metric.id !== 'niqe')) continue;
      const advice = missing === 'no-parameters' ? ' Get them with `onestep metrics download niqe` (12 kB).' : '';
      const words = `${printable(metric.label)} was left out: ${missingReasons[missing]}.${advice}${detail === undefined ? '' : ` ${printable(detail)}`}`;
      found.set(words, [...(found.get(words) ?? []), nameInWords(result)]);
    }
  }
  return found;
}
