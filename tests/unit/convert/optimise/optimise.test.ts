import { describe, expect, it } from 'vitest';
import { GraphBuilder } from '../../../../src/convert/graph/builder.ts';
import type { Graph } from '../../../../src/convert/graph/graph.ts';
import { floats, type Tensor } from '../../../../src/convert/graph/tensor.ts';
import { optimised } from '../../../../src/convert/optimise/optimise.ts';
import { largestDifference, runNetwork, unevenValues } from '../../../support/run-network.ts';

const centred = (dims: readonly number[], size: number): Tensor =>
  floats(
    dims,
    unevenValues(dims.reduce((product, value) => product * value, 1)).map((value) => (value - 0.5) * size),
  );

/** Convolutions with PReLU between them, slopes from -2 to 2, and the picture added at the end: the shape of Real-ESRGAN's compact nets. */
function compact(channels: number, tap = false): Graph {
  const b = new GraphBuilder('compact');
  const x = b.input('x', [1, 3, 'h', 'w']);
  let y = x;
  for (let layer = 0; layer < 3; layer += 1) {
    const inputs = layer === 0 ? 3 : channels;
    y = b.conv(y, `conv${layer}`, centred([channels, inputs, 3, 3], 0.3), centred([channels], 0.5));
    y = b.prelu(y, `act${layer}`, centred([channels], 4));
    if (tap && layer === 1) y = b.mul(y, 0.5);
  }
  const cells = b.conv(y, 'last', centred([12, channels, 3, 3], 0.2), centred([12], 0.1));
  b.output('y', b.add(b.depthToSpace(cells, 2), b.resizeNearest(x, 2)), [1, 3, 'H', 'W']);
  return b.finish();
}

const operators = ({ nodes }: Graph): Set<string> => new Set(nodes.map(({ op }) => op));

describe('optimising', () => {
  it.each([
    ['48 channels', compact(48)],
    ['48 channels with something else between two layers', compact(48, true)],
    ['8 channels', compact(8)],
  ])('gives the same numbers: %s', async (_, graph) => {
    const picture = unevenValues(3 * 12 * 9);
    const plain = await runNetwork(graph, [1, 3, 12, 9], picture);
    const faster = await runNetwork(await optimised(graph), [1, 3, 12, 9], picture);
    expect(faster.dims).toEqual(plain.dims);
    expect(Math.max(...plain.values.map(Math.abs))).toBeGreaterThan(0.5);
    expect(largestDifference(plain.values, faster.values)).toBeLessThan(1e-4);
  });

  it('leaves no PReLU between wide convolutions, and adds the picture early', async () => {
    const faster = operators(await optimised(compact(48)));
    expect([faster.has('PRelu'), faster.has('Resize')]).toEqual([false, false]);
    expect(operators(await optimised(compact(48, true))).has('PRelu')).toBe(true);
    expect(operators(await optimised(compact(8))).has('PRelu')).toBe(true);
  });

  it.each([
    ['Relu', 0],
    ['LeakyRelu', -0.5],
  ])('makes %s of a PReLU whose slopes are all %f', async (op, slope) => {
    const b = new GraphBuilder('plain');
    b.output('y', b.prelu(b.sub(b.input('x', [1, 3, 'h', 'w']), 0.5), 'act', floats([3], [slope, slope, slope])), [1, 3, 'h', 'w']);
    const graph = b.finish();
    const faster = await optimised(graph);
    expect(operators(faster).has(op)).toBe(true);
    const picture = unevenValues(12);
    const answer = async (of: Graph): Promise<Float32Array> => (await runNetwork(of, [1, 3, 2, 2], picture)).values;
    expect(largestDifference(await answer(faster), await answer(graph))).toBeLessThan(1e-6);
  });

  it('drops what no output needs', async () => {
    const b = new GraphBuilder('dead');
    const x = b.input('x', [1, 3, 'h', 'w']);
    b.conv(x, 'unused', centred([64, 3, 3, 3], 1));
    b.output('y', b.relu(x), [1, 3, 'h', 'w']);
    const { nodes, constants } = await optimised(b.finish());
    expect([nodes.map(({ op }) => op), constants.size]).toEqual([['Relu', 'Identity'], 0]);
  });
});
