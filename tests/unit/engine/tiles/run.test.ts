import { describe, expect, it } from 'vitest';
import type { PixelFormat, Samples } from '../../../../src/engine/image/pixels.ts';
import { runTiles, type Infer, type TileRun } from '../../../../src/engine/tiles/run.ts';
import { collector, crop, memoryPixels, nearest, noise, same } from '../../../support/memory-pixels.ts';

/** Nearest neighbour in JavaScript, tile by tile. */
const enlarge =
  (format: PixelFormat, scale: number): Infer =>
  (input, width, height) =>
    Promise.resolve(nearest({ ...format, width, height }, input, scale));

async function run(format: PixelFormat, samples: Samples, more: Partial<TileRun>): Promise<Samples> {
  const result = collector(format.bits);
  const scale = more.scale ?? 2;
  await runTiles(memoryPixels(format, samples), { scale, overlap: 5, infer: enlarge(format, scale), sink: result.sink, ...more });
  return result.all();
}

const format = { width: 211, height: 307, channels: 3, bits: 8 } as const;
const photo = noise(format);
const whole = nearest(format, photo, 2);

describe('runTiles', () => {
  it('gives the whole image for grey, colour, 8 and 16 bit, strips and columns', async () => {
    for (const channels of [1, 3] as const) {
      for (const bits of [8, 16] as const) {
        const some = { width: 143, height: 97, channels, bits };
        const samples = noise(some);
        for (const tileRows of [0, 40, 96]) {
          expect(same(await run(some, samples, { tileRows, scale: 3 }), nearest(some, samples, 3))).toBe(true);
        }
      }
    }
  });

  it('gives the same image when memory runs out at any tile, with smaller tiles from there on', async () => {
    for (const failing of [1, 2, 4]) {
      let tile = 0;
      const limits: number[] = [];
      const seen: number[] = [];
      const infer: Infer = (input, width, height) => {
        tile += 1;
        if (tile === failing || (tile > failing && width * height > 6000)) return Promise.resolve('smaller');
        seen.push(width * height);
        return enlarge(format, 2)(input, width, height);
      };
      expect(same(await run(format, photo, { infer, tileRows: 60, onSmaller: (limit) => limits.push(limit) }), whole)).toBe(true);
      expect(limits.length).toBeGreaterThan(0);
      expect(seen.at(-1)).toBeLessThanOrEqual(6000);
    }
  });

  it('gives up in words where even small tiles do not fit', async () => {
    const result = collector(8);
    const refused = runTiles(memoryPixels(format, photo), {
      scale: 2,
      overlap: 5,
      infer: () => Promise.resolve('smaller'),
      sink: result.sink,
    });
    await expect(refused).rejects.toMatchObject({ name: 'Problem', code: 'not-enough-memory' });
    expect(result.calls()).toBe(0);
  });

  it('gives for a region the pixels of the whole, with fewer tiles', async () => {
    for (const region of [
      { left: 0, top: 0, width: 1, height: 1 },
      { left: 100, top: 150, width: 64, height: 33 },
      { left: 210, top: 306, width: 1, height: 1 },
      { left: 0, top: 100, width: 211, height: 40 },
    ]) {
      let tiles = 0;
      const part = await run(format, photo, { region, tileRows: 50, onTile: () => (tiles += 1) });
      const scaled = { left: region.left * 2, top: region.top * 2, width: region.width * 2, height: region.height * 2 };
      expect(same(part, crop({ ...format, width: 422, height: 614 }, whole, scaled))).toBe(true);
      expect(tiles).toBeLessThan(4);
    }
  });

  it('reports every tile once, in result pixels', async () => {
    let pixels = 0;
    await run(format, photo, { tileRows: 50, onTile: ({ width, height }) => (pixels += width * height) });
    expect(pixels).toBe(format.width * format.height * 4);
  });

  it('stops when cancelled, between tiles, and the sink gets nothing more', async () => {
    const controller = new AbortController();
    const result = collector(8);
    let tiles = 0;
    const running = runTiles(memoryPixels(format, photo), {
      scale: 2,
      overlap: 5,
      tileRows: 40,
      signal: controller.signal,
      infer: enlarge(format, 2),
      sink: result.sink,
      onTile: () => {
        tiles += 1;
        // As a message from another process would arrive: from the event loop, not from within.
        if (tiles === 2) setImmediate(() => controller.abort());
      },
    });
    await expect(running).rejects.toMatchObject({ code: 'cancelled' });
    expect(tiles).toBeLessThanOrEqual(3);
    const calls = result.calls();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(result.calls()).toBe(calls);
    expect(same(result.all(), whole.subarray(0, result.all().length))).toBe(true);
  });
});
