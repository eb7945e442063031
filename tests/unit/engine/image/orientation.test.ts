import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { upright } from '../../../../src/engine/image/orientation.ts';
import { newSamples } from '../../../../src/engine/image/samples.ts';
import { temporaryFolder } from '../../../support/photo-files.ts';

/** Larger than two blocks in one direction and not a multiple of anything in the other. */
const width = 613;
const height = 301;

/** Where a pixel of the upright picture lies in the stored one, from the words of Exif 2.32 (“0th row is the visual …”). */
const sourceOf: Record<number, (x: number, y: number) => [number, number]> = {
  1: (x, y) => [x, y],
  2: (x, y) => [width - 1 - x, y],
  3: (x, y) => [width - 1 - x, height - 1 - y],
  4: (x, y) => [x, height - 1 - y],
  5: (x, y) => [y, x],
  6: (x, y) => [y, height - 1 - x],
  7: (x, y) => [width - 1 - y, height - 1 - x],
  8: (x, y) => [width - 1 - y, x],
};

describe('upright', () => {
  for (const bits of [8, 16] as const) {
    for (let orientation = 1; orientation <= 8; orientation++) {
      it(`turns every pixel to its place for orientation ${orientation} at ${bits} bits`, async () => {
        const samples = newSamples(bits, width * height * 3).map((_, i) => (i * 2_654_435_761) % 2 ** bits);
        const source = {
          width,
          height,
          channels: 3,
          bits,
          readRows: (top: number, rows: number) => Promise.resolve(samples.slice(top * width * 3, (top + rows) * width * 3)),
          close: () => Promise.resolve(),
        };
        const turned = await upright(source, orientation, join(await temporaryFolder(), 'upright'));
        expect([turned.width, turned.height]).toEqual(orientation >= 5 ? [height, width] : [width, height]);
        // Odd pieces, so that reads cross the blocks.
        const pieces: Buffer[] = [];
        for (let top = 0; top < turned.height; top += 71) {
          const rows = await turned.readRows(top, Math.min(71, turned.height - top));
          pieces.push(Buffer.from(rows.buffer, rows.byteOffset, rows.byteLength));
        }
        await turned.close();
        const expected = newSamples(bits, samples.length);
        for (let i = 0; i < width * height; i++) {
          const [x, y] = sourceOf[orientation]?.(i % turned.width, Math.floor(i / turned.width)) ?? [0, 0];
          for (let c = 0; c < 3; c++) expected[i * 3 + c] = samples[(y * width + x) * 3 + c] ?? 0;
        }
        expect(Buffer.compare(Buffer.concat(pieces), Buffer.from(expected.buffer))).toBe(0);
      });
    }
  }
});
