import type { Graph, Node } from '../graph/graph.ts';
import { consumers, producers } from '../graph/rewrite.ts';
import { isFloat } from './whole-weights.ts';

/** A convolution that can be computed in 8 bits. */
export interface ByteConv {
  readonly node: Node;
  /** What it reads: the parts of a concatenation, [1, C, H, W] each. */
  readonly parts: readonly string[];
  /** The leaky ReLU that alone reads what it gives; null where something else does. */
  readonly activation: { readonly node: Node; readonly slope: number } | null;
}

/** Convolutions of fewer channels gain nothing. */
const leastChannels = 16;

/**
 * The convolutions that 8 bits pay for, in the order in which they are computed. Those whose weights several nodes share are the end of
 * a network in bands: they are left as they are, since what they give is seen as it is.
 */
export function byteConvs(graph: Graph): ByteConv[] {
  const made = producers(graph);
  const read = consumers(graph);
  const outputs = new Set(graph.outputs.map(({ name }) => name));
  const isOwn = (name: string): boolean => name === '' || (isFloat(graph.constants.get(name)) && read.get(name)?.length === 1);
  const suits = (node: Node): boolean => {
    const [, weight = '', bias = ''] = node.inputs;
    if (!isPlain(node) || !isOwn(weight) || !isOwn(bias)) return false;
    const [count = 0, channels = 0, ...kernel] = graph.constants.get(weight)?.dims ?? [];
    return count >= leastChannels && channels >= leastChannels && kernel.length === 2;
  };
  const partsOf = (value: string): string[] => {
    const node = made.get(value);
    return node?.op === 'Concat' && node.attributes.axis === 1 ? node.inputs.flatMap(partsOf) : [value];
  };
  const activationOf = (value: string): ByteConv['activation'] => {
    const [node, another] = read.get(value) ?? [];
    const slope = node === undefined || another !== undefined || outputs.has(value) ? null : slopeOf(node);
    return node === undefined || slope === null ? null : { node, slope };
  };
  return graph.nodes
    .filter(suits)
    .map((node) => ({ node, parts: partsOf(node.inputs[0] ?? ''), activation: activationOf(node.outputs[0] ?? '') }));
}

const isPlain = ({ op, attributes: { group = 1, auto_pad: padding = 'NOTSET' } }: Node): boolean =>
  op === 'Conv' && group === 1 && padding === 'NOTSET';

/** What a node makes of numbers below zero, 0…1 of them; null where it does something else. */
function slopeOf({ op, attributes: { alpha } }: Node): number | null {
  if (op === 'Relu') return 0;
  if (op !== 'LeakyRelu') return null;
  const slope = typeof alpha === 'object' && 'float' in alpha ? alpha.float : 0.01;
  return slope >= 0 && slope <= 1 ? slope : null;
}
