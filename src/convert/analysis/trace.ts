import type { Graph, Node } from '../graph/graph.ts';
import { asIntegers, countOf, type Tensor } from '../graph/tensor.ts';
import { operators } from './operators.ts';
import { start } from './reach.ts';
import type { Known } from './shape-arithmetic.ts';

/** Shapes with more values than this are weights, not arithmetic on sizes. */
const mostIntegers = 64;

/**
 * Follows the shape of everything through the graph for an input of height · width pixels, and with it which part of the picture
 * each value depends on. Null where an operator is not one of those that plain convolutional networks are made of, or where
 * sizes do not fit together.
 */
export function traceGraph(graph: Graph, height: number, width: number): Known | null {
  const [output] = graph.outputs;
  return (output === undefined ? undefined : traceValues(graph, height, width)?.get(output.name)) ?? null;
}

/** The same of every value of the graph. */
export function traceValues(graph: Graph, height: number, width: number): ReadonlyMap<string, Known> | null {
  const [input] = graph.inputs;
  if (input === undefined) return null;
  const planes = input.dims[1];
  const dims = [1, typeof planes === 'number' ? planes : 3, height, width];
  const known = new Map<string, Known>([[input.name, { dims, reach: [start, start] }]]);
  for (const [name, tensor] of graph.constants) known.set(name, constantKnown(tensor));
  for (const node of graph.nodes) {
    const results = traceNode(node, known);
    if (results === null) return null;
    for (const [index, name] of node.outputs.entries()) {
      const result = results[index];
      if (result?.dims.every((size) => Number.isInteger(size) && size > 0) !== true) return null;
      known.set(name, result);
    }
  }
  return known;
}

export function constantKnown(tensor: Tensor): Known {
  const { dims } = tensor;
  return { dims, tensor, ...(countOf(dims) <= mostIntegers ? { integers: asIntegers(tensor) ?? undefined } : {}) };
}

function traceNode(node: Node, known: ReadonlyMap<string, Known>): readonly Known[] | null {
  const operator = node.domain === undefined && Object.hasOwn(operators, node.op) ? operators[node.op] : undefined;
  const inputs = node.inputs.map((name) => known.get(name));
  return operator?.(node, inputs) ?? null;
}
