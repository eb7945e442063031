import { describe, expect, it } from 'vitest';
import { alignedFace, alignmentOf } from '../../../../../src/engine/pipelines/faces/aligned.ts';
import { maskAt, paste, type RestoredFace } from '../../../../../src/engine/pipelines/faces/paste.ts';
import { faceAt } from '../../../../support/face-models.ts';
import { memoryPixels } from '../../../../support/memory-pixels.ts';

const side = 16;
const white = (channels: 1 | 3): RestoredFace => ({
  samples: new Uint8Array(side * side * channels).fill(200),
  side,
  // Its square has 8 pixels of the picture, from 4, 3 on.
  alignment: { a: 2, b: 0, dx: -8, dy: -6 },
});
const place = { left: 0, top: 0, width: 16, height: 14 };
const base = (): Uint8Array => Uint8Array.from({ length: 16 * 14 }, (_, index) => 40 + (index % 7));

describe('a face that is pasted', () => {
  it('leaves every pixel outside its square alone, and is itself in the middle', () => {
    const rows = base();
    paste(white(1), { samples: rows, channels: 1, place }, 0);
    rows.forEach((value, index) => {
      const [x, y] = [index % 16, Math.floor(index / 16)];
      if (x < 4 || x >= 12 || y < 3 || y >= 11) expect(value).toBe(base()[index]);
      if (x >= 6 && x < 10 && y >= 5 && y < 9) expect(value).toBe(200);
    });
    // Half a pixel within the edge: 1/16 of the side, of 0.15 along which it goes over.
    const t = 1 / 16 / 0.15;
    const before = base()[7 * 16 + 4] ?? 0;
    expect(rows[7 * 16 + 4]).toBe(Math.round(before + t * t * (3 - 2 * t) * (200 - before)));
  });

  it('counts by what fidelity leaves of it: all, half, nothing', () => {
    const middle = [0, 0.5, 1].map((fidelity) => {
      const rows = base();
      paste(white(1), { samples: rows, channels: 1, place }, fidelity);
      if (fidelity === 1) expect(rows).toEqual(base());
      return rows[7 * 16 + 8];
    });
    const before = base()[7 * 16 + 8] ?? 0;
    expect(middle).toEqual([200, (200 + before) / 2, before].map(Math.round));
  });

  it('is the same in strips as in one', () => {
    const whole = base();
    paste(white(1), { samples: whole, channels: 1, place }, 0);
    const strips = base();
    for (let top = 0; top < 14; top += 5) {
      const height = Math.min(5, 14 - top);
      paste(white(1), { samples: strips.subarray(top * 16, (top + height) * 16), channels: 1, place: { ...place, top, height } }, 0);
    }
    expect(strips).toEqual(whole);
  });

  it('gives each pixel the mean of what it covers', () => {
    const checked = { ...white(1), samples: Uint8Array.from({ length: 256 }, (_, index) => (((index % 16) + (index >> 4)) % 2) * 200) };
    const rows = base();
    paste(checked, { samples: rows, channels: 1, place }, 0);
    expect(rows[7 * 16 + 8]).toBe(100);
  });
});

it.each([0, 30, 200])('a face that was cut out and not changed goes back to where it was, turned by %d degrees', async (degrees) => {
  const format = { width: 90, height: 80, channels: 3, bits: 8 } as const;
  const photo = Uint8Array.from({ length: 90 * 80 * 3 }, (_, index) => {
    const [x, y] = [Math.floor(index / 3) % 90, Math.floor(index / 270)];
    return 120 + 60 * Math.sin(x / 9 + (index % 3)) + 50 * Math.cos(y / 11);
  });
  const [sine, cosine] = [Math.sin((degrees * Math.PI) / 180), Math.cos((degrees * Math.PI) / 180)];
  const landmarks = faceAt(-25, -25, 50).map(({ x, y }) => ({ x: 45 + cosine * x - sine * y, y: 40 + sine * x + cosine * y }));
  const alignment = alignmentOf(landmarks, 128);
  if (alignment === null) throw new Error('These are landmarks.');
  const samples = await alignedFace(memoryPixels(format, photo), alignment, 128);
  const rows = photo.slice();
  paste({ samples, side: 128, alignment }, { samples: rows, channels: 3, place: { left: 0, top: 0, width: 90, height: 80 } }, 0);
  expect(Math.max(...rows.map((value, index) => Math.abs(value - (photo[index] ?? 0))))).toBeLessThanOrEqual(2);
  // A pixel aside it is more.
  const aside = photo.slice();
  const moved = { ...alignment, dx: alignment.dx + 128 / 50 };
  paste({ samples, side: 128, alignment: moved }, { samples: aside, channels: 3, place: { left: 0, top: 0, width: 90, height: 80 } }, 0);
  expect(Math.max(...aside.map((value, index) => Math.abs(value - (photo[index] ?? 0))))).toBeGreaterThan(4);
});

it('the mask is nothing at the edge and all in the middle', () => {
  expect([maskAt(0, 0.5), maskAt(0.5, 1), maskAt(-1, 0.5), maskAt(0.15, 0.5), maskAt(0.5, 0.5)]).toEqual([0, 0, 0, 1, 1]);
  expect(maskAt(0.075, 0.075)).toBeCloseTo(0.25, 12);
});
