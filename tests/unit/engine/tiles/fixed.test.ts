import { describe, expect, it } from 'vitest';
import { Blending, tileWeights } from '../../../../src/engine/tiles/blend.ts';
import { cellOf, placesAlong, planFixedTiles } from '../../../../src/engine/tiles/fixed.ts';

describe('placesAlong', () => {
  // training/diffusion/enlarge.py.
  it.each([
    [300, [0]],
    [512, [0]],
    [513, [0, 1]],
    [1024, [0, 448, 512]],
    [2160, [0, 448, 896, 1344, 1648]],
  ])('%i pixels in tiles of 512 that share 64', (length, places) => expect(placesAlong(length, 512, 64)).toEqual(places));

  it('has as many tiles as the formula of the paper says', () => {
    for (let length = 512; length < 5000; length += 37) {
      expect(placesAlong(length, 512, 64).length).toBe(Math.ceil((length - 64) / 448));
    }
  });
});

describe('planFixedTiles', () => {
  it('cuts a part out of the plan of the whole, with every tile that a pixel of it has', () => {
    const [tile, overlap] = [32, 8];
    const size = { width: 150, height: 100 };
    const whole = planFixedTiles(size, tile, overlap);
    expect(whole.covered).toEqual({ left: 0, top: 0, ...size });
    for (const seen of [
      { left: 30, top: 31, width: 3, height: 2 },
      { left: 0, top: 0, width: 1, height: 1 },
      { left: 149, top: 99, width: 1, height: 1 },
    ]) {
      const part = planFixedTiles(size, tile, overlap, seen);
      const touches = (place: number, from: number, extent: number): boolean => place < from + extent && place + tile > from;
      expect(part.columns).toEqual(whole.columns.filter((place) => touches(place, seen.left, seen.width)));
      expect(part.rows).toEqual(whole.rows.filter((place) => touches(place, seen.top, seen.height)));
    }
  });

  it('has cells that fill what it covers', () => {
    for (const size of [
      { width: 5, height: 77 },
      { width: 150, height: 100 },
    ]) {
      const plan = planFixedTiles(size, 32, 8);
      const areas = plan.rows.flatMap((_, row) => plan.columns.map((__, column) => cellOf(plan, column, row)));
      expect(areas.reduce((sum, { width, height }) => sum + width * height, 0)).toBe(size.width * size.height);
    }
  });
});

describe('Blending', () => {
  it.each([
    ['mean', 8],
    ['ramp', 8],
    ['ramp', 0],
    ['mean', 15],
    ['ramp', 15],
  ] as const)('weighs every pixel to one: %s, overlap %i', (blend, overlap) => {
    const tile = 32;
    for (const [width, height] of [
      [1, 1],
      [31, 33],
      [150, 100],
      [32, 65],
    ] as const) {
      const plan = planFixedTiles({ width, height }, tile, overlap);
      const blending = new Blending(plan, tile, overlap, 1, blend);
      const ones = new Float32Array(tile * tile).fill(1);
      let rows = 0;
      for (const row of plan.rows.keys()) {
        for (const column of plan.columns.keys()) blending.add(ones, column);
        const finished = blending.finishRow(row, 2);
        expect(finished.every((value) => Math.abs(value - 1) < 1e-6)).toBe(true);
        rows += finished.length / width;
      }
      expect(rows).toBe(height);
    }
  });

  it('takes the mean where two tiles meet, and with a ramp goes over from one to the other', () => {
    const blended = (blend: 'mean' | 'ramp'): Float32Array => {
      const plan = planFixedTiles({ width: 56, height: 32 }, 32, 8);
      const blending = new Blending(plan, 32, 8, 1, blend);
      for (const column of [0, 1]) blending.add(new Float32Array(32 * 32).fill(column), column);
      return blending.finishRow(0, 1).subarray(0, 56);
    };
    expect([...blended('mean').subarray(23, 33)]).toEqual([0, ...Array<number>(8).fill(0.5), 1]);
    const ramp = [...blended('ramp').subarray(23, 33)];
    expect(ramp.every((value, index) => index === 0 || value >= (ramp[index - 1] ?? 0))).toBe(true);
    expect([ramp[1], ramp[8]].map((value) => Math.round((value ?? 0) * 16))).toEqual([1, 15]);
  });

  it('clips what it gives, and nothing of it remains in the rows below', () => {
    const plan = planFixedTiles({ width: 32, height: 56 }, 32, 8);
    const blending = new Blending(plan, 32, 8, 3, 'mean');
    const rows = [300, -5].map((level, row) => {
      blending.add(new Float32Array(32 * 32 * 3).fill(level), 0);
      return [...blending.finishRow(row, 255)];
    });
    const length = 32 * 3;
    expect(rows[0]).toEqual(Array<number>(24 * length).fill(255));
    expect(rows[1]).toEqual([...Array<number>(8 * length).fill(147.5), ...Array<number>(24 * length).fill(0)]);
  });

  it('has weights that are never zero and the same from both ends', () => {
    for (const blend of ['mean', 'ramp'] as const) {
      const weights = [...tileWeights(32, 8, blend)];
      expect(Math.min(...weights)).toBeGreaterThan(0);
      expect(weights).toEqual([...weights].reverse());
    }
  });
});
