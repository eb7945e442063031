import type { Graph, Node } from '../graph/graph.ts';
import { pruned } from '../graph/rewrite.ts';
import { countOf, floats, type Tensor } from '../graph/tensor.ts';
import type { FaceNetwork } from '../source-network.ts';

/** What YuNet gives for each of its strides. */
const detectorOutputs = ['cls', 'obj', 'bbox', 'kps'].flatMap((map) => [8, 16, 32].map((stride) => `${map}_${stride}`));
/** Of the picture that a detector looks at, where its file leaves that open. */
const usualSide = 640;
/** Faces that are made anew have 256, 512 or 1024 pixels a side. */
const [leastSide, mostSide] = [256, 1024];

/** A detector by the names of its outputs; null where it is none. */
export function detectorOf(graph: Graph): FaceNetwork | null {
  const names = new Set(graph.outputs.map(({ name }) => name));
  if (!detectorOutputs.every((name) => names.has(name))) return null;
  const side = sideOf(graph) ?? usualSide;
  return side % 32 === 0 && takesColours(graph) ? ofSide('find', 'YuNet', graph, side) : null;
}

/** What a network that takes squares of one size is taken for; undefined where it cannot be that. */
export function restorerOf(graph: Graph): FaceNetwork | undefined {
  const side = sideOf(graph);
  const given = graph.outputs[0]?.dims ?? [];
  if (side === null || side < leastSide || side > mostSide || !takesColours(graph)) return undefined;
  // Files may leave open what they give.
  const isSame = [1, 3, side, side].every((size, axis) => typeof given[axis] !== 'number' || given[axis] === size);
  return isSame ? ofSide('restore', `ONNX, ${side} × ${side}`, withoutChance(graph), side) : undefined;
}

/**
 * The graph with nothing for noise that is drawn anew each time: a face must always become the same, and no device could be compared with
 * another. GFPGAN's authors add such noise, of little weight.
 */
function withoutChance(graph: Graph): Graph {
  if (!graph.nodes.some(isDrawn)) return graph;
  const constants = new Map<string, Tensor>(graph.constants);
  const zero = 'no noise';
  constants.set(zero, floats([], [0]));
  const nodes = graph.nodes.flatMap((node): Node[] => {
    const [output = ''] = node.outputs;
    if (!isDrawn(node)) return [node];
    if (node.op === 'RandomNormalLike') return [{ ...node, op: 'Mul', inputs: [node.inputs[0] ?? '', zero], attributes: {} }];
    const dims = node.attributes.shape as readonly number[];
    constants.set(output, floats(dims, new Float32Array(countOf(dims))));
    return [];
  });
  return { ...graph, nodes, constants };
}

const isDrawn = ({ op, attributes }: Node): boolean =>
  op === 'RandomNormalLike' || (op === 'RandomNormal' && Array.isArray(attributes.shape));

const takesColours = ({ inputs: [input, second] }: Graph): boolean =>
  input?.kind === 'float32' && second === undefined && input.dims.length === 4 && input.dims[1] === 3;

function sideOf({ inputs: [input] }: Graph): number | null {
  const [height, width] = input?.dims.slice(2) ?? [];
  return typeof height === 'number' && height === width ? height : null;
}

const ofSide = (does: FaceNetwork['does'], kind: string, graph: Graph, side: number): FaceNetwork => ({
  does,
  kind,
  side,
  graph: pruned({ ...graph, inputs: graph.inputs.map((input) => ({ ...input, dims: [1, 3, side, side] })) }),
  close: () => Promise.resolve(),
});
