import type { Graph, Node } from '../graph/graph.ts';
import { consumers, producers } from '../graph/rewrite.ts';
import { asFloats, countOf, floats, type Tensor } from '../graph/tensor.ts';
import { isFloat } from './whole-weights.ts';

/**
 * Factors that follow a convolution at once become part of its weights: what a dense block of ESRGAN adds is scaled by 0.2. Constants
 * must be in memory.
 */
export function withFoldedFactors(graph: Graph): Graph {
  const made = producers(graph);
  const read = consumers(graph);
  const outputs = new Set(graph.outputs.map(({ name }) => name));
  const constants = new Map(graph.constants);
  const replaced = new Map<Node, readonly Node[]>();
  for (const product of graph.nodes) {
    const conv = product.op === 'Mul' ? product.inputs.map((name) => made.get(name)).find((node) => node?.op === 'Conv') : undefined;
    const factor = product.inputs.map((name) => scalar(graph.constants.get(name))).find((value) => value !== null);
    const [value = ''] = conv?.outputs ?? [];
    if (conv === undefined || typeof factor !== 'number' || read.get(value)?.length !== 1 || outputs.has(value)) continue;
    const [x = '', ...parameters] = conv.inputs;
    const tensors = parameters.map((name) => graph.constants.get(name));
    if (!tensors.every(isFloat)) continue;
    const scaled = tensors.map((tensor, index) => {
      const name = `${product.name}.${index === 0 ? 'weight' : 'bias'}`;
      constants.set(
        name,
        floats(
          tensor.dims,
          asFloats(tensor).map((number) => number * factor),
        ),
      );
      return name;
    });
    replaced.set(conv, [{ ...conv, inputs: [x, ...scaled], outputs: product.outputs }]);
    replaced.set(product, []);
  }
  return { ...graph, nodes: graph.nodes.flatMap((node) => replaced.get(node) ?? [node]), constants };
}

/** The number of a tensor that holds one. */
export const scalar = (tensor: Tensor | undefined): number | null =>
  isFloat(tensor) && countOf(tensor.dims) === 1 ? (asFloats(tensor)[0] ?? null) : null;
