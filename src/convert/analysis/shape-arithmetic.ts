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

type Integers = Known & { readonly integers: readonly number[] };
type Inputs = readonly [Integers, ...Integers[]];
type Rule = (inputs: Inputs, node: Node) => Known | null;

const list = (node: Node, name: string): readonly number[] | undefined => {
  const value = node.attributes[name];
  return Array.isArray(value) ? (value as readonly number[]) : undefined;
};

const line = (integers: readonly number[]): Known => ({ dims: [integers.length], integers });

/** Two operands, of which one may be a single number. */
const pairwise =
  (compute: (a: number, b: number) => number): Rule =>
  (inputs) => {
    const [first, second] = inputs;
    if (second === undefined) return null;
    const length = Math.max(first.integers.length, second.integers.length);
    const pick = ({ integers }: Integers, index: number): number => integers[integers.length === 1 ? 0 : index] ?? Number.NaN;
    const integers = Array.from({ length }, (_, index) => compute(pick(first, index), pick(second, index)));
    return inputs.every(({ dims }) => dims.length === 0) ? { dims: [], integers } : line(integers);
  };

const same: Rule = ([first]) => first;

const gather: Rule = ([{ integers }, indexes]) => {
  const picked = (indexes?.integers ?? []).map((index) => integers[index < 0 ? index + integers.length : index] ?? Number.NaN);
  return indexes?.dims.length === 0 ? { dims: [], integers: picked } : line(picked);
};

const slice: Rule = ([{ integers }, starts, ends, , steps], node) => {
  const [from = 0] = starts?.integers ?? list(node, 'starts') ?? [];
  const [to = integers.length] = ends?.integers ?? list(node, 'ends') ?? [];
  return (steps?.integers[0] ?? 1) === 1 ? line(integers.slice(from, to)) : null;
};

const rules: Readonly<Record<string, Rule>> = {
  Add: pairwise((a, b) => a + b),
  Sub: pairwise((a, b) => a - b),
  Mul: pairwise((a, b) => a * b),
  Div: pairwise((a, b) => Math.trunc(a / b)),
  Mod: pairwise((a, b) => ((a % b) + b) % b),
  Max: pairwise(Math.max),
  Min: pairwise(Math.min),
  Identity: same,
  Cast: same,
  Neg: ([{ integers }]) => line(integers.map((value) => -value)),
  Concat: (inputs) => line(inputs.flatMap(({ integers }) => integers)),
  Unsqueeze: ([{ integers }]) => line(integers),
  Squeeze: ([{ integers }]) => (integers.length === 1 ? { dims: [], integers } : null),
  Gather: gather,
  Slice: slice,
};

const areIntegers = (inputs: readonly (Known | undefined)[]): inputs is Inputs =>
  inputs.length > 0 && inputs.every((input) => input?.integers !== undefined);

/** What an operator makes of small integers, as networks compute with sizes; null where its inputs are something else. */
export function onIntegers(node: Node, inputs: readonly (Known | undefined)[]): Known | null {
  const rule = Object.hasOwn(rules, node.op) ? rules[node.op] : undefined;
  return rule !== undefined && areIntegers(inputs) ? rule(inputs, node) : null;
}
