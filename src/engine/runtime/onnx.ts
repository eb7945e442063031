import { join } from 'node:path';
import { env, InferenceSession } from 'onnxruntime-node';
import type { SessionRequest } from './way.ts';

// Native libraries would write to stderr what comes back as an error anyway.
env.logLevel = 'fatal';

/** Where a graph lies and what runs it. */
type OnnxRequest = Pick<SessionRequest, 'provider' | 'threads' | 'width' | 'height' | 'trial'> & {
  readonly model: { readonly folder: string };
};

/** Opens a graph of the model on the provider. Throws what the native code says. */
export function openOnnx(
  { model, provider, threads, width, height, trial }: OnnxRequest,
  file: string,
  more: InferenceSession.SessionOptions = {},
): Promise<InferenceSession> {
  return InferenceSession.create(join(model.folder, file), {
    executionProviders: [provider.session],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    // Weights in the order of the processor's registers save less in one run than they cost.
    graphOptimizationLevel: trial === 'once' ? 'extended' : 'all',
    logSeverityLevel: 4,
    ...(trial === undefined ? {} : { extra: { session: { intra_op: { allow_spinning: '0' } } } }),
    ...(provider.fixedShape ? { freeDimensionOverrides: { height, width } } : {}),
    ...more,
  });
}
