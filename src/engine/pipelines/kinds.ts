import type { Manifest } from '../../shared/manifest.ts';
import type { UsableModel } from '../runtime/model.ts';
import { feedForward } from './feed-forward/kind.ts';
import type { ModelKind, ModelOfKind } from './kind.ts';
import { oneStep } from './one-step/kind.ts';

type KindName = Manifest['pipeline'];

/** Every kind of model, by what its manifest calls it. */
export const kinds: { readonly [Name in KindName]: ModelKind<Extract<Manifest, { pipeline: Name }>> } = {
  'feed-forward': feedForward,
  'one-step-diffusion': oneStep,
};

/** The model with the answers of its kind. */
export function ofItsKind(model: UsableModel): ModelOfKind {
  // The table's row is the one of the manifest's kind; the compiler does not follow that through an index.
  const kind = kinds[model.manifest.pipeline] as ModelKind<Manifest>;
  return kind(model);
}
