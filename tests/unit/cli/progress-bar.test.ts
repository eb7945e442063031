import { expect, it } from 'vitest';
import { ProgressBar } from '../../../src/cli/progress-bar.ts';
import type { JsonEvent } from '../../../src/shared/json-events.ts';

it('says what of the first tile is computed, and then how fast it is', () => {
  let shown = '';
  const bar = new ProgressBar({ out: () => undefined, error: (text) => (shown = text), columns: () => 100 });
  const tell = (more: Partial<Extract<JsonEvent, { event: 'progress' }>>): string => {
    bar.show(
      {
        ...{ event: 'progress', index: 0, source: 'a.jpg', stage: 'enhance', fraction: 0.01, batchFraction: 0.01 },
        ...{ pixelsPerSecond: 0, secondsLeft: null, batchSecondsLeft: null, ...more },
      },
      1,
    );
    return shown;
  };
  expect(tell({ provider: 'cpu' })).toContain('preparing');
  expect(tell({ face: { number: 2, count: 5 } })).toContain('restoring face 2 of 5');
  // However soon it comes: it may stand there for half a minute.
  expect(tell({ tileStage: 'encoder' })).toContain('reading a tile');
  expect(tell({ tileStage: 'decoder' })).toContain('drawing the tile');
  expect(tell({ tileStage: 'encoder', pixelsPerSecond: 8000 })).toContain('drawing the tile');
  bar.clear();
  expect(tell({ tileStage: 'encoder', pixelsPerSecond: 8000 })).not.toContain('tile');
});
