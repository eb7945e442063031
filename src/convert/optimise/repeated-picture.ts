import type { Graph, Node } from '../graph/graph.ts';
import { consumers, producers } from '../graph/rewrite.ts';
import { asFloats, floats } from '../graph/tensor.ts';

/**
 * Adds the repeated picture before its residual is spread over the pixels rather than after: a convolution of one pixel instead
 * of two pictures of the result's size in memory.
 */
export function withEarlyPicture(graph: Graph): Graph {
  const [picture] = graph.inputs;
  if (picture === undefined) return graph;
  const made = producers(graph);
  const read = consumers(graph);
  const isAlone = (node: Node): boolean => read.get(node.outputs[0] ?? '')?.length === 1;
  for (const sum of graph.nodes) {
    const site = siteOf(graph, sum, made, picture.name);
    if (site !== null && isAlone(site.spread) && isAlone(site.repeat)) return rewritten(graph, site, picture.name);
  }
  return graph;
}

interface Site {
  readonly sum: Node;
  readonly spread: Node;
  readonly repeat: Node;
  readonly scale: number;
}

/** A sum of the repeated picture and of a convolution's planes that are spread over as many pixels. */
function siteOf(graph: Graph, sum: Node, made: ReadonlyMap<string, Node>, picture: string): Site | null {
  if (sum.op !== 'Add') return null;
  const terms = sum.inputs.map((input) => made.get(input));
  const spread = terms.find((node) => node?.op === 'DepthToSpace' && node.attributes.mode === 'CRD');
  const repeat = terms.find((node) => node !== undefined && isRepeat(graph, node, picture));
  const scale = spread?.attributes.blocksize;
  if (spread === undefined || repeat === undefined || typeof scale !== 'number' || factorOf(graph, repeat) !== scale) return null;
  const residual = made.get(spread.inputs[0] ?? '');
  const planes = graph.constants.get(residual?.inputs[1] ?? '')?.dims[0];
  return residual?.op === 'Conv' && planes === 3 * scale ** 2 ? { sum, spread, repeat, scale } : null;
}

function rewritten(graph: Graph, { sum, spread, repeat, scale }: Site, picture: string): Graph {
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
