import { describe, expect, it } from 'vitest';
import { GraphBuilder } from '../../../../src/convert/graph/builder.ts';
import type { Graph } from '../../../../src/convert/graph/graph.ts';
import { floats, type Tensor } from '../../../../src/convert/graph/tensor.ts';
import { withBandedEnd } from '../../../../src/convert/optimise/banded-end.ts';
import { largestDifference, runNetwork, unevenValues } from '../../../support/run-network.ts';

const centred = (dims: readonly number[], size: number): Tensor =>
  floats(
    dims,
    unevenValues(dims.reduce((product, value) => product * value, 1)).map((value) => (value - 0.5) * size),
  );

/** The end of the ESRGAN line with so many features, or that of SwinIR's classical networks. */
function network(features: number, end: 'nearest' | 'shuffle'): Graph {
  const b = new GraphBuilder('net');
  const image = b.input('image', [1, 3, 'h', 'w']);
  const conv = (x: string, name: string, out: number, inputs: number): string =>
    b.conv(x, name, centred([out, inputs, 3, 3], 0.2), centred([out], 0.1));
  let x = conv(image, 'first', features, 3);
  for (const up of ['up1', 'up2']) {
    const larger =
      end === 'nearest' ? conv(b.resizeNearest(x, 2), up, features, features) : b.depthToSpace(conv(x, up, 4 * features, features), 2);
    x = b.leakyRelu(larger, 0.2);
  }
  const result = conv(x, 'last', 3, features);
  // Something that depends on the picture, too, comes after.
  b.output('enlarged', b.add(result, b.resizeNearest(image, 4)), [1, 3, 'H', 'W']);
  return b.finish();
}

const count = (graph: Graph, op: string): number => graph.nodes.filter((node) => node.op === op).length;

describe('ends in bands', () => {
  it.each([
    ['nearest', 20],
    ['nearest', 1],
    ['nearest', 3],
    ['nearest', 8],
    ['shuffle', 29],
    ['shuffle', 1],
  ] as const)('give the same, by %s, of %i rows', async (end, height) => {
    const graph = network(32, end);
    const banded = withBandedEnd(graph);
    expect(count(banded, 'Conv')).toBeGreaterThan(2 * count(graph, 'Conv'));
    const dims = [1, 3, height, 5];
    const picture = unevenValues(3 * height * 5);
    const [whole, parts] = [await runNetwork(graph, dims, picture), await runNetwork(banded, dims, picture)];
    expect(parts.dims).toEqual(whole.dims);
    expect(largestDifference(parts.values, whole.values)).toBeLessThan(1e-4);
  });

  it('are not made where little is gained', () => {
    const small = network(8, 'nearest');
    expect(withBandedEnd(small)).toBe(small);
    const old = { ...network(32, 'nearest'), opset: 12 };
    expect(withBandedEnd(old)).toBe(old);
  });
});
