import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { evaluationChart } from '../app/evaluate/evaluation-chart.ts';
import { evaluatePairs } from '../app/evaluate/evaluate-pairs.ts';
import { evaluationCsv, evaluationJson } from '../app/evaluate/evaluation-report.ts';
import { findPairs } from '../app/evaluate/pairs.ts';
import type { MeasuredPair } from '../shared/evaluation.ts';
import { defaultOptions } from '../shared/options.ts';
import { Problem } from '../shared/problem.ts';
import { sentence } from '../shared/sentence.ts';
import { EvaluationView } from './evaluation-view.ts';
import { english } from '../shared/sentence.ts';
import { exitStatus, watchInterrupts, type Act, type Shell } from './shell.ts';
import { printable } from './words.ts';

interface EvaluateFlags {
  readonly results: string;
  readonly reference?: string;
  readonly sources?: string;
  readonly name: string;
  readonly metrics?: string;
  readonly json?: boolean;
  readonly csv?: string;
  readonly chart?: string;
  readonly verbose?: boolean;
}

const help = `
Examples:
  onestep evaluate --results larger --sources photos          does it still agree with the photos, and how natural is it
  onestep evaluate --results larger --reference originals     how close is it to photos of the same size
  onestep evaluate --results a_4x.png --reference a-large.png --csv numbers.csv --chart numbers.svg

What the numbers mean: docs/evaluating.md.
Exit status: 0 all measured, 1 some could not be measured or lack what was asked for, 2 bad arguments, 3 nothing measured, 130 interrupted.
ONESTEP_METRICS names the folder of NIQE's parameters and learned metrics.`;

export function addEvaluateCommand(program: Command, act: Act): void {
  const command = program
    .command('evaluate')
    .description('Measure results: PSNR-Y, SSIM-Y, LR-consistency, NIQE, learned metrics.')
    .requiredOption('--results <folder>', 'the results to measure: a folder, or one file')
    .option('--reference <folder>', 'what the results should look like, at the same size')
    .option('--sources <folder>', 'the photos that the results were made from')
    .option('--name <template>', 'how results are named, as for enhance', defaultOptions.name)
    .option('--metrics <folder>', "the folder with NIQE's parameters and learned metrics")
    .option('--json', 'print everything as one JSON value')
    .option('--csv <file>', 'write the numbers as CSV')
    .option('--chart <file.svg>', 'draw the numbers')
    .option('--verbose', 'show more: details of failures')
    .addHelpText('after', help)
    .action(async () => {
      const flags: EvaluateFlags = command.opts();
      await act((shell) => evaluate(flags, shell))();
    });
}

async function evaluate(flags: EvaluateFlags, { engine, streams, openMetrics }: Shell): Promise<number> {
  const view = new EvaluationView(streams, flags.verbose === true);
  const { pairs, alone, leftOut } = await findPairs({
    results: flags.results,
    reference: flags.reference ?? null,
    sources: flags.sources ?? null,
    template: flags.name,
  });
  for (const { path, message } of leftOut) view.say(`${printable(path)}: left out. ${english.tell(message)}`);
  const metricsFolder = flags.metrics === undefined ? (await openMetrics()).folder : resolve(flags.metrics);
  const interrupts = watchInterrupts(engine, view);
  const measured = await evaluatePairs(engine.evaluation, pairs, {
    metricsFolder,
    signal: interrupts.signal,
    onProgress: (done, { result }) => view.progress(done, pairs.length, result),
  });
  interrupts.stop();
  view.endProgress();
  if (flags.csv !== undefined) await write(flags.csv, evaluationCsv(measured), '--csv');
  if (flags.chart !== undefined) await write(flags.chart, evaluationChart(measured), '--chart');
  if (flags.json === true) streams.out(evaluationJson(measured, alone));
  else view.show(measured, alone);
  view.tellMissing(measured);
  if (interrupts.signal.aborted) return exitStatus.interrupted;
  return statusFor(measured, alone.filter(({ missing }) => missing !== 'result').length + leftOut.length);
}

/** A reference or source without a result is nothing that was asked for; a result without one that was asked for is. */
function statusFor(measured: readonly MeasuredPair[], alone: number): number {
  const failed = measured.filter(({ evaluation }) => evaluation === null).length;
  if (failed === measured.length) return exitStatus.nothingDone;
  return failed + alone > 0 ? exitStatus.someFailed : exitStatus.allDone;
}

async function write(path: string, text: string, flag: string): Promise<void> {
  await writeFile(path, text).catch((error: unknown) => {
    throw new Problem('not-writable', sentence('report.notWritten', { path }), {
      detail: String(error),
      advice: sentence('report.notWritten.advice', { flag }),
    });
  });
}
