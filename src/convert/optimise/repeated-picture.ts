import type { Graph, Node } from '../graph/graph.ts';
import { consumers, producers } from '../graph/rewrite.ts';
import { asFloats, floats } from '../graph/tensor.ts';

/**
 * Adds the repeated picture before its residual is spread over the pixels rather than after: a convolution of one pixel instead
 * of two pictures of the result's size in memory.
 */
export function withEarlyPicture(graph: Graph): Graph {
  const made = producers(graph);
  const read = consumers(graph);
  const [picture] = graph.inputs;
  for (const sum of graph.nodes) {
    if (sum.op !== 'Add' || picture === undefined) continue;
    const terms = sum.inputs.map((input) => made.get(input));
    const spread = terms.find((node) => node?.op === 'DepthToSpace' && node.attributes.mode === 'CRD');
    const repeat = terms.find((node) => node !== undefined && isRepeat(graph, node, picture.name));
    const scale = spread?.attributes.blocksize;
    const cells = spread?.inputs[0] ?? '';
    if (spread === undefined || repeat === undefined || typeof scale !== 'number' || factorOf(graph, repeat) !== scale) continue;
    const planes = graph.constants.get(made.get(cells)?.inputs[1] ?? '')?.dims[0];
    const isAlone = (node: Node): boolean => read.get(node.outputs[0] ?? '')?.length === 1;
    if (made.get(cells)?.op !== 'Conv' || planes !== 3 * scale ** 2 || !isAlone(spread) || !isAlone(repeat)) continue;
    return rewritten(graph, { sum, spread, repeat }, picture.name, scale);
  }
  return graph;
}

interface Site {
  readonly sum: Node;
  readonly spread: Node;
  readonly repeat: Node;
}

function rewritten(graph: Graph, { sum, spread, repeat }: Site, picture: string, scale: number): Graph {
  const cells = spread.inputs[0] ?? '';
  const planes = 3 * scale ** 2;
  const [name, weight, early] = [repeat.name, `${repeat.name}.weight`, `${sum.name}.cells`];
  const copies = floats(
    [planes, 3, 1, 1],
    Float32Array.from({ length: planes * 3 }, (_, index) => (Math.floor(index / 3 / scale ** 2) === index % 3 ? 1 : 0)),
  );
  const replacements = new Map<Node, readonly Node[]>([
    [repeat, []],
    [spread, []],
    [
      sum,
      [
        { op: 'Conv', name, inputs: [picture, weight], outputs: repeat.outputs, attributes: { kernel_shape: [1, 1] } },
        { op: 'Add', name: early, inputs: [cells, repeat.outputs[0] ?? ''], outputs: [early], attributes: {} },
        { ...spread, inputs: [early], outputs: sum.outputs },
      ],
    ],
  ]);
  const nodes = graph.nodes.flatMap((node) => replacements.get(node) ?? [node]);
  return { ...graph, nodes, constants: new Map([...graph.constants, [weight, copies]]) };
}

const isRepeat = (graph: Graph, node: Node, picture: string): boolean =>
  node.op === 'Resize' &&
  node.inputs[0] === picture &&
  (node.attributes.mode ?? 'nearest') === 'nearest' &&
  node.attributes.coordinate_transformation_mode === 'asymmetric' &&
  node.attributes.nearest_mode === 'floor' &&
  factorOf(graph, node) !== null;

function factorOf(graph: Graph, repeat: Node): number | null {
  const scales = graph.constants.get(repeat.inputs[2] ?? '');
  if (scales?.kind !== 'float32' || !(scales.bytes instanceof Uint8Array)) return null;
  const [batch, channels, rows, columns] = asFloats(scales);
  return batch === 1 && channels === 1 && rows !== undefined && rows === columns ? rows : null;
}
