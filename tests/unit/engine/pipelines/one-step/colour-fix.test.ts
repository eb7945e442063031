import { describe, expect, it } from 'vitest';
import type { FloatRows } from '../../../../../src/engine/image/float-rows.ts';
import { ChannelStatistics } from '../../../../../src/engine/image/statistics.ts';
import { adain, waveletFixed } from '../../../../../src/engine/pipelines/one-step/colour-fix.ts';
import { largestDifference } from '../../../../support/run-network.ts';

const [width, height, channels] = [37, 40, 3] as const;

const picture = (values: Float32Array): FloatRows => ({
  ...{ width, height, channels },
  readRows: (top, rows) => Promise.resolve(values.slice(top * width * channels, (top + rows) * width * channels)),
});

const uneven = (step: number): Float32Array =>
  Float32Array.from({ length: width * height * channels }, (_, index) => ((Math.floor(index / 3) * step + (index % 3) * 41) % 101) / 101);

const made = uneven(37);
const source = uneven(23).map((value) => value * 0.5 + 0.3);

const statisticsOf = (values: Float32Array): ChannelStatistics => {
  const statistics = new ChannelStatistics(channels);
  const half = 19 * width * channels;
  statistics.add(values.subarray(0, half), 1);
  statistics.add(values.subarray(half), 1);
  return statistics;
};

const spots = [
  [0, 0, 0],
  [0, 36, 1],
  [39, 0, 2],
  [20, 18, 0],
  [39, 36, 2],
  [7, 30, 1],
  [33, 3, 0],
];
const at = (values: Float32Array): number[] => spots.map(([y = 0, x = 0, c = 0]) => values[(y * width + x) * channels + c] ?? 0);

describe('AdaIN', () => {
  it('gives the numbers of the training kit', async () => {
    const fixed = await adain(picture(made), statisticsOf(made), statisticsOf(source)).readRows(0, height);
    // training/diffusion/colour.py on the same pictures.
    const wanted = [0.299908, 0.596942, 0.517699, 0.641467, 0.611798, 0.438454, 0.497913];
    expect(largestDifference(at(fixed), wanted)).toBeLessThan(2e-6);
  });

  it('leaves a picture alone that has the statistics already', async () => {
    const fixed = await adain(picture(made), statisticsOf(made), statisticsOf(made)).readRows(0, height);
    expect(largestDifference(fixed, made)).toBeLessThan(1e-7);
  });

  it('of one colour or one pixel is defined', async () => {
    const flat = new Float32Array(width * height * channels).fill(0.25);
    const fixed = await adain(picture(flat), statisticsOf(flat), statisticsOf(source)).readRows(0, height);
    const mean = (channel: number): number => statisticsOf(source).mean(channel);
    expect(
      largestDifference(
        fixed,
        flat.map((_, index) => mean(index % 3)),
      ),
    ).toBeLessThan(1e-5);
    const one = new ChannelStatistics(1);
    one.add([0.5], 1);
    expect([one.mean(0), one.variance(0)]).toEqual([0.5, 0]);
  });
});

describe('the wavelet fix', () => {
  it('gives the numbers of the training kit', async () => {
    const fixed = await waveletFixed(picture(made), picture(source)).readRows(0, height);
    const wanted = [0.068298, 0.6477, 0.48955, 0.735043, 0.673055, 0.331612, 0.44024];
    expect(largestDifference(at(fixed), wanted)).toBeLessThan(2e-6);
  });

  it('leaves a picture alone that is its own source', async () => {
    expect(await waveletFixed(picture(made), picture(made)).readRows(0, height)).toEqual(made);
  });

  it('gives rows what the whole has there', async () => {
    const fixed = waveletFixed(picture(made), picture(source));
    const whole = await fixed.readRows(0, height);
    for (const [top, rows] of [
      [0, 1],
      [13, 9],
      [39, 1],
    ] as const) {
      expect(await fixed.readRows(top, rows)).toEqual(whole.slice(top * width * channels, (top + rows) * width * channels));
    }
  });
});
