import { sentence } from '../../shared/sentence.ts';
import type { GraphBuilder } from '../graph/builder.ts';
import { listOf, numberOf, type Layer } from './param.ts';
import type { Blob, Translation } from './translation.ts';

/**
 * ncnn's fused activations by number: 1 ReLU, 2 leaky ReLU, 3 clip, 4 sigmoid, 5 mish, 6 hard swish. 0 is none, and null stands
 * for a number that nobody knows.
 */
export function activation(b: GraphBuilder, x: string, type: number, values: readonly number[], name?: string): string | null {
  const [first = 0, second = 0] = values;
  switch (type) {
    case 0:
      return x;
    case 1:
      return b.relu(x, name);
    case 2:
      return first === 0 ? b.relu(x, name) : b.leakyRelu(x, first, name);
    case 3:
      return b.clip(x, first, second, name);
    case 4:
      return b.sigmoid(x, name);
    case 5:
      return b.mul(x, b.tanh(b.node('Softplus', [x])), name);
    case 6:
      return b.mul(x, b.node('HardSigmoid', [x], { alpha: { float: first }, beta: { float: second } }), name);
    default:
      return null;
  }
}

/** A layer's result with the activation that its line names (parameters 9 and 10). */
export function activated({ builder, layer, refuse }: Translation, x: string): string {
  const type = numberOf(layer, 9);
  const result = activation(builder, x, type, listOf(layer, 10), type === 0 ? undefined : `${layer.name}.activation`);
  if (result === null) throw refuse(sentence('import.why.activation', { code: type }));
  return result;
}

type Elementwise = (b: GraphBuilder, x: string, layer: Layer) => string | null;

const elementwise: Readonly<Record<string, Elementwise>> = {
  Sigmoid: (b, x, { name }) => b.sigmoid(x, name),
  TanH: (b, x, { name }) => b.tanh(x, name),
  Swish: (b, x, { name }) => b.silu(x, name),
  Mish: (b, x, { name }) => activation(b, x, 5, [], name),
  HardSwish: (b, x, layer) => activation(b, x, 6, [numberOf(layer, 0, 0.2), numberOf(layer, 1, 0.5)], layer.name),
  HardSigmoid: (b, x, layer) =>
    b.node(
      'HardSigmoid',
      [x],
      { alpha: { float: numberOf(layer, 0, 0.2) }, beta: { float: numberOf(layer, 1, 0.5) } },
      { name: layer.name },
    ),
  // The fast form is an approximation of the exact one, within 0.001.
  GELU: (b, x, { name }) => b.gelu(x, name),
  ELU: (b, x, layer) => b.node('Elu', [x], { alpha: { float: numberOf(layer, 0, 0.1) } }, { name: layer.name }),
  Clip: (b, x, layer) => b.clip(x, Math.max(numberOf(layer, 0, -1e38), -1e38), Math.min(numberOf(layer, 1, 1e38), 1e38), layer.name),
  UnaryOp: (b, x, layer) => {
    const op = unaryOps[numberOf(layer, 0)];
    if (op === undefined) return null;
    return op === 'Square' ? b.mul(x, x, layer.name) : b.node(op, [x], {}, { name: layer.name });
  },
};

/** ncnn's `op_type`. */
const unaryOps: Readonly<Record<number, string>> = {
  0: 'Abs',
  1: 'Neg',
  2: 'Floor',
  3: 'Ceil',
  4: 'Square',
  5: 'Sqrt',
  7: 'Exp',
  8: 'Log',
  15: 'Reciprocal',
  16: 'Tanh',
};

const keepingShape =
  (make: Elementwise) =>
  ({ builder, inputs: [x], layer, refuse }: Translation): Blob[] => {
    const value = x === undefined ? null : make(builder, x.value, layer);
    if (x === undefined || value === null) throw refuse(sentence('import.why.operation', { code: numberOf(layer, 0) }));
    return [{ ...x, value }];
  };

/** The layers that change each value by itself. */
export const activationKinds = Object.fromEntries(Object.entries(elementwise).map(([type, make]) => [type, keepingShape(make)]));
