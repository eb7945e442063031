import { defaultFamily } from '../shared/options.ts';
import { Problem } from '../shared/problem.ts';
import { sentence } from '../shared/sentence.ts';
import { findModel, type InstalledModel } from './models.ts';
import type { UsableModel } from './runtime/model.ts';

/**
 * The models that a job may use: the named one alone, or with `auto` every usable one of the default family that is not experimental, by scale.
 * @throws Problem model-not-found, or the named model's own problem
 */
export function modelsFor(wanted: string, installed: readonly InstalledModel[]): UsableModel[] {
  if (wanted !== 'auto') return [findModel(installed, wanted)];
  const family = installed
    .filter((model) => model.problem === null)
    .filter(({ manifest }) => manifest.family === defaultFamily && !manifest.experimental);
  if (family.length > 0) return family.sort((a, b) => a.manifest.scale - b.manifest.scale);
  const damaged = installed.flatMap((model) => (model.problem === null ? [] : [`${model.problem.message} ${model.problem.detail ?? ''}`]));
  throw new Problem('model-not-found', sentence('model.noFamily', { family: defaultFamily }), {
    detail: damaged.length > 0 ? damaged.join('\n') : undefined,
    advice: sentence('model.noFamily.advice'),
  });
}
