import { basename } from 'node:path';
import { Problem } from '../../shared/problem.ts';
import { sentence } from '../../shared/sentence.ts';
import { sceneFeatures } from './natural-scene.ts';
import { readNpz, type NumberArray } from './npz.ts';

/** What blocks of undisturbed photos are like: fitted by somebody else, never made up here. */
export interface NiqeParameters {
  readonly mean: Float64Array;
  /** 36 × 36, row after row. */
  readonly covariance: Float64Array;
}

const features = 2 * sceneFeatures;

/**
 * Reads `niqe_pris_params.npz` of BasicSR (arrays `mu_pris_param`, `cov_pris_param`).
 * @throws Problem damaged-model-file; null where there is no such file
 */
export async function readNiqeParameters(path: string): Promise<NiqeParameters | null> {
  const arrays = await readNpz(path);
  if (arrays === null) return null;
  return {
    mean: whole(arrays.get('mu_pris_param'), features, path),
    covariance: whole(arrays.get('cov_pris_param'), features * features, path),
  };
}

function whole(array: NumberArray | undefined, length: number, path: string): Float64Array {
  if (array?.values.length === length && array.values.every(Number.isFinite)) return array.values;
  throw new Problem('damaged-model-file', sentence('metric.niqe', { file: basename(path) }), {
    detail: path,
    advice: sentence('metric.niqe.advice'),
  });
}
