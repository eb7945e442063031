import { expect, it } from 'vitest';
import { numberIn, stepped } from '../../../../src/renderer/design/number-text.ts';

const pixels = { min: 1, max: 2_000_000, step: 1 };
const paper = { min: 0.1, max: 10_000, step: 'any' } as const;

it.each([
  ['3840', 3840],
  [' 12 ', 12],
  ['0', null],
  ['-5', null],
  ['', null],
  ['12.5', null],
  ['2000001', null],
  ['1e3', null],
  ['abc', null],
])('pixels: %j is %s', (text, value) => {
  expect(numberIn(text, pixels)).toBe(value);
});

it.each([
  ['29,7', 29.7],
  ['29.7', 29.7],
  ['.5', 0.5],
  ['1.', 1],
  ['1.2.3', null],
  ['Infinity', null],
])('paper: %j is %s', (text, value) => {
  expect(numberIn(text, paper)).toBe(value);
});

it('steps inside the bounds', () => {
  expect(stepped(1, -1, pixels)).toBe(1);
  expect(stepped(5, 1, pixels)).toBe(6);
  expect(stepped(0.5, 1, paper)).toBe(1.5);
});
