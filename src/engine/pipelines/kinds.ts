import type { EnlargingManifest, Manifest } from '../../shared/manifest.ts';
import type { UsableModel } from '../runtime/model.ts';
import type { RunnableModel } from '../runtime/way.ts';
import type { FaceModels } from './faces/restored-faces.ts';
import { faceRestorer } from './faces/restorer.ts';
import { feedForward } from './feed-forward/kind.ts';
import type { ModelKind, ModelOfKind } from './kind.ts';
import { oneStep } from './one-step/kind.ts';

type KindName = EnlargingManifest['pipeline'];

/** Every kind of model that enlarges photos, by what its manifest calls it. */
export const kinds: { readonly [Name in KindName]: ModelKind<Extract<Manifest, { pipeline: Name }>> } = {
  'feed-forward': feedForward,
  'one-step-diffusion': oneStep,
};

/** The model with the answers of its kind. */
export function ofItsKind(model: UsableModel<EnlargingManifest>): ModelOfKind {
  // The table's row is the one of the manifest's kind; the compiler does not follow that through an index.
  const kind = kinds[model.manifest.pipeline] as ModelKind<EnlargingManifest>;
  return kind(model);
}

/** What finds faces and what restores them: the first of each kind, null where there is none. */
export function installedFaces(models: readonly UsableModel[]): { readonly [Part in keyof FaceModels]: FaceModels[Part] | null } {
  const first = <Name extends Manifest['pipeline']>(name: Name) =>
    models.find((model): model is UsableModel<Extract<Manifest, { pipeline: Name }>> => model.manifest.pipeline === name) ?? null;
  return { detector: first('face-detector'), restorer: first('face-restorer') };
}

/** A model as devices are tried with it; null for those that run on the processor only. */
export function runnableOf(model: UsableModel): RunnableModel | null {
  const { manifest } = model;
  if ('scale' in manifest) return ofItsKind({ ...model, manifest });
  return 'face' in manifest ? faceRestorer({ ...model, manifest }) : null;
}
