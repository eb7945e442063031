import type { Graph, Node } from './graph/graph.ts';
import { encoded } from './graph/halves.ts';
import { asFloats, byteLength, tensorKinds, type Tensor } from './graph/tensor.ts';

/** Tensors of fewer bytes stay as they are: factors, and shapes that onnxruntime looks at when it opens a graph. */
const leastBytes = 1024;
/** Of a tensor's energy: what rounding may take. Weights whose most are too small or too large for half precision lose more. */
const mostLost = 1e-6;

/**
 * Stores the weights of graphs in half precision, which takes half the space; each is cast in the graph, once, when onnxruntime opens
 * it. Graphs that share a tensor go on sharing it. Tensors that are not in memory, or would lose more than 60 dB, stay as they are.
 */
export class HalfWeights {
  /** Whether nothing was lost so far. */
  isExact = true;
  readonly #halves = new Map<Tensor, Tensor | null>();

  of(graph: Graph): Graph {
    const constants = new Map(graph.constants);
    const casts: Node[] = [];
    for (const [name, tensor] of graph.constants) {
      const half = this.#halfOf(tensor);
      if (half === null) continue;
      const stored = `${name}.half`;
      if (constants.has(stored)) continue;
      constants.delete(name);
      constants.set(stored, half);
      casts.push({ op: 'Cast', name: `${name}.whole`, inputs: [stored], outputs: [name], attributes: { to: tensorKinds.float32.onnx } });
    }
    return { ...graph, nodes: [...casts, ...graph.nodes], constants };
  }

  #halfOf(tensor: Tensor): Tensor | null {
    const known = this.#halves.get(tensor);
    if (known !== undefined) return known;
    const half = this.#made(tensor);
    this.#halves.set(tensor, half);
    return half;
  }

  #made(tensor: Tensor): Tensor | null {
    if (tensor.kind !== 'float32' || !(tensor.bytes instanceof Uint8Array) || byteLength(tensor) < leastBytes) return null;
    const values = asFloats(tensor);
    const half: Tensor = { kind: 'float16', dims: tensor.dims, bytes: encoded(values, 'float16') };
    let [lost, energy] = [0, 0];
    for (const [index, value] of asFloats(half).entries()) {
      lost += (value - values[index]!) ** 2;
      energy += values[index]! ** 2;
    }
    if (!(lost <= mostLost * energy)) return null;
    if (lost > 0) this.isExact = false;
    return half;
  }
}
