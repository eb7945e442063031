import type { Graph } from '../graph/graph.ts';
import { asFloats, floats, tensorKinds, type Tensor } from '../graph/tensor.ts';

/** Weights that are stored in half precision, in single: what their casts give. Constants must be in memory. */
export function withWholeWeights(graph: Graph): Graph {
  const constants = new Map(graph.constants);
  const nodes = graph.nodes.filter(({ op, inputs: [x = ''], outputs: [y = ''], attributes: { to } }) => {
    const stored = graph.constants.get(x);
    if (op !== 'Cast' || to !== tensorKinds.float32.onnx || !(stored?.kind === 'float16' || stored?.kind === 'float32')) return true;
    constants.set(y, floats(stored.dims, asFloats(stored)));
    return false;
  });
  return { ...graph, nodes, constants };
}

/** Whether its numbers are there. */
export const isFloat = (tensor: Tensor | undefined): tensor is Tensor => tensor?.kind === 'float32' && tensor.bytes instanceof Uint8Array;
