import { InferenceSession, Tensor } from 'onnxruntime-node';
import type { Picture } from '../convert/run-graph.ts';

/**
 * Runs the graph at `path`, float32 [1, height, width, 3] → the same form, on the processor; what onnxruntime says against the
 * graph or this size is an answer, not an error.
 */
export async function runGraph(path: string, { width, height, values }: Picture, threads: number): Promise<Picture | { refusal: string }> {
  let session: InferenceSession | null = null;
  try {
    session = await InferenceSession.create(path, {
      executionProviders: ['cpu'],
      intraOpNumThreads: threads,
      interOpNumThreads: 1,
      // For one run nothing is gained by ordering the weights anew.
      graphOptimizationLevel: 'extended',
      logSeverityLevel: 4,
    });
    const [input = '', output = ''] = [session.inputNames[0], session.outputNames[0]];
    const answers = await session.run({ [input]: new Tensor('float32', values, [1, height, width, 3]) });
    return pictureOf(answers[output]);
  } catch (error) {
    return { refusal: error instanceof Error ? error.message : String(error) };
  } finally {
    await session?.release();
  }
}

function pictureOf(answer: Tensor | undefined): Picture | { refusal: string } {
  const dims = answer?.dims ?? [];
  const [, height = 0, width = 0, channels] = dims;
  if (!(answer?.data instanceof Float32Array) || dims.length !== 4 || channels !== 3) {
    return { refusal: `The answer has the shape [${dims.join(', ')}].` };
  }
  return { width, height, values: answer.data };
}
