import { join } from 'node:path';
import {
  builtInMetrics,
  niqeFile,
  type Evaluation,
  type EvaluationRequest,
  type Measurement,
  type MissingReason,
} from '../../shared/evaluation.ts';
import { consistency, isEnlargementOf } from './consistency.ts';
import type { LearnedMetrics } from './learned-metrics.ts';
import { niqe } from './niqe.ts';
import { readNiqeParameters } from './niqe-parameters.ts';
import type { Picture } from './picture.ts';
import { psnrY } from './psnr.ts';
import { ssimY } from './ssim.ts';
import { withPictures, type Pictures } from './with-pictures.ts';

export interface EvaluationWatch {
  readonly temporaryFolder: string;
  readonly threads: number;
  readonly learned: LearnedMetrics;
  readonly signal: AbortSignal;
  /** 0…1. */
  readonly onProgress: (fraction: number) => void;
}

type BuiltIn = keyof typeof builtInMetrics;

/** One number to measure: how, or why not. */
interface Step {
  readonly metric: BuiltIn;
  readonly measure: ((onProgress: (fraction: number) => void) => Promise<number | null>) | MissingReason;
}

/**
 * Measures one result against what was given. Nothing is held whole but what its decoder needs and what learned metrics look at.
 * @throws Problem as openPhoto does, for any of the pictures; damaged-model-file for parameters and descriptions; cancelled
 */
export async function evaluateResult(request: EvaluationRequest, watch: EvaluationWatch): Promise<Evaluation> {
  const { temporaryFolder, threads, learned, signal, onProgress } = watch;
  return withPictures(request, temporaryFolder, signal, async (pictures) => {
    const { result, reference } = pictures;
    const steps = await stepsFor(pictures, request.metricsFolder, signal);
    const measurements: Measurement[] = [];
    for (const [index, { metric, measure }] of steps.entries()) {
      const tell = (fraction: number): void => onProgress((index + fraction) / steps.length);
      const value = typeof measure === 'string' ? null : await measure(tell);
      const missing = typeof measure === 'string' ? measure : value === null ? 'too-small' : null;
      measurements.push({ metric: builtInMetrics[metric], value, missing });
    }
    const comparable = reference !== null && isSameSize(result, reference) ? reference : null;
    measurements.push(...(await learned.measure(request.metricsFolder, result, comparable, threads)));
    return { width: result.width, height: result.height, measurements };
  });
}

async function stepsFor({ result, reference, source }: Pictures, metricsFolder: string, signal: AbortSignal): Promise<Step[]> {
  const parameters = await readNiqeParameters(join(metricsFolder, niqeFile));
  const naturalness = (picture: Picture): Step['measure'] =>
    parameters === null ? 'no-parameters' : (onProgress) => niqe(picture, parameters, { signal, onProgress });
  const against = (other: Picture, measure: typeof ssimY): Step['measure'] =>
    isSameSize(result, other) ? (onProgress) => measure(result, other, { signal, onProgress }) : 'other-size';
  const steps: Step[] = [];
  if (reference !== null) {
    steps.push({ metric: 'psnr-y', measure: against(reference, psnrY) }, { metric: 'ssim-y', measure: against(reference, ssimY) });
  }
  if (source !== null) {
    const measure: Step['measure'] = (onProgress) => consistency(result, source, { signal, onProgress });
    steps.push({ metric: 'lr-consistency', measure: isEnlargementOf(result, source) ? measure : 'other-size' });
  }
  steps.push({ metric: 'niqe', measure: naturalness(result) });
  if (source !== null) steps.push({ metric: 'niqe-source', measure: naturalness(source) });
  return steps;
}

const isSameSize = (a: Picture, b: Picture): boolean => a.width === b.width && a.height === b.height;
