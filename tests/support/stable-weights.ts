import type { Keys } from '../../src/convert/diffusion/keys.ts';
import { countOf } from '../../src/convert/graph/tensor.ts';
import { storedTensor, type StateDict } from '../../src/convert/weights/state-dict.ts';
import type { PlainWeights } from './plain-layers.ts';

/** Numbers of a fixed sequence, about normal: mean 0, variance 1. */
export function sequence(seed: number): () => number {
  let state = seed >>> 0;
  // The constants of Numerical Recipes.
  const uniform = (): number => (state = (state * 1_664_525 + 1_013_904_223) >>> 0) / 2 ** 32;
  return () => (uniform() + uniform() + uniform() + uniform() - 2) * Math.sqrt(3);
}

/** Weights of every name, of a size that keeps signals alive: none is 0 or 1 by chance of how networks begin. */
export function madeUp(keys: Keys, seed = 1): Map<string, { dims: readonly number[]; values: Float32Array }> {
  const next = sequence(seed);
  return new Map(
    [...keys].map(([name, dims]) => {
      const inputs = countOf(dims.slice(1));
      const value =
        dims.length > 1 ? () => next() / Math.sqrt(inputs) : name.endsWith('.weight') ? () => 1 + 0.3 * next() : () => 0.3 * next();
      return [name, { dims, values: Float32Array.from({ length: countOf(dims) }, value) }];
    }),
  );
}

/** The same as if they were read from a file. */
export const asStateDict = (weights: PlainWeights): StateDict =>
  new Map(
    [...weights].map(([name, { dims, values }]) => [
      name,
      storedTensor('f32', dims, () => Promise.resolve(new Uint8Array(Float32Array.from(values).buffer))),
    ]),
  );
