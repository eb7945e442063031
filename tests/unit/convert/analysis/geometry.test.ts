import { describe, expect, it } from 'vitest';
import { geometryOf } from '../../../../src/convert/analysis/geometry.ts';
import { radius } from '../../../../src/convert/analysis/reach.ts';
import { traceGraph } from '../../../../src/convert/analysis/trace.ts';
import { GraphBuilder } from '../../../../src/convert/graph/builder.ts';
import type { Graph } from '../../../../src/convert/graph/graph.ts';
import { floats, type Tensor } from '../../../../src/convert/graph/tensor.ts';
import { runNetwork, unevenValues } from '../../../support/run-network.ts';

const kernel = (out: number, input: number, rows: number, columns = rows): Tensor => {
  const dims = [out, input, rows, columns];
  return floats(dims, unevenValues(out * input * rows * columns));
};
const valid = [0, 0, 0, 0] as const;

/** Networks with something of everything, by what they are made of. */
const networks: Readonly<Record<string, (b: GraphBuilder, x: string) => string>> = {
  'two convolutions and a shuffle': (b, x) => b.depthToSpace(b.conv(b.conv(x, 'a', kernel(4, 3, 3)), 'b', kernel(12, 4, 5)), 2),
  'convolutions without padding': (b, x) =>
    b.deconv(b.conv(x, 'a', kernel(4, 3, 3), null, { pads: valid }), 'b', kernel(4, 3, 4), null, { stride: 2, pads: [3, 3, 3, 3] }),
  'down and up, cut and added': (b, x) => {
    const down = b.conv(x, 'down', kernel(4, 3, 2), null, { stride: 2, pads: valid });
    const up = b.deconv(b.conv(down, 'mid', kernel(4, 4, 3), null, { pads: valid }), 'up', kernel(4, 3, 2), null, { stride: 2 });
    return b.add(up, b.slice(x, [2, 2], [-2, -2], [2, 3]));
  },
  'dilated, enlarged and made small': (b, x) => {
    const wide = b.conv(x, 'a', kernel(3, 3, 3), null, { dilation: 3 });
    return b.resizeCubic(b.resizeNearest(wide, 4), 0.5);
  },
  'unshuffled, pooled and split': (b, x) => {
    const [first = '', second = ''] = b.split(b.conv(b.pixelUnshuffle(x, 2, 3), 'a', kernel(8, 12, 1)), [4, 4]);
    return b.depthToSpace(b.conv(b.concat([b.maxPool(b.pad(first, [0, 0, 1, 1, 0, 0, 1, 1]), 3, 1), second]), 'b', kernel(12, 8, 3)), 2);
  },
};

function build(network: (b: GraphBuilder, x: string) => string): Graph {
  const b = new GraphBuilder('test');
  b.output('y', network(b, b.input('x', [1, 3, 'h', 'w'])), [1, 3, 'H', 'W']);
  return b.finish();
}

describe('what is known of a network without running it', () => {
  it.each(Object.entries(networks))('%s: the size of its result', async (_, network) => {
    const graph = build(network);
    const geometry = geometryOf(graph);
    if (geometry === null) throw new Error('no rule was found');
    const { scale, loss, multiple, remainder } = geometry;
    const size = Math.ceil(24 / multiple) * multiple + remainder;
    const { dims } = await runNetwork(graph, [1, 3, size, size], unevenValues(3 * size ** 2));
    expect(dims).toEqual([1, 3, scale * size - loss, scale * size - loss]);
    expect(traceGraph(graph, size, size)?.dims).toEqual(dims);
  });

  it.each(Object.entries(networks))('%s: how far a pixel reaches, as changing it shows', async (_, network) => {
    const graph = build(network);
    const size = 48;
    const known = traceGraph(graph, size, size);
    const [reach] = known?.reach ?? [];
    if (reach === undefined) throw new Error('nothing is known');
    const values = unevenValues(3 * size ** 2);
    const changed = values.slice();
    const middle = 25;
    for (let channel = 0; channel < 3; channel += 1) changed[channel * size ** 2 + middle * size + 24] = -5;
    const [before, after] = [await runNetwork(graph, [1, 3, size, size], values), await runNetwork(graph, [1, 3, size, size], changed)];
    const [, , rows = 0, columns = 0] = before.dims;
    const touched = new Set<number>();
    for (const [index, value] of before.values.entries()) {
      if (Math.abs(value - (after.values[index] ?? 0)) > 1e-4) touched.add(Math.floor(index / columns) % rows);
    }
    // Row j, at (j + ½) / scale, depends on the middle of the changed row only if that lies within its reach.
    for (const row of touched) {
      const place = (row + 0.5) / reach.scale;
      expect(middle + 0.5).toBeGreaterThanOrEqual(place + reach.low - 1e-9);
      expect(middle + 0.5).toBeLessThanOrEqual(place + reach.high + 1e-9);
    }
    // And no more is claimed than a pixel beyond what is touched.
    const claimed = (reach.high - reach.low) * reach.scale;
    expect(touched.size).toBeGreaterThan(0);
    expect(claimed).toBeLessThanOrEqual(Math.max(...touched) - Math.min(...touched) + 1 + 3 * reach.scale);
  });

  it('the radius of a plain network is the sum of those of its kernels', () => {
    const graph = build((b, x) => {
      let y = x;
      for (let layer = 0; layer < 34; layer += 1) y = b.conv(y, `conv${layer}`, kernel(3, 3, 3));
      return b.depthToSpace(b.conv(y, 'last', kernel(48, 3, 1)), 4);
    });
    const [reach] = traceGraph(graph, 64, 64)?.reach ?? [];
    expect(reach === undefined ? null : radius(reach)).toBe(34);
  });

  it('a mean over the picture reaches everywhere; what is not understood is not guessed', () => {
    const pooled = build((b, x) => b.mul(x, b.sigmoid(b.globalAveragePool(x))));
    const [reach] = traceGraph(pooled, 32, 32)?.reach ?? [];
    expect(reach?.high).toBe(Number.POSITIVE_INFINITY);
    const windows = build((b, x) => b.reshape(b.reshape(x, [1, 3, -1]), [1, 3, 8, 8]));
    expect(geometryOf(windows)).toBeNull();
  });
});
