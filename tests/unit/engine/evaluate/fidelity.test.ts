import { describe, expect, it } from 'vitest';
import { consistency, isEnlargementOf } from '../../../../src/engine/evaluate/consistency.ts';
import { psnrY } from '../../../../src/engine/evaluate/psnr.ts';
import { reduced } from '../../../../src/engine/evaluate/reduced.ts';
import { ssimY } from '../../../../src/engine/evaluate/ssim.ts';
import { flatPicture, grainyPicture, noisePicture } from '../../../support/pictures.ts';

/** The brightness of grey in studio range, 16…235. */
const studio = (grey: number): number => (219 * grey) / 255 + 16;

describe('PSNR-Y', () => {
  it('is what its formula gives for flat pictures', async () => {
    const error = ((219 * 10) / 255 / 255) ** 2;
    expect(await psnrY(flatPicture(9, 7, 100), flatPicture(9, 7, 110))).toBeCloseTo(10 * Math.log10(1 / (error + 1e-8)), 10);
    const red = (65.481 * 20) / 255 / 255;
    expect(await psnrY(flatPicture(9, 7, 0, 50, 50), flatPicture(9, 7, 20, 50, 50))).toBeCloseTo(
      10 * Math.log10(1 / (red ** 2 + 1e-8)),
      10,
    );
  });

  it('is 80 dB for the same picture, and takes grey for three equal colours', async () => {
    expect(await psnrY(noisePicture(30, 20), noisePicture(30, 20))).toBeCloseTo(80, 10);
    expect(await psnrY(flatPicture(5, 5, 77), flatPicture(5, 5, 77, 77, 77))).toBeCloseTo(80, 10);
  });

  it('is what the training kit computes, also for pictures of several bands', async () => {
    // training/metrics.py on the same pixels.
    expect(await psnrY(grainyPicture(200, 290, 1), grainyPicture(200, 290, 7))).toBeCloseTo(24.581161708339305, 8);
    const tall = 20_000;
    const error = ((219 * 3) / 255 / 255) ** 2 / 2;
    const halves = {
      ...flatPicture(20, tall, 50),
      readRows: (top: number, rows: number) =>
        Promise.resolve(new Uint8Array(rows * 20).map((_, index) => (top + Math.floor(index / 20) < tall / 2 ? 50 : 53))),
    };
    expect(await psnrY(flatPicture(20, tall, 50), halves)).toBeCloseTo(10 * Math.log10(1 / (error + 1e-8)), 8);
  });

  it('ends when it is cancelled', async () => {
    await expect(psnrY(flatPicture(5, 5, 1), flatPicture(5, 5, 1), { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'cancelled',
    });
  });
});

describe('SSIM-Y', () => {
  it('is what its formula gives for flat pictures: brightness alone counts', async () => {
    const [a, b] = [Math.round(studio(100)), Math.round(studio(140))];
    const c1 = (0.01 * 255) ** 2;
    expect(await ssimY(flatPicture(20, 15, 100), flatPicture(20, 15, 140))).toBeCloseTo((2 * a * b + c1) / (a * a + b * b + c1), 10);
  });

  it('is 1 for the same picture, and what the training kit computes for others', async () => {
    expect(await ssimY(noisePicture(40, 30), noisePicture(40, 30))).toBeCloseTo(1, 12);
    // training/metrics.py on the same pixels.
    expect(await ssimY(grainyPicture(200, 290, 1), grainyPicture(200, 290, 7))).toBeCloseTo(0.34718287954406185, 9);
  });

  it('is not there where the window does not fit', async () => {
    expect(await ssimY(flatPicture(10, 40, 1), flatPicture(10, 40, 1))).toBeNull();
  });
});

describe('reducing', () => {
  it('gives what Pillow gives, sample for sample', async () => {
    const small = reduced(noisePicture(16, 12), { width: 5, height: 4 });
    // Image.fromarray(…).resize((5, 4), Image.Resampling.BICUBIC) of Pillow 12.3.0 on the same pixels.
    expect([...(await small.readRows(0, 4))]).toEqual([
      109, 133, 71, 125, 130, 121, 134, 112, 141, 162, 128, 136, 117, 160, 147, 126, 134, 106, 136, 107, 115, 155, 130, 121, 126, 124, 138,
      136, 114, 152, 155, 143, 146, 146, 139, 131, 138, 147, 118, 133, 162, 117, 106, 154, 151, 145, 135, 164, 128, 145, 153, 155, 173, 150,
      129, 142, 126, 158, 156, 110,
    ]);
  });

  it('gives the same by rows', async () => {
    const small = reduced(noisePicture(40, 33), { width: 13, height: 11 });
    const whole = await small.readRows(0, 11);
    for (let y = 0; y < 11; y++) expect([...(await small.readRows(y, 1))]).toEqual([...whole.subarray(y * 39, (y + 1) * 39)]);
  });
});

describe('LR-consistency', () => {
  it('is the PSNR-Y of the reduced result and the source', async () => {
    expect(await consistency(flatPicture(40, 32, 90), flatPicture(10, 8, 90))).toBeCloseTo(80, 10);
    const error = ((219 * 4) / 255 / 255) ** 2;
    expect(await consistency(flatPicture(40, 32, 94), flatPicture(10, 8, 90))).toBeCloseTo(10 * Math.log10(1 / (error + 1e-8)), 10);
  });

  it('wants an enlargement of the whole source, up to rounding', () => {
    const source = { width: 1000, height: 667 };
    expect(isEnlargementOf({ width: 4000, height: 2668 }, source)).toBe(true);
    expect(isEnlargementOf({ width: 2500, height: 1668 }, source)).toBe(true);
    expect(isEnlargementOf({ width: 4000, height: 2600 }, source)).toBe(false);
    expect(isEnlargementOf({ width: 500, height: 333 }, source)).toBe(false);
  });
});
