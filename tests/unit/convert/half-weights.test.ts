import { describe, expect, it } from 'vitest';
import { GraphBuilder } from '../../../src/convert/graph/builder.ts';
import { byteLength, floats } from '../../../src/convert/graph/tensor.ts';
import { HalfWeights } from '../../../src/convert/half-weights.ts';
import { runNetwork } from '../../support/run-network.ts';

/** A picture through one convolution into `out` channels with weights i ↦ `weight(i)`. */
function convolution(out: number, weight: (index: number) => number) {
  const b = new GraphBuilder('one');
  const x = b.input('x', [1, 3, 'h', 'w']);
  const weights = floats(
    [out, 3, 3, 3],
    Float32Array.from({ length: out * 27 }, (_, index) => weight(index)),
  );
  b.output('y', b.conv(x, 'conv', weights), [1, out, 'h', 'w']);
  return b.finish();
}

const picture = Float32Array.from({ length: 3 * 5 * 4 }, (_, index) => ((index * 37) % 64) / 64);
const bytes = ({ constants }: ReturnType<typeof convolution>): number =>
  [...constants.values()].reduce((sum, tensor) => sum + byteLength(tensor), 0);

describe('weights in half precision', () => {
  it('take half the space and compute the same', async () => {
    const whole = convolution(12, (index) => ((index * 7) % 33) / 64 - 0.25);
    const weights = new HalfWeights();
    const half = weights.of(whole);
    expect(weights.isExact).toBe(true);
    expect(bytes(half)).toBe(bytes(whole) / 2);
    const [expected, actual] = [await runNetwork(whole, [1, 3, 5, 4], picture), await runNetwork(half, [1, 3, 5, 4], picture)];
    expect(actual.values).toEqual(expected.values);
  });

  it('are shared by graphs that shared them, and say what was rounded', () => {
    const whole = convolution(12, (index) => Math.sin(index));
    const weights = new HalfWeights();
    const [first, second] = [weights.of(whole), weights.of({ ...whole, name: 'again' })];
    expect(weights.isExact).toBe(false);
    expect(second.constants.get('conv.weight.half')).toBe(first.constants.get('conv.weight.half'));
  });

  it.each([
    ['too large', (index: number) => 70_000 + index],
    ['too small', (index: number) => 1e-7 * Math.sin(index)],
  ])('stay whole where they are %s for it', (_, weight) => {
    const whole = convolution(12, weight);
    expect(new HalfWeights().of(whole)).toMatchObject({ constants: whole.constants });
  });

  it('stay whole where they are few', () => {
    const whole = convolution(2, () => 0.5);
    expect(new HalfWeights().of(whole)).toMatchObject({ constants: whole.constants });
  });
});
