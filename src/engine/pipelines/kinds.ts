import type { Manifest } from '../../shared/manifest.ts';
import { usable, type UsableModel } from '../models.ts';
import { openFeedForward } from './feed-forward.ts';
import type { Pipeline, PipelineRequest } from './pipeline.ts';

/** How each kind of model is run. */
const kinds: Record<Manifest['pipeline'], (request: PipelineRequest & { readonly model: UsableModel }) => Promise<Pipeline>> = {
  'feed-forward': openFeedForward,
};

/**
 * Chooses provider and precision for a model and makes it ready.
 * Throws the model's own problem, `model-damaged`, `provider-not-available`, `wrong-output`, `unsupported-image`, `bad-request`.
 */
export async function openPipeline(request: PipelineRequest): Promise<Pipeline> {
  const model = usable(request.model);
  return kinds[model.manifest.pipeline]({ ...request, model });
}
