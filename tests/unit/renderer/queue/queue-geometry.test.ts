import { describe, expect, it } from 'vitest';
import { dropIndex, rowHeight, rowsInView } from '../../../../src/renderer/features/queue/queue-geometry.ts';

describe('the rows of the queue', () => {
  it('are drawn where they are in view, and some more', () => {
    expect(rowsInView(1000, { top: 0, height: 5 * rowHeight }, 0)).toEqual({ from: 0, to: 5 });
    expect(rowsInView(1000, { top: 10.5 * rowHeight, height: 5 * rowHeight }, 2)).toEqual({ from: 8, to: 18 });
    expect(rowsInView(3, { top: 0, height: 5 * rowHeight }, 2)).toEqual({ from: 0, to: 3 });
  });

  it('take what is dropped at the closest gap', () => {
    expect(dropIndex(0.4 * rowHeight, 10)).toBe(0);
    expect(dropIndex(0.6 * rowHeight, 10)).toBe(1);
    expect(dropIndex(99 * rowHeight, 10)).toBe(10);
    expect(dropIndex(-40, 10)).toBe(0);
  });
});
