import { countOf, tensorKinds, type Tensor } from '../graph/tensor.ts';
import { readFloats, type StateDict, type StoredTensor } from '../weights/state-dict.ts';
import type { Changes, LowRank } from './adapters.ts';
import { encoded, type StoredKind } from '../graph/halves.ts';

/**
 * The tensors of a network as its graphs have them: with what adapters add, stored as `kind`. Nothing is read before a graph is
 * written, and then one tensor at a time. Asked twice, the same tensor is given, so that several graphs share it on the disk.
 */
export class NetworkWeights {
  readonly #tensors: StateDict;
  readonly #changes: Changes;
  readonly #kind: StoredKind;
  readonly #given = new Map<string, Tensor>();

  constructor(tensors: StateDict, changes: Changes, kind: StoredKind) {
    this.#tensors = tensors;
    this.#changes = changes;
    this.#kind = kind;
  }

  has(name: string): boolean {
    return this.#tensors.has(name);
  }

  dims(name: string): readonly number[] {
    return this.#stored(name).dims;
  }

  tensor(name: string): Tensor {
    const stored = this.#stored(name);
    return this.#once(name, stored.dims, () =>
      // Bytes that need no change are passed on.
      this.#lowRank(name).length === 0 && stored.kind === this.#kind ? stored.bytes.read() : this.#encoded(this.floats(name)),
    );
  }

  /** A tensor that is worked out from others of the network, under a name that none of them has. */
  derived(name: string, dims: readonly number[], make: () => Promise<Float32Array>): Tensor {
    return this.#once(name, dims, () => this.#encoded(make()));
  }

  /** How many numbers the graphs have that were built so far. */
  get parameters(): number {
    return [...this.#given.values()].reduce((sum, { dims }) => sum + countOf(dims), 0);
  }

  /** The numbers of a tensor, with what adapters add. */
  async floats(name: string): Promise<Float32Array> {
    const stored = this.#stored(name);
    const values = await readFloats(stored);
    for (const change of this.#lowRank(name)) await addLowRank(values, stored.dims[0] ?? 1, change);
    return values;
  }

  #stored(name: string): StoredTensor {
    const tensor = this.#changes.replaced.get(name) ?? this.#tensors.get(name);
    if (tensor === undefined) throw new Error(`the network has no ${name}`);
    return tensor;
  }

  #lowRank(name: string): ReturnType<Changes['lowRank']['get']> & object {
    return name.endsWith('.weight') ? (this.#changes.lowRank.get(name.slice(0, -'.weight'.length)) ?? []) : [];
  }

  async #encoded(values: Promise<Float32Array>): Promise<Uint8Array> {
    return encoded(await values, this.#kind);
  }

  #once(name: string, dims: readonly number[], read: () => Promise<Uint8Array>): Tensor {
    const known = this.#given.get(name);
    if (known !== undefined) return known;
    const tensor = { kind: this.#kind, dims, bytes: { length: countOf(dims) * tensorKinds[this.#kind].bytes, read } };
    this.#given.set(name, tensor);
    return tensor;
  }
}

/**
 * W ← W + scale · B · A, in place.
 * @param weight of a linear layer [outputs, inputs] or a convolution [outputs, inputs, rows, columns]
 */
async function addLowRank(weight: Float32Array, outputs: number, { down, up, scale }: LowRank): Promise<void> {
  const [a, b] = [await readFloats(down), await readFloats(up)];
  const inner = weight.length / outputs;
  const rank = a.length / inner;
  for (let output = 0; output < outputs; output += 1) {
    const row = weight.subarray(output * inner, (output + 1) * inner);
    for (let index = 0; index < rank; index += 1) {
      const factor = scale * b[output * rank + index]!;
      const from = index * inner;
      for (let column = 0; column < inner; column += 1) row[column] = row[column]! + factor * a[from + column]!;
    }
  }
}
