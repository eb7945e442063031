import { radius } from '../analysis/reach.ts';
import { traceValues } from '../analysis/trace.ts';
import type { Graph, Node } from '../graph/graph.ts';
import { consumers } from '../graph/rewrite.ts';
import { countOf, integers, type Tensor } from '../graph/tensor.ts';

/** Into so many bands of rows the end is cut. */
const bandCount = 8;
/** Numbers for each pixel of the features that are enlarged, in the largest value of the end: fewer take little memory. */
const fewestNumbers = 512;
/** Rows of features around a band that its result may depend on. */
const widestSeam = 8;
/** Minima, maxima and slices as they are written here. */
const oldestOpset = 13;

/** What comes after the features of a network are first enlarged, and depends on nothing else. */
interface End {
  /** The features before they are enlarged, [1, C, H, W]. */
  readonly from: string;
  /** [1, C', H scale, W scale]. */
  readonly to: string;
  readonly nodes: ReadonlySet<Node>;
  readonly scale: number;
  /** Rows of features around one that its result depends on. */
  readonly seam: number;
}

/**
 * The same network with its end computed in bands of rows, one after the other: networks of the ESRGAN line need most of their memory
 * where they have 64 numbers for each pixel of the result, and hardly any of their time. Other graphs are given back as they are.
 */
export function withBandedEnd(graph: Graph): Graph {
  const end = graph.opset < oldestOpset ? null : heavyEnd(graph);
  if (end === null) return graph;
  const rewrite = new Rewrite(graph);
  const last = graph.nodes.findLast((node) => end.nodes.has(node));
  for (const node of graph.nodes) {
    if (!end.nodes.has(node)) rewrite.nodes.push(node);
    else if (node === last) bandsOf(rewrite, end);
  }
  return { ...graph, nodes: rewrite.nodes, constants: rewrite.constants };
}

/** The end of the first enlargement that has one with few rows between, and large values. */
function heavyEnd(graph: Graph): End | null {
  for (const node of graph.nodes) {
    if (node.op !== 'Resize' && node.op !== 'DepthToSpace') continue;
    const [value = ''] = node.inputs;
    const end = endFrom(graph, value);
    if (end !== null) return end;
  }
  return null;
}

function endFrom(graph: Graph, from: string): End | null {
  const nodes = dependentOn(graph, from);
  const readers = consumers(graph);
  const isRead = (value: string): boolean =>
    graph.outputs.some(({ name }) => name === value) || (readers.get(value) ?? []).some((reader) => !nodes.has(reader));
  const [to, other] = [...nodes].flatMap(({ outputs }) => outputs).filter(isRead);
  const channels = channelsOf(graph, nodes, from);
  if (to === undefined || other !== undefined || channels === null) return null;
  const measured = measuredEnd(
    { ...graph, nodes: [...nodes], inputs: [{ name: from, kind: 'float32', dims: [1, channels, 'h', 'w'] }] },
    to,
  );
  if (measured === null || measured.seam > widestSeam || measured.numbers < fewestNumbers) return null;
  return { from, to, nodes, scale: measured.scale, seam: measured.seam };
}

/** What depends on this value and on nothing else. */
function dependentOn(graph: Graph, from: string): Set<Node> {
  const inside = new Set([from]);
  const nodes = new Set<Node>();
  for (const node of graph.nodes) {
    const values = node.inputs.filter((value) => value !== '' && !graph.constants.has(value));
    if (values.length === 0 || !values.every((value) => inside.has(value))) continue;
    nodes.add(node);
    for (const output of node.outputs) inside.add(output);
  }
  return nodes;
}

/** Its enlargement, the rows that its result depends on, and the most numbers for a pixel of its input; null where it enlarges unevenly. */
function measuredEnd(end: Graph, to: string): { scale: number; seam: number; numbers: number } | null {
  const [height, width] = [48, 64];
  const known = traceValues(end, height, width);
  const { dims = [], reach } = known?.get(to) ?? {};
  const [, , rows = 0, columns = 0] = dims;
  const scale = rows / height;
  if (known === null || reach === undefined || dims.length !== 4) return null;
  if (!Number.isInteger(scale) || scale < 2 || columns !== scale * width) return null;
  const sizes = end.nodes.flatMap(({ outputs }) => outputs).map((value) => countOf(known.get(value)?.dims ?? []));
  return { scale, seam: Math.ceil(Math.max(...reach.map(radius))) + 1, numbers: Math.max(...sizes) / (height * width) };
}

