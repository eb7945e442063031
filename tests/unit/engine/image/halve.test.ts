import { expect, it } from 'vitest';
import { halved } from '../../../../src/engine/image/halve.ts';

const of = (samples: number[], width: number, channels: number, alpha: boolean): number[] => [
  ...halved({ samples: Uint8Array.from(samples), width, channels, alpha }),
];

it('takes the rounded mean of two by two, of those that exist at odd edges', () => {
  expect(of([0, 1, 10, 2, 3, 20, 7, 8, 255], 3, 1, false)).toEqual([2, 15, 8, 255]);
  expect(of([9], 1, 1, false)).toEqual([9]);
});

it('keeps the channels apart', () => expect(of([0, 100, 200, 4, 104, 204], 2, 3, false)).toEqual([2, 102, 202]));

it('weighs colours by their opacity, so that what is transparent does not darken its neighbours', () => {
  expect(of([200, 255, 0, 0, 200, 255, 0, 0], 2, 2, true)).toEqual([200, 128]);
  expect(of([10, 0, 20, 0, 30, 0, 40, 0], 2, 2, true)).toEqual([25, 0]);
});
