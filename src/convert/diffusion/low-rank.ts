import { readFloats } from '../weights/state-dict.ts';
import type { LowRank } from './adapters.ts';

/**
 * W ← W + scale · B · A, in place.
 * @param weight of a linear layer [outputs, inputs] or a convolution [outputs, inputs, rows, columns]
 */
export async function addLowRank(weight: Float32Array, outputs: number, { down, up, scale }: LowRank): Promise<void> {
  const [a, b] = [await readFloats(down), await readFloats(up)];
  const inner = weight.length / outputs;
  const rank = a.length / inner;
  for (let output = 0; output < outputs; output += 1) {
    const row = weight.subarray(output * inner, (output + 1) * inner);
    for (let index = 0; index < rank; index += 1) {
      const factor = scale * (b[output * rank + index] ?? 0);
      const from = index * inner;
      for (let column = 0; column < inner; column += 1) row[column] = (row[column] ?? 0) + factor * (a[from + column] ?? 0);
    }
  }
}
