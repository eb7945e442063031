import type { Graph, Node, Port } from '../graph/graph.ts';
import { asFloats, byteLength, floats, tensorKinds, type Tensor } from '../graph/tensor.ts';

/**
 * A graph of half-precision numbers in float32: processors have no arithmetic for halves, and accelerators get the weights that
 * they want from float32 ones. Graphs of other numbers are left as they are.
 */
export function inSinglePrecision(graph: Graph): Graph {
  if (![...graph.constants.values()].some(({ kind }) => kind === 'float16')) return graph;
  const widePort = (port: Port): Port => (port.kind === 'float16' ? { ...port, kind: 'float32' } : port);
  const wideNode = (node: Node): Node => {
    const { to, value } = node.attributes;
    if (node.op === 'Cast' && to === tensorKinds.float16.onnx) return { ...node, attributes: { to: tensorKinds.float32.onnx } };
    if (typeof value !== 'object' || !('tensor' in value)) return node;
    return { ...node, attributes: { ...node.attributes, value: { tensor: wide(value.tensor) } } };
  };
  return {
    ...graph,
    inputs: graph.inputs.map(widePort),
    outputs: graph.outputs.map(widePort),
    nodes: graph.nodes.map(wideNode),
    constants: new Map([...graph.constants].map(([name, tensor]) => [name, wide(tensor)])),
  };
}

function wide(tensor: Tensor): Tensor {
  const { kind, dims, bytes } = tensor;
  if (kind !== 'float16') return tensor;
  if (bytes instanceof Uint8Array) return floats(dims, asFloats(tensor));
  const read = async (): Promise<Uint8Array> => {
    const values = asFloats({ ...tensor, bytes: await bytes.read() });
    return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  };
  return { kind: 'float32', dims, bytes: { length: byteLength({ kind: 'float32', dims }), read } };
}
