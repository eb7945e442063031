import { basename } from 'node:path';
import { Problem } from '../../shared/problem.ts';
import { sentence } from '../../shared/sentence.ts';
import type { StateDict } from './state-dict.ts';

/** Where training code puts the weights inside the file, best first: the moving average is what authors publish. */
const wrappers = ['params_ema', 'params-ema', 'params', 'state_dict', 'model_state_dict', 'model', 'net_g', 'netG', 'net', 'generator'];
/** What wrapping a network during training puts before each of its names. */
const prefixes = ['module.', '_orig_mod.', 'params_ema.', 'params.', 'generator.', 'net_g.', 'netG.'];
/** Wrappers inside wrappers: more than that were never seen. */
const deepest = 4;

/** How the tensors that matter are found in what a pickle holds. */
export type FindTensors = <T>(path: string, value: unknown, isTensor: (value: unknown) => value is T) => Map<string, T>;

/**
 * The named tensors somewhere in what a pickle holds; everything else in it is left out.
 * @throws Problem unsupported-model where there are none
 */
export function findTensors<T>(path: string, value: unknown, isTensor: (value: unknown) => value is T): Map<string, T> {
  let current = value;
  for (let depth = 0; depth < deepest && current instanceof Map; depth += 1) {
    const map: ReadonlyMap<unknown, unknown> = current;
    const tensors = new Map<string, T>();
    for (const [name, entry] of map) if (typeof name === 'string' && isTensor(entry)) tensors.set(name, entry);
    if (tensors.size > 0) return tensors;
    current = wrappers.map((name) => map.get(name)).find((inner) => inner instanceof Map && inner.size > 0);
  }
  throw new Problem('unsupported-model', sentence('import.noNamedTensors', { name: basename(path) }));
}

/**
 * Every tensor in what a pickle holds, under the keys that lead to it, joined by `/`; a tensor by itself is called ''.
 * @throws Problem unsupported-model where there are none
 */
export function everyTensor<T>(path: string, value: unknown, isTensor: (value: unknown) => value is T): Map<string, T> {
  const tensors = new Map<string, T>();
  const visit = (current: unknown, name: string, depth: number): void => {
    if (isTensor(current)) tensors.set(name, current);
    else if (current instanceof Map && depth < deepest) {
      const map: ReadonlyMap<unknown, unknown> = current;
      for (const [key, entry] of map) if (typeof key === 'string') visit(entry, name === '' ? key : `${name}/${key}`, depth + 1);
    }
  };
  visit(value, '', 0);
  if (tensors.size === 0) throw new Problem('unsupported-model', sentence('import.noTensors', { name: basename(path) }));
  return tensors;
}

/** The same tensors, without the prefixes that every name begins with. */
export function withoutPrefixes(tensors: StateDict): StateDict {
  let current = tensors;
  for (;;) {
    const prefix = prefixes.find((start) => current.size > 0 && [...current.keys()].every((name) => name.startsWith(start)));
    if (prefix === undefined) return current;
    current = new Map([...current].map(([name, tensor]) => [name.slice(prefix.length), tensor]));
  }
}