/** By a convolution that reads the value, at once or enlarged; null where none does. */
function channelsOf(graph: Graph, nodes: ReadonlySet<Node>, from: string): number | null {
  const same = new Map([[from, 1]]);
  for (const node of nodes) {
    const [value = '', weight = ''] = node.inputs;
    const planes = same.get(value);
    if (planes === undefined) continue;
    const [output = ''] = node.outputs;
    const { blocksize, group } = node.attributes;
    if (node.op === 'Conv') {
      const inputs = graph.constants.get(weight)?.dims[1];
      return inputs === undefined ? null : inputs * (typeof group === 'number' ? group : 1) * planes;
    }
    if (node.op === 'DepthToSpace' && typeof blocksize === 'number') same.set(output, planes * blocksize ** 2);
    else if (['Resize', 'LeakyRelu', 'Relu'].includes(node.op)) same.set(output, planes);
  }
  return null;
}

/** Nodes and constants that are added to a graph under names of their own. */
class Rewrite {
  readonly nodes: Node[] = [];
  readonly constants: Map<string, Tensor>;

  constructor(graph: Graph) {
    this.constants = new Map(graph.constants);
  }

  node(op: string, name: string, inputs: readonly string[], attributes: Node['attributes'] = {}): string {
    this.nodes.push({ op, name, inputs, outputs: [name], attributes });
    return name;
  }

  integer(value: number): string {
    const name = `end.integer(${value})`;
    if (!this.constants.has(name)) this.constants.set(name, integers([1], [value]));
    return name;
  }
}

function bandsOf(rewrite: Rewrite, { from, to, nodes, scale, seam }: End): void {
  const rowAxis = rewrite.integer(2);
  const slice = (name: string, value: string, first: string, end: string): string =>
    rewrite.node('Slice', name, [value, first, end, rowAxis]);
  const shape = rewrite.node('Shape', 'end.shape', [from]);
  const height = rewrite.node('Slice', 'end.height', [shape, rowAxis, rewrite.integer(3), rewrite.integer(0)]);
  // Of a picture with fewer rows than there are bands, some have none.
  const edge = (index: number): string => {
    const rows = rewrite.node('Mul', `end.edge.${index}.rows`, [height, rewrite.integer(index)]);
    return rewrite.node('Div', `end.edge.${index}`, [rows, rewrite.integer(bandCount)]);
  };
  const edges = Array.from({ length: bandCount + 1 }, (_, index) => edge(index));
  const results = Array.from({ length: bandCount }, (_, index) => {
    const named = (value: string): string => `${value}.band.${index}`;
    const [first = '', end = ''] = edges.slice(index);
    const seenFirst = rewrite.node('Max', named('end.first'), [
      rewrite.node('Sub', named('end.above'), [first, rewrite.integer(seam)]),
      rewrite.integer(0),
    ]);
    const seenEnd = rewrite.node('Min', named('end.end'), [rewrite.node('Add', named('end.below'), [end, rewrite.integer(seam)]), height]);
    slice(named(from), from, seenFirst, seenEnd);
    for (const node of nodes) {
      const inputs = node.inputs.map((value) => (value === '' || rewrite.constants.has(value) ? value : named(value)));
      rewrite.nodes.push({ ...node, name: named(node.name), inputs, outputs: node.outputs.map(named) });
    }
    const scaled = (place: string, name: string): string => {
      const rows = rewrite.node('Sub', named(`${name}.rows`), [place, seenFirst]);
      return rewrite.node('Mul', named(name), [rows, rewrite.integer(scale)]);
    };
    return slice(named('end.kept'), named(to), scaled(first, 'end.keptFirst'), scaled(end, 'end.keptEnd'));
  });
  rewrite.node('Concat', to, results, { axis: 2 });
}
