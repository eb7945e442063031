import { InferenceSession, Tensor } from 'onnxruntime-node';
import type { Graph } from '../../src/convert/graph/graph.ts';
import { encodeGraph } from '../../src/convert/graph/write.ts';

export interface Answer {
  readonly dims: readonly number[];
  readonly values: Float32Array;
}

/** Runs a graph of one input and one output, float32, on the processor. */
export async function runNetwork(graph: Graph, dims: readonly number[], values: Float32Array | readonly number[]): Promise<Answer> {
  const session = await InferenceSession.create(await encodeGraph(graph), { intraOpNumThreads: 1 });
  try {
    const input = new Tensor('float32', Float32Array.from(values), dims);
    const output = (await session.run({ [session.inputNames[0] ?? '']: input }))[session.outputNames[0] ?? ''];
    if (output === undefined) throw new Error('no output');
    return { dims: output.dims, values: output.data as Float32Array };
  } finally {
    await session.release();
  }
}

/** Values that differ from each other, 0…1. */
export const unevenValues = (count: number): Float32Array => Float32Array.from({ length: count }, (_, index) => ((index * 37) % 101) / 101);

export const largestDifference = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Array.from(a).reduce((most, value, index) => Math.max(most, Math.abs(value - (b[index] ?? Number.NaN))), 0);
