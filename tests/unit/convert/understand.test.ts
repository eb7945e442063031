import { describe, expect, it } from 'vitest';
import { fitted } from '../../../src/convert/fit.ts';
import { GraphBuilder } from '../../../src/convert/graph/builder.ts';
import { floats, type Tensor } from '../../../src/convert/graph/tensor.ts';
import type { Fitting, SourceNetwork } from '../../../src/convert/source-network.ts';
import { understand } from '../../../src/convert/understand.ts';
import { runGraph } from '../../../src/import/run-graph.ts';
import { testFolder } from '../../support/golden.ts';
import { largestDifference, runNetwork, unevenValues } from '../../support/run-network.ts';

type Describe = (b: GraphBuilder, x: string) => string;

function networkOf(describe: Describe): SourceNetwork {
  const b = new GraphBuilder('net');
  b.output('enlarged', describe(b, b.input('image', [1, 3, 'h', 'w'])), [1, 3, 'H', 'W']);
  const ranges = ['unit', 'bytes', 'signed'] as const;
  return { graph: b.finish(), layout: 'nchw', kind: 'test', ranges, mayBeResidual: true, close: () => Promise.resolve() };
}

const understood = async (network: SourceNetwork): Promise<Fitting> =>
  understand({ network, name: 'net', folder: await testFolder(), run: (path, picture) => runGraph(path, picture, 1) });

/** A convolution of `size` that keeps its middle, without padding. */
const keeping = (b: GraphBuilder, x: string, name: string, size: number): string => {
  const values = Array.from({ length: 9 * size ** 2 }, (_, index) => {
    const [pair, place] = [Math.floor(index / size ** 2), index % size ** 2];
    return pair % 4 === 0 && place === Math.floor(size ** 2 / 2) ? 1 : 0;
  });
  return b.conv(x, name, floats([3, 3, size, size], values), null, { pads: [0, 0, 0, 0] });
};
const half: Tensor = floats([1], [0.5]);

/** Networks that give the picture, once or twice as large, in ways of their own. */
const networks: Readonly<Record<string, readonly [Describe, Partial<Fitting>]>> = {
  'repeats pixels': [(b, x) => b.resizeNearest(x, 2), { scale: 2, range: 'unit', isResidual: false }],
  'eats, and gives what has to be added': [
    (b, x) => b.mul(b.resizeNearest(keeping(b, x, 'a', 3), 2), 1e-6),
    { scale: 2, isResidual: true },
  ],
  'wants numbers to 255': [(b, x) => b.clip(b.resizeNearest(x, 2), 1, 254), { scale: 2, range: 'bytes' }],
  'eats three pixels on each side': [(b, x) => keeping(b, x, 'a', 7), { scale: 1, loss: 6, multiple: 1 }],
  'eats and enlarges': [(b, x) => b.resizeNearest(keeping(b, x, 'a', 3), 2), { scale: 2, loss: 4 }],
  'takes even sizes': [(b, x) => b.depthToSpace(b.pixelUnshuffle(x, 2, 3), 2), { scale: 1, loss: 0, multiple: 2 }],
  'eats, and takes multiples of four and two more': [
    (b, x) => b.depthToSpace(b.pixelUnshuffle(keeping(b, x, 'a', 3), 4, 3), 4),
    { scale: 1, loss: 2, multiple: 4, remainder: 2 },
  ],
  'computes in a way that only running shows': [(b, x) => b.reshape(b.reshape(x, [0, 0, -1]), b.shape(x)), { scale: 1, loss: 0 }],
  'has a mean in it': [(b, x) => b.mul(b.mul(b.add(x, x), half), b.node('Ceil', [b.sigmoid(b.globalAveragePool(x))])), { scale: 1 }],
};

describe('understanding a network', () => {
  it.each(Object.entries(networks))('that %s', async (_, [describe, expected]) => {
    const network = networkOf(describe);
    const fitting = await understood(network);
    expect(fitting).toMatchObject(expected);
    const [height, width] = [19, 22];
    const picture = unevenValues(height * width * 3);
    const { dims, values } = await runNetwork(fitted(network, fitting, 'float32'), [1, height, width, 3], picture);
    const { scale } = fitting;
    expect(dims).toEqual([1, height * scale, width * scale, 3]);
    const enlargement = values.map((_value, index) => {
      const [channel, x, y] = [index % 3, Math.floor(index / 3) % (width * scale), Math.floor(index / 3 / width / scale)];
      return picture[(Math.floor(y / scale) * width + Math.floor(x / scale)) * 3 + channel] ?? Number.NaN;
    });
    // The one with bytes cuts them at their ends.
    expect(largestDifference(values, enlargement)).toBeLessThan(0.005);
  });

  it('that gives something else is run as it stands', async () => {
    const network = networkOf((b, x) => b.mul(b.sub(b.resizeNearest(x, 2), 0.5), -3));
    expect(await understood(network)).toMatchObject({ scale: 2, range: 'unit', isResidual: false });
  });

  it('that runs at one size only is refused with that size', async () => {
    const network = { ...networkOf((b, x) => b.reshape(b.reshape(x, [1, -1]), [1, 3, 40, 40])), fixedSize: '40 × 40' };
    await expect(understood(network)).rejects.toMatchObject({ message: expect.stringContaining('40 × 40 pixels only') as string });
  });

  it('that enlarges by a fraction is refused', async () => {
    const cut = networkOf((b, x) => b.slice(x, [0, 0], [40, 40], [2, 3]));
    await expect(understood(cut)).rejects.toMatchObject({ code: 'unsupported-model' });
  });
});
