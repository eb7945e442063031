import { Problem } from '../../shared/problem.ts';
import { sentence } from '../../shared/sentence.ts';
import { readFloats, type StateDict, type StoredTensor } from '../weights/state-dict.ts';

/**
 * The tensors of a network by name, and which of them have been used: a network that leaves some over is another one than it
 * was taken for, and would give wrong pictures without a word.
 */
export class Weights {
  readonly #tensors: StateDict;
  readonly #used = new Set<string>();

  constructor(tensors: StateDict) {
    this.#tensors = tensors;
  }

  has(...names: string[]): boolean {
    return names.every((name) => this.#tensors.has(name));
  }

  /** The size of a tensor along an axis; 0 where there is no such tensor or axis. */
  size(name: string, axis: number): number {
    return this.#tensors.get(name)?.dims[axis] ?? 0;
  }

  /** How many axes a tensor has; 0 where there is none. */
  axes(name: string): number {
    return this.#tensors.get(name)?.dims.length ?? 0;
  }

  /** The numbers that follow `prefix` in names, ascending: `body.` → 0, 1, 2 … */
  numbers(prefix: string): number[] {
    const found = new Set<number>();
    for (const name of this.#tensors.keys()) {
      if (!name.startsWith(prefix)) continue;
      const [digits] = /^\d{1,4}(?=\.)/.exec(name.slice(prefix.length)) ?? [];
      if (digits !== undefined) found.add(Number(digits));
    }
    return [...found].sort((a, b) => a - b);
  }

  /** The first of `names` under which there is a weight. */
  first(...names: string[]): string {
    return names.find((name) => this.has(`${name}.weight`)) ?? names[0] ?? '';
  }

  /** @throws Problem unsupported-model where it is missing, or has not that many axes */
  tensor(name: string, axes?: number): StoredTensor {
    const tensor = this.#tensors.get(name);
    if (tensor === undefined) throw new Problem('unsupported-model', sentence('import.lacksTensor', { name }));
    if (axes !== undefined && tensor.dims.length !== axes) {
      throw new Problem('unsupported-model', sentence('import.axes', { name, found: tensor.dims.length, axes }));
    }
    this.#used.add(name);
    return tensor;
  }

  /** A list of numbers, one for each channel. */
  list(name: string): StoredTensor {
    return this.tensor(name, 1);
  }

  /** The same, or null where it is missing: convolutions without bias. */
  optionalList(name: string): StoredTensor | null {
    return this.has(name) ? this.list(name) : null;
  }

  /** @throws Problem unsupported-model where they are no real numbers */
  floats(name: string): Promise<Float32Array> {
    const tensor = this.tensor(name);
    if (tensor.kind === 'float32' || tensor.kind === 'float16') return readFloats(tensor);
    throw new Problem('unsupported-model', sentence('import.storedAs', { name, kind: tensor.kind }));
  }

  /** Marks what is not needed because it follows from the rest. */
  ignore(names: RegExp): void {
    for (const name of this.#tensors.keys()) if (names.test(name)) this.#used.add(name);
  }

  get unused(): string[] {
    return [...this.#tensors.keys()].filter((name) => !this.#used.has(name));
  }
}
