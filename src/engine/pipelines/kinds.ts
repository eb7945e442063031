import type { Manifest } from '../../shared/manifest.ts';
import { usable, type UsableModel } from '../models.ts';
import { openFeedForward } from './feed-forward.ts';
import { openOneStep } from './one-step-diffusion.ts';
import type { Pipeline, PipelineRequest } from './pipeline.ts';

type Kind = Manifest['pipeline'];
type Request<Of extends Kind> = PipelineRequest & { readonly model: UsableModel<Extract<Manifest, { pipeline: Of }>> };

/** How each kind of model is run. */
const kinds: { readonly [Of in Kind]: (request: Request<Of>) => Promise<Pipeline> } = {
  'feed-forward': openFeedForward,
  'one-step-diffusion': openOneStep,
};

/**
 * Chooses provider and precision for a model and makes it ready.
 * Throws the model's own problem, `model-damaged`, `provider-not-available`, `wrong-output`, `unsupported-image`, `bad-request`.
 */
export async function openPipeline(request: PipelineRequest): Promise<Pipeline> {
  const model = usable(request.model);
  // The table's row is the one of the manifest's kind; the compiler does not follow that through an index.
  const open = kinds[model.manifest.pipeline] as (request: PipelineRequest & { readonly model: UsableModel }) => Promise<Pipeline>;
  return open({ ...request, model });
}
