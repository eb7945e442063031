import type { OneStepModel } from '../models.ts';
import type { Pipeline, PipelineRequest } from './pipeline.ts';

export function openOneStep(request: PipelineRequest & { readonly model: OneStepModel }): Promise<Pipeline> {
  return Promise.reject(new Error(request.model.id));
}
