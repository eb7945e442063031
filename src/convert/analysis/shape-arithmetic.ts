import type { Node } from '../graph/graph.ts';
import type { Tensor } from '../graph/tensor.ts';
import type { Reach } from './reach.ts';

/** What is known of a value for an input of a certain size. */
export interface Known {
  readonly dims: readonly number[];
  /** The value itself, where it is a few integers: shapes, and what is computed from them. */
  readonly integers?: readonly number[] | undefined;
  /** For pictures [1, C, H, W] that come from the input: along rows and columns. */
  readonly reach?: readonly [Reach, Reach] | undefined;
  readonly tensor?: Tensor | undefined;
}

const list = (node: Node, name: string): readonly number[] | undefined => {
  const value = node.attributes[name];
  return Array.isArray(value) ? (value as readonly number[]) : undefined;
};

const binary: Readonly<Record<string, (a: number, b: number) => number>> = {
  Add: (a, b) => a + b,
  Sub: (a, b) => a - b,
  Mul: (a, b) => a * b,
  Div: (a, b) => Math.trunc(a / b),
  Mod: (a, b) => ((a % b) + b) % b,
  Max: Math.max,
  Min: Math.min,
};

/** What an operator makes of small integers, as networks compute with sizes; null where its inputs are something else. */
export function onIntegers(node: Node, inputs: readonly (Known | undefined)[]): Known | null {
  const values = inputs.map((input) => input?.integers);
  const [first, second] = values;
  if (first === undefined || values.includes(undefined)) return null;
  const line = (integers: readonly number[]): Known => ({ dims: [integers.length], integers });
  const compute = Object.hasOwn(binary, node.op) ? binary[node.op] : undefined;
  if (compute !== undefined && second !== undefined) {
    const length = Math.max(first.length, second.length);
    const pick = (from: readonly number[], index: number): number => from[from.length === 1 ? 0 : index] ?? Number.NaN;
    const integers = Array.from({ length }, (_, index) => compute(pick(first, index), pick(second, index)));
    const isScalar = inputs.every((input) => input?.dims.length === 0);
    return isScalar ? { dims: [], integers } : line(integers);
  }
  switch (node.op) {
    case 'Identity':
    case 'Cast':
      return inputs[0] ?? null;
    case 'Neg':
      return line(first.map((value) => -value));
    case 'Concat':
      return line(values.flatMap((value) => value ?? []));
    case 'Unsqueeze':
      return line(first);
    case 'Squeeze':
      return first.length === 1 ? { dims: [], integers: first } : null;
    case 'Gather': {
      const picked = (second ?? []).map((index) => first[index < 0 ? index + first.length : index] ?? Number.NaN);
      return inputs[1]?.dims.length === 0 ? { dims: [], integers: picked } : line(picked);
    }
    case 'Slice': {
      const [from = 0] = second ?? list(node, 'starts') ?? [];
      const [to = first.length] = values[2] ?? list(node, 'ends') ?? [];
      return (values[4]?.[0] ?? 1) === 1 ? line(first.slice(from, to)) : null;
    }
    default:
      return null;
  }
}
