import { describe, expect, it } from 'vitest';
import { fitted } from '../../../src/convert/fit.ts';
import { GraphBuilder } from '../../../src/convert/graph/builder.ts';
import { floats } from '../../../src/convert/graph/tensor.ts';
import type { Fitting, SourceNetwork } from '../../../src/convert/source-network.ts';
import { largestDifference, runNetwork, unevenValues } from '../../support/run-network.ts';

type Describe = (b: GraphBuilder, x: string) => string;

const networkOf = (taken: number, given: number, describe: Describe): SourceNetwork => {
  const b = new GraphBuilder('net');
  b.output('enlarged', describe(b, b.input('image', [1, taken, 'h', 'w'])), [1, given, 'H', 'W']);
  return {
    graph: b.finish(),
    layout: 'nchw',
    planes: { taken, given },
    kind: 'test',
    ranges: ['unit'],
    mayBeResidual: false,
    close: () => Promise.resolve(),
  };
};

const [height, width] = [5, 7];
const picture = unevenValues(height * width * 3);
const brightness = (values: ArrayLike<number>, pixel: number): number =>
  [0.299, 0.587, 0.114].reduce((sum, share, channel) => sum + share * (values[3 * pixel + channel] ?? Number.NaN), 0);

async function enlarged(network: SourceNetwork, scale = 1): Promise<Float32Array> {
  const fitting: Fitting = { range: 'unit', isResidual: false, scale, loss: 0, multiple: 1, remainder: 0 };
  const answer = await runNetwork(fitted(network, fitting, 'float32'), [1, height, width, 3], picture);
  expect(answer.dims).toEqual([1, height * scale, width * scale, 3]);
  return answer.values;
}

describe('photos in colour and networks of other planes', () => {
  it('a grey one changes the luma, and the colours stay', async () => {
    const values = await enlarged(networkOf(1, 1, (b, x) => b.sub(1, x)));
    const right = picture.map((value, index) => value + 1 - 2 * brightness(picture, Math.floor(index / 3)));
    expect(largestDifference(values, right)).toBeLessThan(1e-5);
  });

  it('a grey one that enlarges gives its own luma', async () => {
    const values = await enlarged(
      networkOf(1, 1, (b, x) => b.resizeNearest(x, 2)),
      2,
    );
    for (let pixel = 0; pixel < 4 * height * width; pixel += 1) {
      const [x, y] = [pixel % (2 * width), Math.floor(pixel / 2 / width)];
      expect(brightness(values, pixel)).toBeCloseTo(brightness(picture, Math.floor(y / 2) * width + Math.floor(x / 2)), 5);
    }
  });

  it('one from grey to colours is given the luma', async () => {
    const values = await enlarged(networkOf(1, 3, (b, x) => b.conv(x, 'tint', floats([3, 1, 1, 1], [1, 0.5, 0]))));
    const right = picture.map((_, index) => brightness(picture, Math.floor(index / 3)) * ([1, 0.5, 0][index % 3] ?? 0));
    expect(largestDifference(values, right)).toBeLessThan(1e-5);
  });

  it('one with opacity is given an opaque picture, and its colours are taken', async () => {
    const shares = floats([4, 4, 1, 1], [1, 0, 0, 0.5, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1]);
    const values = await enlarged(networkOf(4, 4, (b, x) => b.conv(x, 'mixed', shares)));
    const right = picture.map((value, index) => value + (index % 3 === 0 ? 0.5 : 0));
    expect(largestDifference(values, right)).toBeLessThan(1e-6);
  });
});
