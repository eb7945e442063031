import type { Graph } from '../graph/graph.ts';
import { pruned } from '../graph/rewrite.ts';
import { byteLength, type Tensor } from '../graph/tensor.ts';
import { withoutPrelu, withPlainSlopes } from './parametric-relu.ts';
import { withEarlyPicture } from './repeated-picture.ts';

/** Networks that gain from being rewritten are small; larger ones are written as they are, one tensor at a time. */
const mostBytes = 256 * 2 ** 20;

/** A graph that computes the same in less time. */
export async function optimised(graph: Graph): Promise<Graph> {
  const tidy = pruned(graph);
  const bytes = [...tidy.constants.values()].reduce((sum, tensor) => sum + byteLength(tensor), 0);
  return bytes > mostBytes ? tidy : pruned(withEarlyPicture(withoutPrelu(withPlainSlopes(await loaded(tidy)))));
}

/** With all constants in memory. */
export async function loaded(graph: Graph): Promise<Graph> {
  const constants = new Map<string, Tensor>();
  for (const [name, tensor] of graph.constants) {
    const { bytes } = tensor;
    constants.set(name, bytes instanceof Uint8Array ? tensor : { ...tensor, bytes: await bytes.read() });
  }
  return { ...graph, constants };
}
