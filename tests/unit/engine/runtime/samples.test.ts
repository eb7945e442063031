import { describe, expect, it } from 'vitest';
import { fromGraph, toGraph, type Conversion } from '../../../../src/engine/runtime/samples.ts';
import { noise } from '../../../support/memory-pixels.ts';

const every = (['uint8', 'float32'] as const).flatMap((samples) =>
  (['nhwc', 'nchw'] as const).flatMap((layout) =>
    ([8, 16] as const).flatMap((bits) =>
      ([1, 3] as const).flatMap((channels) =>
        (samples === 'uint8' ? ([0] as const) : ([0, -1] as const)).map((black): Conversion => ({
          samples,
          layout,
          bits,
          channels,
          black,
        })),
      ),
    ),
  ),
);

describe('conversion', () => {
  for (const conversion of every.filter(({ samples, bits }) => samples === 'float32' || bits === 8)) {
    it(`there and back changes nothing: ${JSON.stringify(conversion)}`, () => {
      const photo = noise({ width: 31, height: 17, ...conversion });
      const graph = toGraph(photo, conversion);
      expect(graph).toHaveLength(31 * 17 * 3);
      const back = fromGraph(graph, conversion);
      expect(back.samples).toEqual(photo);
      expect(back.finite).toBe(true);
    });
  }

  it('never squeezes 16 bits through 8', () => {
    expect(() => toGraph(new Uint16Array(3), { samples: 'uint8', layout: 'nhwc', bits: 16, channels: 3, black: 0 })).toThrow();
  });

  it('puts planes one after the other in planar layout', () => {
    const planar = { samples: 'uint8', layout: 'nchw', bits: 8, channels: 3, black: 0 } as const;
    expect([...toGraph(Uint8Array.of(1, 2, 3, 4, 5, 6), planar)]).toEqual([1, 4, 2, 5, 3, 6]);
  });

  it('rounds to the nearest level and clips', () => {
    const floating = { samples: 'float32', layout: 'nhwc', channels: 3, black: 0 } as const;
    const output = Float32Array.of(-0.4, 1.7, 0.5, 100.4 / 255, 100.6 / 255, 1);
    expect([...fromGraph(output, { ...floating, bits: 8 }).samples]).toEqual([0, 255, 128, 100, 101, 255]);
    expect([...fromGraph(Float32Array.of(0, 0.5, 1), { ...floating, bits: 16 }).samples]).toEqual([0, 32768, 65535]);
  });

  it('notices a single value that is no number', () => {
    for (const channels of [1, 3] as const) {
      for (const bad of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
        const output = new Float32Array(300).fill(0.5);
        output[137] = bad;
        expect(fromGraph(output, { samples: 'float32', layout: 'nhwc', bits: 8, channels, black: 0 }).finite).toBe(false);
      }
    }
  });
});
