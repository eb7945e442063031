import { expect, it } from 'vitest';
import { Toasts } from '../../../../src/renderer/state/toasts.svelte.ts';
import { cancelled, Problem } from '../../../../src/shared/problem.ts';

it('what went wrong on a page is not told on the next one; what was done still is', () => {
  const toasts = new Toasts();
  toasts.tell('Done.', 'good');
  toasts.tellFailure(new Problem('not-enough-disk', 'The disk is full.'));
  toasts.tellFailure(cancelled());
  expect(toasts.shown.map(({ text }) => text)).toEqual(['Done.', 'The disk is full.']);
  toasts.left();
  expect(toasts.shown.map(({ text }) => text)).toEqual(['Done.']);
});

it('the same is told once, the latest last', () => {
  const toasts = new Toasts();
  for (const text of ['a', 'b', 'a']) toasts.tell(text);
  expect(toasts.shown.map(({ text }) => text)).toEqual(['b', 'a']);
});
