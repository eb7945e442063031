import { describe, expect, it } from 'vitest';
import { dividerAfter, dividerAt, dividerCentre } from '../../../../src/renderer/features/compare/divider.ts';

describe('the divider', () => {
  it('follows the pointer and stays on the pane', () => {
    expect(dividerAt(320, 1280)).toBe(0.25);
    expect(dividerAt(-40, 1280)).toBe(0);
    expect(dividerAt(2000, 1280)).toBe(1);
    expect(dividerAt(10, 0)).toBe(dividerCentre);
  });

  it('moves by keys as a slider does', () => {
    expect(dividerAfter('ArrowRight', false, 0.5)).toBeCloseTo(0.51);
    expect(dividerAfter('ArrowLeft', true, 0.5)).toBeCloseTo(0.4);
    expect(dividerAfter('ArrowLeft', true, 0.05)).toBe(0);
    expect(dividerAfter('Home', false, 0.5)).toBe(0);
    expect(dividerAfter('End', false, 0.5)).toBe(1);
    expect(dividerAfter('Enter', false, 0.9)).toBe(dividerCentre);
    expect(dividerAfter('m', false, 0.5)).toBeNull();
  });
});
