import { describe, expect, it } from 'vitest';
import { blended } from '../../../src/convert/blend.ts';
import { GraphBuilder } from '../../../src/convert/graph/builder.ts';
import type { Graph } from '../../../src/convert/graph/graph.ts';
import { floats } from '../../../src/convert/graph/tensor.ts';
import { largestDifference, runNetwork, unevenValues } from '../../support/run-network.ts';

/** Two convolutions with something between them. Names differ from network to network, as those of different files do. */
function network(name: string, shift: number, channels = 4, slope = 0.1): Graph {
  const b = new GraphBuilder(name);
  const weight = (dims: readonly number[]) =>
    floats(
      dims,
      unevenValues(dims.reduce((product, size) => product * size, 1)).map((value) => value - shift),
    );
  const hidden = b.leakyRelu(
    b.conv(b.input(`${name}.in`, [1, 3, 'h', 'w']), `${name}.a`, weight([channels, 3, 3, 3]), weight([channels])),
    slope,
  );
  b.output(`${name}.out`, b.conv(hidden, `${name}.b`, weight([3, channels, 3, 3])), [1, 3, 'h', 'w']);
  return b.finish();
}

describe('blending two networks', () => {
  it.each([0, 0.3, 1])('at %f computes with the weights between theirs, whatever their names', async (strength) => {
    const picture = unevenValues(3 * 25);
    const run = async (graph: Graph): Promise<Float32Array> => (await runNetwork(graph, [1, 3, 5, 5], picture)).values;
    const graph = blended(network('first', 0.5), network('second', 0.2), floats([], [strength]));
    // Shifting every weight is itself a blend, so the network between the two can be written down.
    expect(largestDifference(await run(graph), await run(network('between', 0.5 - 0.3 * strength)))).toBeLessThan(1e-4);
  });

  it.each([
    ['of another width', network('other', 0.2, 5)],
    ['with another activation', network('other', 0.2, 4, 0.2)],
    ['that is the same', network('other', 0.5)],
  ])('refuses a second one %s', (_, second) => {
    expect(() => blended(network('first', 0.5), second, floats([], [0.5]))).toThrow(
      expect.objectContaining({ code: 'unsupported-model' }) as Error,
    );
  });
});
