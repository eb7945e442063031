import { beforeEach, describe, expect, it } from 'vitest';
import { Selection } from '../../../../src/renderer/state/selection.svelte.ts';

const plain = { toggle: false, extend: false };
const ctrl = { toggle: true, extend: false };
const shift = { toggle: false, extend: true };

describe('the selection', () => {
  let selection: Selection;
  const chosen = (): number[] => [...selection.chosen].sort((a, b) => a - b);
  beforeEach(() => {
    selection = new Selection();
    selection.viewed([10, 20, 30, 40, 50, 60, 70]);
  });

  it('is one photo on a click, one more or less with Ctrl', () => {
    selection.click(20, plain);
    selection.click(40, ctrl);
    expect(chosen()).toEqual([20, 40]);
    selection.click(20, ctrl);
    expect(chosen()).toEqual([40]);
    selection.click(60, plain);
    expect(chosen()).toEqual([60]);
  });

  it('is the range from the last plain choice with Shift, in either direction', () => {
    selection.click(40, plain);
    selection.click(60, shift);
    expect(chosen()).toEqual([40, 50, 60]);
    selection.click(20, shift);
    expect(chosen()).toEqual([20, 30, 40]);
    expect(selection.lead).toBe(20);
  });

  it('adds a range with Ctrl and Shift', () => {
    selection.click(10, plain);
    selection.click(50, ctrl);
    selection.click(70, { toggle: true, extend: true });
    expect(chosen()).toEqual([10, 50, 60, 70]);
  });

  it('is everything in view, or nothing', () => {
    selection.all();
    expect(chosen()).toHaveLength(7);
    expect(selection.lead).toBe(10);
    selection.none();
    expect(chosen()).toEqual([]);
  });

  it('moves with the arrows and stays inside of the view', () => {
    selection.move(1, false);
    expect(selection.lead).toBe(10);
    selection.move(3, false);
    expect(chosen()).toEqual([40]);
    selection.move(-3, false);
    selection.move(-3, false);
    expect(selection.lead).toBe(10);
    selection.move('end', false);
    selection.move(1, false);
    expect(selection.lead).toBe(70);
  });

  it('goes down from the second to last row to the last photo, where there is none below', () => {
    selection.only(50);
    selection.move(3, false);
    expect(selection.lead).toBe(70);
  });

  it('grows and shrinks with Shift and the arrows', () => {
    selection.only(30);
    selection.move(1, true);
    selection.move(1, true);
    expect(chosen()).toEqual([30, 40, 50]);
    selection.move(-1, true);
    expect(chosen()).toEqual([30, 40]);
    selection.move('start', true);
    expect(chosen()).toEqual([10, 20, 30]);
  });

  it('keeps what is still in the view when that changes', () => {
    selection.click(20, plain);
    selection.click(60, ctrl);
    selection.viewed([10, 20, 30]);
    expect(chosen()).toEqual([20]);
    expect(selection.lead).toBe(20);
    selection.viewed([]);
    expect(selection.lead).toBeNull();
    selection.move(1, false);
    expect(chosen()).toEqual([]);
  });

  it('takes photos that were opened, as far as they are there', () => {
    selection.choose([30, 999, 50]);
    expect(chosen()).toEqual([30, 50]);
    expect(selection.lead).toBe(30);
    selection.move(1, true);
    expect(chosen()).toEqual([30, 40]);
  });
});

describe('a view that changes', () => {
  it('hides what is chosen, and shows it chosen again, unless something else was chosen meanwhile', () => {
    const selection = new Selection();
    selection.viewed([10, 20, 30]);
    selection.choose([20, 30]);
    expect(selection.toReveal).toBe(20);
    selection.viewed([10]);
    expect([...selection.chosen]).toEqual([]);
    selection.viewed([10, 20, 30]);
    expect([...selection.chosen]).toEqual([20, 30]);
    selection.viewed([10, 30]);
    selection.only(10);
    selection.viewed([10, 20, 30]);
    expect([...selection.chosen]).toEqual([10]);
    selection.stand(30);
    expect([selection.lead, [...selection.chosen]]).toEqual([30, [10]]);
  });
});
