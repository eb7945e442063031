import { describe, expect, it } from 'vitest';
import { cellLayout, paneLayout } from '../../../../src/renderer/features/compare/pane-layout.ts';

const landscape = { width: 6000, height: 4000 };
const portrait = { width: 4000, height: 6000 };

describe('paneLayout', () => {
  it('stacks the panes in every mode but one', () => {
    for (const mode of ['wipe', 'flip', 'difference'] as const) {
      const { before, after, pane } = paneLayout({ width: 1281, height: 719 }, mode, landscape);
      expect(before).toEqual(after);
      expect(pane).toEqual({ width: 1281, height: 719 });
    }
  });

  it('gives both panes the same size on whole pixels, whatever the viewport', () => {
    for (const width of [1280, 1281, 1282, 1283]) {
      const { before, after, pane } = paneLayout({ width, height: 719 }, 'side-by-side', portrait);
      expect(Number.isInteger(pane.width)).toBe(true);
      expect([before.width, before.height]).toEqual([after.width, after.height]);
      expect(after.left + after.width).toBe(width);
      expect(after.left).toBeGreaterThan(before.width);
    }
  });

  it('puts them beside or below each other, whichever shows more', () => {
    expect(paneLayout({ width: 1280, height: 720 }, 'side-by-side', portrait).arrangement).toBe('beside');
    expect(paneLayout({ width: 900, height: 1200 }, 'side-by-side', landscape).arrangement).toBe('below');
    expect(paneLayout({ width: 1, height: 1 }, 'side-by-side', landscape).pane).toEqual({ width: 0, height: 1 });
  });
});

describe('cellLayout', () => {
  const room = { spacing: 8, heading: 36, least: 200 };

  it('makes cells as large as the viewport allows, and no larger than a picture that fills them', () => {
    const { columns, cell } = cellLayout({ width: 1000, height: 700 }, 6, { width: 96, height: 64 }, room);
    expect(columns).toBe(3);
    expect(cell.width / cell.height).toBeCloseTo(1.5, 1);
    expect(cell.width * 3 + room.spacing * 4).toBeLessThanOrEqual(1000);
    expect((cell.height + room.heading) * 2 + room.spacing * 3).toBeLessThanOrEqual(700);
  });

  it('leaves room for a heading over a narrow picture', () => {
    expect(cellLayout({ width: 1000, height: 500 }, 2, { width: 10, height: 400 }, room).cell.width).toBe(200);
  });
});
