import { describe, expect, it } from 'vitest';
import { GraphBuilder } from '../../../../src/convert/graph/builder.ts';
import { floats } from '../../../../src/convert/graph/tensor.ts';
import { detectorOf, restorerOf } from '../../../../src/convert/onnx/face-networks.ts';
import { largestDifference, runNetwork } from '../../../support/run-network.ts';

/** A network of squares of 256 whose answer is its picture and whatever is added. */
function square(side: number | string, add: (b: GraphBuilder, image: string) => string): GraphBuilder {
  const b = new GraphBuilder('square');
  const image = b.input('image', [1, 3, side, side]);
  b.output('face', b.add(image, add(b, image)), [1, 3, side, side]);
  return b;
}

describe('a restorer', () => {
  it.each([256, 512, 1024])('has one size of square: %d', (side) => {
    expect(restorerOf(square(side, (b) => b.constant('none', floats([], [0]))).finish())).toMatchObject({ does: 'restore', side });
  });

  it.each([64, 2048, 'side'])('is none of another: %s', (side) => {
    expect(restorerOf(square(side, (b) => b.constant('none', floats([], [0]))).finish())).toBeUndefined();
  });

  it('always gives the same: noise that is drawn anew is left out', async () => {
    const graph = square(256, (b, image) =>
      b.add(b.node('RandomNormalLike', [image]), b.node('RandomNormal', [], { shape: [1, 1, 256, 256] })),
    ).finish();
    const values = Float32Array.from({ length: 3 * 256 * 256 }, (_, index) => (index % 100) / 100);
    const face = restorerOf(graph);
    if (face === undefined) throw new Error('This is a restorer.');
    expect(largestDifference((await runNetwork(face.graph, [1, 3, 256, 256], values)).values, values)).toBe(0);
  });
});

it('a detector is known by all that it gives', () => {
  const b = new GraphBuilder('detector');
  const image = b.input('input', [1, 3, 'height', 'width']);
  const names = ['cls', 'obj', 'bbox', 'kps'].flatMap((map) => [8, 16, 32].map((stride) => `${map}_${stride}`));
  for (const name of names) b.output(name, b.globalAveragePool(image), [1, 3, 1, 1]);
  const graph = b.finish();
  expect(detectorOf(graph)).toMatchObject({ does: 'find', side: 640, graph: { inputs: [{ dims: [1, 3, 640, 640] }] } });
  expect(detectorOf({ ...graph, outputs: graph.outputs.slice(1) })).toBeNull();
});
