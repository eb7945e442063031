import type { FeedForwardManifest } from '../shared/manifest.ts';
import { blendDial } from '../shared/options.ts';
import { Problem } from '../shared/problem.ts';
import { sentence } from '../shared/sentence.ts';
import type { Graph, Node } from './graph/graph.ts';
import { asFloats, floats, type Tensor } from './graph/tensor.ts';

/** The constant that blends two networks, in a file of its own so that it can be replaced, and where it is chosen to stand. */
export const amount = { file: 'strength.bin', tensor: floats([], [0.5]) };

/** The option of the manifest that replaces it. */
export const blendOptions: FeedForwardManifest['options'] = { [blendDial]: { constant: amount.file, default: 0.5 } };

/**
 * Deep network interpolation (Wang et al. 2019): one graph whose weights are A + strength · (B - A), which onnxruntime computes once
 * when it opens the graph. Constants must be in memory.
 * @throws Problem unsupported-model where the two are not networks of equal shape
 */
export function blended(a: Graph, b: Graph, strength: Tensor): Graph {
  const partners = partnersOf(a, b);
  const constants = new Map(a.constants);
  const nodes: Node[] = [];
  const names = new Map<string, string>();
  constants.set(blendDial, strength);
  for (const [name, tensor] of a.constants) {
    const other = b.constants.get(partners.get(name) ?? '');
    if (other === undefined || isSame(tensor, other)) continue;
    if (tensor.kind !== 'float32' || other.kind !== 'float32') throw unequal(`the constant ${name} is not made of real numbers`);
    const [from, to] = [asFloats(tensor), asFloats(other)];
    const [difference, change, sum] = [`${name}.difference`, `${name}.change`, `${name}.blended`];
    constants.set(
      difference,
      floats(
        tensor.dims,
        from.map((value, index) => to[index]! - value),
      ),
    );
    nodes.push({ op: 'Mul', name: change, inputs: [difference, blendDial], outputs: [change], attributes: {} });
    nodes.push({ op: 'Add', name: sum, inputs: [name, change], outputs: [sum], attributes: {} });
    names.set(name, sum);
  }
  if (names.size === 0) throw unequal('they are the same network');
  const rewired = a.nodes.map((node) => ({ ...node, inputs: node.inputs.map((input) => names.get(input) ?? input) }));
  return { ...a, nodes: [...nodes, ...rewired], constants };
}

/** Which value of B stands where each value of A stands, the networks being equal node by node. */
function partnersOf(a: Graph, b: Graph): Map<string, string> {
  const partners = new Map<string, string>();
  const pair = (own: readonly string[], other: readonly string[], where: string): void => {
    if (own.length !== other.length) throw unequal(`${where} has another number of values`);
    for (const [index, name] of own.entries()) {
      const partner = other[index] ?? '';
      const known = partners.get(name);
      if (known !== undefined && known !== partner) throw unequal(`${where} is connected differently`);
      partners.set(name, partner);
    }
  };
  const portNames = (ports: Graph['inputs']): string[] => ports.map(({ name }) => name);
  pair(portNames(a.inputs), portNames(b.inputs), 'the input');
  if (a.nodes.length !== b.nodes.length) throw unequal(`they have ${a.nodes.length} and ${b.nodes.length} operators`);
  for (const [index, node] of a.nodes.entries()) {
    const other = b.nodes[index];
    if (node.op !== other?.op || shapeOf(node) !== shapeOf(other)) throw unequal(`the operator ${node.name} differs`);
    pair(node.inputs, other.inputs, node.name);
    pair(node.outputs, other.outputs, node.name);
  }
  for (const [name, { kind, dims }] of a.constants) {
    const other = b.constants.get(partners.get(name) ?? '');
    if (other?.kind !== kind || other.dims.join() !== dims.join()) throw unequal(`${name} has the shape [${dims.join(', ')}] in one only`);
  }
  return partners;
}

const shapeOf = ({ attributes }: Node): string =>
  JSON.stringify(Object.entries(attributes).sort(([first], [second]) => (first < second ? -1 : 1)));

function isSame({ bytes }: Tensor, other: Tensor): boolean {
  return bytes instanceof Uint8Array && other.bytes instanceof Uint8Array && Buffer.compare(bytes, other.bytes) === 0;
}

const unequal = (detail: string): Problem =>
  new Problem('unsupported-model', sentence('import.unequal'), {
    detail,
    advice: sentence('import.unequal.advice'),
  });
