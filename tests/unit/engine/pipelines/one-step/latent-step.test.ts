import { describe, expect, it } from 'vitest';
import { dialled, scaled, stepped, unetLatent, unscaled } from '../../../../../src/engine/pipelines/one-step/latent-step.ts';
import { normalNoise, philox } from '../../../../../src/engine/image/normal-noise.ts';
import { alphaBar } from '../../../../../src/shared/noise-schedule.ts';
import { largestDifference, unevenValues } from '../../../../support/run-network.ts';

const low = unevenValues(24).map((value) => value * 4 - 2);
const answer = unevenValues(24).map((value, index) => value * 3 - 1 - index / 12);

/** Within a rounding of float32 at the size of these numbers. */
const rounding = 1e-6;

describe('the noise schedule', () => {
  it('is that of Stable Diffusion', () => {
    expect(Math.abs(alphaBar(399) - 0.4260863636)).toBeLessThan(1e-9);
    expect(Math.abs(alphaBar(999) - 0.004660098513)).toBeLessThan(1e-9);
    expect(Math.abs(alphaBar(1) - 0.998296)).toBeLessThan(1e-6);
  });
});

describe('the whole step', () => {
  const abar = 0.4260863636;
  const sigma = 0.7575709;
  it.each([
    ['eps_x0', { kind: 'eps_x0', timestep: 399 }, (z: number, e: number) => (z - sigma * e) / Math.sqrt(abar), 1e-6],
    [
      'eps_x0 with an ᾱ of its own',
      { kind: 'eps_x0', timestep: 0, alphaBar: 0.25 },
      (z: number, e: number) => (z - Math.sqrt(0.75) * e) / 0.5,
      rounding,
    ],
    ['v_x0', { kind: 'v_x0', timestep: 399 }, (z: number, v: number) => Math.sqrt(abar) * z - sigma * v, rounding],
    ['residual', { kind: 'residual' }, (z: number, e: number) => z - e, rounding],
    ['flow_x0', { kind: 'flow_x0', sigma: 0.7 }, (z: number, v: number) => z - 0.7 * v, rounding],
    ['direct', { kind: 'direct' }, (_: number, x: number) => x, 0],
    ['resshift', { kind: 'resshift', kappa: 2, eta: 0.9801, seed: 1 }, (_: number, x: number) => x, 0],
  ] as const)('%s', (_name, step, formula, tolerance) => {
    const wanted = low.map((z, index) => formula(z, answer[index] ?? 0));
    expect(largestDifference(stepped(step, low, answer, 1), wanted)).toBeLessThanOrEqual(tolerance * 4);
  });

  it('keeps its precision at the last step, where ᾱ is small', () => {
    // z = √ᾱ z₀ + √(1−ᾱ) n, so that the step has to find z₀ again.
    const clean = low;
    const [signal, sigma999] = [0.06826491, 0.99766723];
    const noised = clean.map((z, index) => signal * z + sigma999 * (answer[index] ?? 0));
    const found = stepped({ kind: 'eps_x0', timestep: 999 }, noised, answer, 1);
    expect(largestDifference(found, clean)).toBeLessThan(1e-5);
  });
});

describe('strength', () => {
  const step = { kind: 'eps_x0', timestep: 399 } as const;
  it('0 is z_L to the bit, 1 the whole step, and between them every number moves evenly', () => {
    expect(stepped(step, low, answer, 0)).toEqual(low);
    const whole = stepped(step, low, answer, 1);
    const half = stepped(step, low, answer, 0.5);
    expect(
      largestDifference(
        half,
        low.map((z, index) => (z + (whole[index] ?? 0)) / 2),
      ),
    ).toBeLessThan(rounding);
  });
});

describe('two dials', () => {
  it('are λ_pix ε_pix + λ_sem (ε − ε_pix)', () => {
    const pixel = answer.map((value) => value / 3 + 0.1);
    const wanted = low.map((z, index) => {
      const [e = 0, p = 0] = [answer[index], pixel[index]];
      return z - (0.8 * p + 0.3 * (e - p));
    });
    const combined = dialled(answer, pixel, 0.8, 0.3);
    expect(largestDifference(stepped({ kind: 'residual' }, low, combined, 1), wanted)).toBeLessThan(rounding);
    expect(
      largestDifference(
        dialled(answer, pixel, 0.6, 0.6),
        answer.map((e) => 0.6 * e),
      ),
    ).toBeLessThan(rounding);
  });
});

describe('scaled', () => {
  it('takes the shift of each channel away and multiplies, and unscaled undoes it', () => {
    const latent = { channels: 2, factor: 8, scalingFactor: 0.18215, shift: [1, -2] };
    const z = scaled(Float32Array.of(1, 2, 3, 1, 2, 3), latent);
    expect(largestDifference(z, [0, 0.18215, 0.3643, 0.54645, 0.7286, 0.91075])).toBeLessThan(rounding);
    expect(largestDifference(unscaled(z, latent), [1, 2, 3, 1, 2, 3])).toBeLessThan(rounding);
  });
});

describe('noise', () => {
  it('comes from Philox4x32-10, with the known answers of its authors', () => {
    const hex = (words: readonly number[]) => words.map((word) => word.toString(16).padStart(8, '0')).join(' ');
    expect(hex(philox([0, 0, 0, 0], [0, 0]))).toBe('6627e8d5 e169c58d bc57ac4c 9b00dbd8');
    const ones = 0xffff_ffff;
    expect(hex(philox([ones, ones, ones, ones], [ones, ones]))).toBe('408f276d 41c83b0e a20bc7c6 6d5451fd');
    expect(hex(philox([0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344], [0xa4093822, 0x299f31d0]))).toBe(
      'd16cfe09 94fdcceb 5001e420 24126ea1',
    );
  });

  it('is normal', () => {
    const values = Float64Array.from({ length: 40_000 }, (_, index) => normalNoise(7, index % 200, Math.floor(index / 200), 1));
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
    expect(Math.abs(mean)).toBeLessThan(0.02);
    expect(Math.abs(variance - 1)).toBeLessThan(0.03);
    expect(values.filter((value) => Math.abs(value) > 2).length / values.length).toBeCloseTo(0.0455, 2);
  });

  it('is the same wherever a tile begins, and another with another seed', () => {
    const step = { kind: 'resshift', kappa: 2, eta: 0.9801, seed: 5 } as const;
    const zeros = new Float32Array(2 * 4 * 4);
    const tile = (left: number, seed: number) => unetLatent({ ...step, seed }, zeros, { left, top: 3, side: 4 });
    const [first, second] = [tile(10, 5), tile(12, 5)];
    for (const [channel, y] of [0, 1].flatMap((c) => [0, 1, 2, 3].map((y) => [c, y] as const))) {
      const row = (channel * 4 + y) * 4;
      expect(first.subarray(row + 2, row + 4)).toEqual(second.subarray(row, row + 2));
    }
    expect(largestDifference(first, tile(10, 6))).toBeGreaterThan(0.1);
  });

  it('goes into the latent as (z + κ √η n) / √(κ² η + 1)', () => {
    const step = { kind: 'resshift', kappa: 2, eta: 0.9801, seed: 5 } as const;
    const given = unetLatent(step, low, { left: 0, top: 0, side: 2 });
    // SinSR: √η = 0.99, and 2.218197 is what it divides by.
    const wanted = low.map(
      (z, index) => (z + 2 * 0.99 * normalNoise(5, index % 2, Math.floor(index / 2) % 2, Math.floor(index / 4))) / 2.218197,
    );
    expect(largestDifference(given, wanted)).toBeLessThan(rounding);
  });
});
