import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { logGamma } from '../../../../src/engine/evaluate/gamma.ts';
import { niqe } from '../../../../src/engine/evaluate/niqe.ts';
import { readNiqeParameters } from '../../../../src/engine/evaluate/niqe-parameters.ts';
import { sceneFeaturesOf } from '../../../../src/engine/evaluate/natural-scene.ts';
import { inverseForm } from '../../../../src/engine/evaluate/symmetric.ts';
import { testFolder } from '../../../support/golden.ts';
import { flatPicture, grainyPicture } from '../../../support/pictures.ts';
import { zip } from '../../../support/weight-files.ts';

const features = 36;
const unit = {
  mean: new Float64Array(features),
  covariance: Float64Array.from({ length: features ** 2 }, (_, index) => (index % (features + 1) === 0 ? 1 : 0)),
};

/** An array as `numpy.save` writes it. */
function npy(shape: string, values: readonly number[], fortran = false): Buffer {
  const header = `{'descr': '<f8', 'fortran_order': ${fortran ? 'True' : 'False'}, 'shape': (${shape}), }`.padEnd(117) + '\n';
  const head = Buffer.from([0x93, ...Buffer.from('NUMPY'), 1, 0, header.length, 0]);
  return Buffer.concat([head, Buffer.from(header), Buffer.from(Float64Array.from(values).buffer)]);
}

describe('NIQE', () => {
  it('is what the training kit computes, with the same parameters', async () => {
    // training/metrics.py on the same pixels, with mean 0 and the unit matrix and with the sum of the three colours written out: NumPy's may be
    // fused, which rounds four of these pixels the other way and gives 8.71343. The picture is no multiple of a block.
    expect(await niqe(grainyPicture(200, 290, 1), unit)).toBeCloseTo(8.713958378730151, 9);
  });

  it('is not there with fewer than two blocks, or where all are flat', async () => {
    expect(await niqe(grainyPicture(191, 191, 1), unit)).toBeNull();
    expect(await niqe(flatPicture(300, 300, 128), unit)).toBeNull();
  });

  it('tells how far it is', async () => {
    const told: number[] = [];
    await niqe(grainyPicture(96, 288, 1), unit, { onProgress: (fraction) => told.push(fraction) });
    expect(told).toEqual([1 / 3, 2 / 3, 1]);
  });
});

describe('the statistics of a block', () => {
  it('find the shapes of known distributions', () => {
    const side = 200;
    // Quantiles, so that there is no chance in it: the moments of the two distributions are theirs up to the ends left out.
    const quantiles = (of: (p: number) => number): Float64Array => {
      const sorted = Float64Array.from({ length: side * side }, (_, index) => of((index + 0.5) / (side * side)));
      // Spread over the block with a step that shares no divisor with its size.
      return sorted.map((_, index) => sorted[(index * 7919) % sorted.length] ?? 0);
    };
    const laplace = (p: number): number => (p < 0.5 ? Math.log(2 * p) : -Math.log(2 * (1 - p)));
    const [alpha = 0, beta = 0] = sceneFeaturesOf(quantiles(laplace), side);
    expect(alpha).toBeCloseTo(1, 2);
    // The generalised Gaussian with alpha = 1 is Laplace's distribution with scale beta.
    expect(beta).toBeCloseTo(1, 2);
    const [flat = 0] = sceneFeaturesOf(
      quantiles((p) => 2 * p - 1),
      side,
    );
    // A uniform distribution has E|x|² / E x² = 3/4, as the shape towards infinity; the grid ends at 10.
    expect(flat).toBeGreaterThan(9);
  });
});

describe("NIQE's parameters", () => {
  const values = (length: number): number[] => Array.from({ length }, (_, index) => index);

  it('are read as NumPy stores them, in either order', async () => {
    const path = join(await testFolder(), 'parameters.npz');
    const entries = (fortran: boolean): Buffer =>
      zip([
        { name: 'mu_pris_param.npy', bytes: npy('1, 36', values(36)) },
        { name: 'cov_pris_param.npy', bytes: npy('36, 36', values(1296), fortran), deflate: true },
      ]);
    await writeFile(path, entries(false));
    expect(await readNiqeParameters(path)).toEqual({ mean: Float64Array.from(values(36)), covariance: Float64Array.from(values(1296)) });
    await writeFile(path, entries(true));
    expect((await readNiqeParameters(path))?.covariance.slice(0, 3)).toEqual(Float64Array.of(0, 36, 72));
  });

  it('are missing or wrong in words', async () => {
    const path = join(await testFolder(), 'parameters.npz');
    expect(await readNiqeParameters(path)).toBeNull();
    await writeFile(path, 'nothing of the kind');
    await expect(readNiqeParameters(path)).rejects.toMatchObject({ code: 'damaged-model-file' });
    await writeFile(path, zip([{ name: 'mu_pris_param.npy', bytes: npy('1, 36', values(36)) }]));
    await expect(readNiqeParameters(path)).rejects.toMatchObject({ code: 'damaged-model-file' });
  });
});

describe('its mathematics', () => {
  it('has the gamma function', () => {
    for (const [x, value] of [
      [1, 1],
      [5, 24],
      [0.5, Math.sqrt(Math.PI)],
      [2.5, 0.75 * Math.sqrt(Math.PI)],
      [0.1, 9.513_507_698_668_732],
    ] as const) {
      expect(Math.exp(logGamma(x)) / value).toBeCloseTo(1, 12);
    }
  });

  it('inverts symmetric matrices, leaving out what they do not reach', () => {
    // [[2, 1], [1, 2]] has the inverse [[2, -1], [-1, 2]] / 3.
    expect(inverseForm(Float64Array.of(2, 1, 1, 2), Float64Array.of(1, 0))).toBeCloseTo(2 / 3, 12);
    // v vᵀ has the pseudo-inverse v vᵀ / |v|⁴.
    expect(inverseForm(Float64Array.of(9, 12, 12, 16), Float64Array.of(3, 4))).toBeCloseTo(1, 12);
    expect(inverseForm(Float64Array.of(9, 12, 12, 16), Float64Array.of(4, -3))).toBeCloseTo(0, 12);
  });
});
