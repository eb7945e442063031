import type { Graph, Node } from '../graph/graph.ts';
import { integers } from '../graph/tensor.ts';
import type { ByteConv } from './plan.ts';

/** What a value was seen to be, for each of its channels. */
export interface Seen {
  readonly least: Float32Array;
  readonly most: Float32Array;
  readonly mean: Float32Array;
}

/** The same graph with another output, a vector over all channels, for what has to be known of a value. */
export interface Observed {
  readonly graph: Graph;
  /** Names of outputs, by value. */
  readonly outputs: ReadonlyMap<string, { readonly least: string; readonly most: string; readonly mean: string }>;
}

const operators = { least: 'ReduceMin', most: 'ReduceMax', mean: 'ReduceMean' } as const;

/** Axes of reductions became an input in this version. */
const axesAreInput = 18;

export function observed(graph: Graph, convs: readonly ByteConv[]): Observed {
  const values = new Set(convs.flatMap(({ node, parts, activation }) => [...parts, ...node.outputs, ...(activation?.node.outputs ?? [])]));
  const nodes: Node[] = [];
  const constants = new Map(graph.constants);
  const axes = 'observed.axes';
  if (graph.opset >= axesAreInput) constants.set(axes, integers([2], [2, 3]));
  const reduced = (op: string, value: string): string => {
    const name = `${value}.${op}`;
    const [inputs, given] = graph.opset >= axesAreInput ? [[value, axes], {}] : [[value], { axes: [2, 3] }];
    nodes.push({ op, name, inputs, outputs: [name], attributes: { ...given, keepdims: 0 } });
    return name;
  };
  const outputs = new Map(
    [...values].map((value) => [
      value,
      { least: reduced(operators.least, value), most: reduced(operators.most, value), mean: reduced(operators.mean, value) },
    ]),
  );
  const ports = nodes.map(({ name }) => ({ name, kind: 'float32' as const, dims: ['one', `${name}.channels`] }));
  return { graph: { ...graph, constants, nodes: [...graph.nodes, ...nodes], outputs: [...graph.outputs, ...ports] }, outputs };
}

/** What was seen of a value in one picture and in those before. */
export function joined(all: Seen | undefined, one: Seen, count: number): Seen {
  if (all === undefined) return one;
  return {
    least: all.least.map((value, channel) => Math.min(value, one.least[channel]!)),
    most: all.most.map((value, channel) => Math.max(value, one.most[channel]!)),
    mean: all.mean.map((value, channel) => value + (one.mean[channel]! - value) / count),
  };
}
