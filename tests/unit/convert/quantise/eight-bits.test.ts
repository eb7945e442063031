import { InferenceSession, Tensor } from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';
import { GraphBuilder } from '../../../../src/convert/graph/builder.ts';
import type { Graph } from '../../../../src/convert/graph/graph.ts';
import { floats, type Tensor as Numbers } from '../../../../src/convert/graph/tensor.ts';
import { encodeGraph } from '../../../../src/convert/graph/write.ts';
import { inEightBits } from '../../../../src/convert/quantise/eight-bit-graph.ts';
import { withFoldedFactors } from '../../../../src/convert/quantise/fold-factors.ts';
import { joined, observed, type Seen } from '../../../../src/convert/quantise/observe.ts';
import { byteConvs } from '../../../../src/convert/quantise/plan.ts';
import { roundedWeights } from '../../../../src/convert/quantise/rounding.ts';
import { largestDifference, runNetwork } from '../../../support/run-network.ts';

/** Kernels of mean 0, as high as keeps signals at one height. */
function weights(out: number, channels: number): Numbers {
  const height = 1.5 / Math.sqrt(channels * 9);
  return floats(
    [out, channels, 3, 3],
    Float32Array.from({ length: out * channels * 9 }, (_, index) => height * Math.sin(index * 1.7 + (index % 13))),
  );
}

/** A dense block of the ESRGAN line: two convolutions that read all before them, and what they give added to the picture's features. */
function denseBlock(): Graph {
  const b = new GraphBuilder('dense');
  const x = b.input('x', [1, 3, 'h', 'w']);
  const bias = (count: number): Numbers =>
    floats(
      [count],
      Float32Array.from({ length: count }, (_, index) => 0.1 * Math.cos(index)),
    );
  const features = b.conv(x, 'first', weights(16, 3), bias(16));
  const grown = b.node('LeakyRelu', [b.conv(features, 'grow', weights(16, 16), bias(16))], { alpha: { float: 0.2 } });
  const all = b.concat([features, grown], 1);
  const added = b.add(b.mul(b.conv(all, 'add', weights(16, 32), bias(16)), 0.2), features);
  b.output('y', b.conv(added, 'last', weights(3, 16), bias(3)), [1, 3, 'h', 'w']);
  return b.finish();
}

const dims = [1, 3, 11, 14];
const picture = (seed: number): Float32Array => Float32Array.from({ length: 462 }, (_, index) => (Math.sin(index * 0.37 + seed) + 1) / 2);

/** What the values are between in a few pictures. */
async function seenIn(graph: Graph, convs = byteConvs(graph)): Promise<Map<string, Seen>> {
  const { graph: watching, outputs } = observed(graph, convs);
  const session = await InferenceSession.create(await encodeGraph(watching), { intraOpNumThreads: 1 });
  const seen = new Map<string, Seen>();
  for (const index of [0, 1, 2]) {
    const answers = await session.run({ x: new Tensor('float32', picture(index), dims) });
    for (const [value, names] of outputs) {
      const [least, most, mean] = [names.least, names.most, names.mean].map((name) => (answers[name]?.data as Float32Array).slice());
      if (least === undefined || most === undefined || mean === undefined) throw new Error(`${value} was not observed`);
      seen.set(value, joined(seen.get(value), { least, most, mean }, index + 1));
    }
  }
  await session.release();
  return seen;
}

const count = (graph: Graph, op: string): number => graph.nodes.filter((node) => node.op === op).length;

describe('a network in 8 bits', () => {
  it('computes what it computes in 32, to the edge of the picture', async () => {
    const graph = withFoldedFactors(denseBlock());
    const bytes = inEightBits(graph, byteConvs(graph), await seenIn(graph));
    // The first and the last convolution have too few channels on one side.
    expect([count(bytes, 'Conv'), count(bytes, 'QLinearConv'), count(bytes, 'QLinearLeakyRelu')]).toEqual([2, 2, 1]);
    const [expected, actual] = [await runNetwork(denseBlock(), dims, picture(1.5)), await runNetwork(bytes, dims, picture(1.5))];
    expect(actual.dims).toEqual(expected.dims);
    const height = expected.values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    expect(largestDifference(actual.values, expected.values)).toBeLessThan(0.02 * height);
  });

  it('leaves in 32 bits what is not named', async () => {
    const graph = withFoldedFactors(denseBlock());
    const [, ...some] = byteConvs(graph);
    const bytes = inEightBits(graph, some, await seenIn(graph));
    expect([count(bytes, 'Conv'), count(bytes, 'QLinearConv')]).toEqual([3, 1]);
    const [expected, actual] = [await runNetwork(denseBlock(), dims, picture(0)), await runNetwork(bytes, dims, picture(0))];
    expect(largestDifference(actual.values, expected.values)).toBeLessThan(0.05);
  });

  it('hands to the rest in 32 bits what a leaky ReLU gave', async () => {
    const graph = withFoldedFactors(denseBlock());
    const only = byteConvs(graph).filter(({ activation }) => activation !== null);
    expect(only).toHaveLength(1);
    const bytes = inEightBits(graph, only, await seenIn(graph, only));
    const [expected, actual] = [await runNetwork(denseBlock(), dims, picture(0)), await runNetwork(bytes, dims, picture(0))];
    expect(largestDifference(actual.values, expected.values)).toBeLessThan(0.05);
  });

  it('takes factors behind convolutions into their weights', async () => {
    const folded = withFoldedFactors(denseBlock());
    expect(count(folded, 'Mul')).toBe(0);
    const [expected, actual] = [await runNetwork(denseBlock(), dims, picture(0)), await runNetwork(folded, dims, picture(0))];
    expect(largestDifference(actual.values, expected.values)).toBeLessThan(1e-5);
  });
});

describe('rounding of weights', () => {
  it('keeps what the taps of a kernel are together', () => {
    const tensor = weights(16, 32);
    const { levels, steps, missing } = roundedWeights(tensor);
    expect(levels.reduce((most, level) => Math.max(most, Math.abs(level)), 0)).toBe(127);
    // By itself each of nine taps is off by up to half a step; their sum is off by less than one.
    const inSteps = missing.map((lost, index) => Math.abs(lost / (steps[Math.floor(index / 32)] ?? Number.NaN)));
    expect(Math.max(...inSteps)).toBeLessThan(1);
  });
});
