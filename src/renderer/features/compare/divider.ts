/** The wipe's divider stands at 0…1 of the pane's width. */
export const dividerCentre = 0.5;

export const dividerAt = (x: number, paneWidth: number): number =>
  paneWidth > 0 ? Math.min(Math.max(x / paneWidth, 0), 1) : dividerCentre;

/** Where a key moves the divider (as a slider: ARIA authoring practices); null for keys that do not. */
export function dividerAfter(key: string, large: boolean, divider: number): number | null {
  const step = large ? 0.1 : 0.01;
  switch (key) {
    case 'ArrowLeft':
    case 'ArrowDown':
      return Math.max(0, divider - step);
    case 'ArrowRight':
    case 'ArrowUp':
      return Math.min(1, divider + step);
    case 'PageDown':
      return Math.max(0, divider - 0.1);
    case 'PageUp':
      return Math.min(1, divider + 0.1);
    case 'Home':
      return 0;
    case 'End':
      return 1;
    case 'Enter':
      return dividerCentre;
    default:
      return null;
  }
}
