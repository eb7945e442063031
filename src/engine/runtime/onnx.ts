import { join } from 'node:path';
import { env, InferenceSession } from 'onnxruntime-node';
import type { SessionRequest } from './way.ts';

// Native libraries would write to stderr what comes back as an error anyway.
env.logLevel = 'fatal';

/** Opens a graph of the model on the provider. Throws what the native code says. */
export function openOnnx(
  { model, provider, threads, width, height }: SessionRequest,
  file: string,
  more: InferenceSession.SessionOptions = {},
): Promise<InferenceSession> {
  return InferenceSession.create(join(model.folder, file), {
    executionProviders: [provider.session],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    graphOptimizationLevel: 'all',
    logSeverityLevel: 4,
    ...(provider.fixedShape ? { freeDimensionOverrides: { height, width } } : {}),
    ...more,
  });
}
