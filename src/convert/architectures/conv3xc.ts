import { Problem } from '../../shared/problem.ts';
import { sentence } from '../../shared/sentence.ts';
import type { Weights } from './weights.ts';

/**
 * Conv3XC of SPAN: `conv.0` (1 × 1), `conv.1` (3 × 3), `conv.2` (1 × 1) one after the other, and `sk` (1 × 1) beside them,
 * are together one 3 × 3 convolution. The padding with zeros comes before the first of them, so its bias counts at the
 * edges as everywhere; that is what the authors' own merging does. Sums are double precision.
 * @returns weight [out, in, 3, 3] and bias [out]
 * @throws Problem unsupported-model where the shapes do not follow one another
 */
export async function mergedConvolution(
  weights: Weights,
  name: string,
): Promise<{ weight: Float32Array; bias: Float32Array; dims: readonly number[] }> {
  const size = (part: string, axis: number): number => weights.size(`${name}.${part}.weight`, axis);
  const [outputs, inputs, wide, narrow] = [size('sk', 0), size('sk', 1), size('conv.1', 0), size('conv.1', 1)];
  const shapes = {
    sk: [outputs, inputs, 1, 1],
    'conv.0': [narrow, inputs, 1, 1],
    'conv.1': [wide, narrow, 3, 3],
    'conv.2': [outputs, wide, 1, 1],
  };
  for (const [part, shape] of Object.entries(shapes)) {
    if (shape.every((length, axis) => size(part, axis) === length)) continue;
    throw new Problem('unsupported-model', sentence('import.convolutions', { name }));
  }
  const read = (part: string): Promise<Float32Array> => weights.floats(`${name}.${part}`);
  const [first, firstBias] = [await read('conv.0.weight'), await read('conv.0.bias')];
  const [middle, middleBias] = [await read('conv.1.weight'), await read('conv.1.bias')];
  const [last, lastBias] = [await read('conv.2.weight'), await read('conv.2.bias')];
  const [beside, besideBias] = [await read('sk.weight'), await read('sk.bias')];

  // The middle one after the first: [wide, inputs, 3 · 3].
  const chain = new Float64Array(wide * inputs * 9);
  const chainBias = Float64Array.from(middleBias);
  for (let out = 0; out < wide; out += 1) {
    for (let via = 0; via < narrow; via += 1) {
      const start = (out * narrow + via) * 9;
      for (let place = 0; place < 9; place += 1) {
        const factor = middle[start + place]!;
        chainBias[out] = chainBias[out]! + factor * firstBias[via]!;
        for (let input = 0; input < inputs; input += 1) {
          const to = (out * inputs + input) * 9 + place;
          chain[to] = chain[to]! + factor * first[via * inputs + input]!;
        }
      }
    }
  }

  // The last one after both, and what stands beside them in the centre.
  const weight = new Float64Array(outputs * inputs * 9);
  const bias = new Float64Array(outputs);
  for (let out = 0; out < outputs; out += 1) {
    let constant = lastBias[out]! + besideBias[out]!;
    for (let via = 0; via < wide; via += 1) {
      const factor = last[out * wide + via]!;
      constant += factor * chainBias[via]!;
      for (let index = 0; index < inputs * 9; index += 1) {
        const to = out * inputs * 9 + index;
        weight[to] = weight[to]! + factor * chain[via * inputs * 9 + index]!;
      }
    }
    for (let input = 0; input < inputs; input += 1) {
      const centre = (out * inputs + input) * 9 + 4;
      weight[centre] = weight[centre]! + beside[out * inputs + input]!;
    }
    bias[out] = constant;
  }
  return { weight: Float32Array.from(weight), bias: Float32Array.from(bias), dims: [outputs, inputs, 3, 3] };
}
