import type { CompareMode } from './modes.ts';
import type { Rectangle, Size } from './geometry.ts';

/** Between two panes, in device pixels. */
const gap = 2;

export interface PaneLayout {
  /** The same for every pane, so that all show the same spot in the same place. Device pixels. */
  readonly pane: Size;
  readonly before: Rectangle;
  readonly after: Rectangle;
  readonly arrangement: 'stacked' | 'beside' | 'below';
}

/** Where the two panes lie on the stage: over each other, or beside or below each other, whichever shows more of the photo. */
export function paneLayout(stage: Size, mode: CompareMode, photo: Size): PaneLayout {
  if (mode !== 'side-by-side') {
    const whole = { left: 0, top: 0, ...stage };
    return { pane: stage, before: whole, after: whole, arrangement: 'stacked' };
  }
  const beside = { width: half(stage.width), height: stage.height };
  const below = { width: stage.width, height: half(stage.height) };
  const fits = (pane: Size): number => Math.min(pane.width / photo.width, pane.height / photo.height);
  return fits(beside) >= fits(below)
    ? {
        pane: beside,
        before: { left: 0, top: 0, ...beside },
        after: { left: stage.width - beside.width, top: 0, ...beside },
        arrangement: 'beside',
      }
    : {
        pane: below,
        before: { left: 0, top: 0, ...below },
        after: { left: 0, top: stage.height - below.height, ...below },
        arrangement: 'below',
      };
}

const half = (length: number): number => Math.max(0, Math.floor((length - gap) / 2));
