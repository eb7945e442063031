import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { splitAlpha } from '../../../../src/engine/image/split-alpha.ts';
import { temporaryFolder } from '../../../support/photo-files.ts';

const width = 90;
const height = 150;

/** A red disc on green that is fully transparent. */
function disc(outside: number): Uint8Array {
  const samples = new Uint8Array(width * height * 4);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const inside = (x - 45) ** 2 + (y - 75) ** 2 < 400;
      samples.set(inside ? [200, x, 10, 255] : [0, 255, 0, outside], (y * width + x) * 4);
    }
  }
  return samples;
}

const rowsOf = (samples: Uint8Array) => ({
  width,
  height,
  channels: 4,
  bits: 8 as const,
  readRows: (top: number, rows: number) => Promise.resolve(samples.slice(top * width * 4, (top + rows) * width * 4)),
  close: () => Promise.resolve(),
});

describe('splitAlpha', () => {
  it('bleeds the colour of opaque pixels over the transparent ones and keeps alpha', async () => {
    const { colour, alpha } = await splitAlpha(rowsOf(disc(0)), join(await temporaryFolder(), 'split'));
    const colours = await colour.readRows(0, height);
    const alphas = await alpha?.readRows(0, height);
    for (let i = 0; i < width * height; i++) expect(colours[i * 3 + 1]).toBeLessThan(66);
    expect([...colours.subarray(0, 3)].slice(0, 1)).toEqual([200]);
    // At the top and at the bottom it is the colour of the disc's own middle column.
    expect(colours[45 * 3 + 1]).toBe(45);
    expect(colours[((height - 1) * width + 45) * 3 + 1]).toBe(45);
    expect(alphas?.filter((value) => value === 255).length).toBeGreaterThan(1200);
    expect(alphas?.[0]).toBe(0);
  });

  it('leaves the colours under partial transparency alone', async () => {
    const { colour, alpha } = await splitAlpha(rowsOf(disc(3)), join(await temporaryFolder(), 'split'));
    expect([...(await colour.readRows(0, 1)).subarray(0, 3)]).toEqual([0, 255, 0]);
    expect(alpha).not.toBeNull();
  });

  it('has no alpha where all is opaque', async () => {
    expect((await splitAlpha(rowsOf(disc(255)), join(await temporaryFolder(), 'split'))).alpha).toBeNull();
  });
});
