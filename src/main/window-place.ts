import * as z from 'zod';

/** Where the window was, in screen pixels of the system's own scale. */
export const windowPlaceSchema = z.object({
  x: z.int(),
  y: z.int(),
  width: z.int().min(200).max(20_000),
  height: z.int().min(200).max(20_000),
  maximized: z.boolean(),
});
export type WindowPlace = z.infer<typeof windowPlaceSchema>;

interface Rectangle {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export const smallestWindow = { width: 880, height: 600 };
const firstWindow = { width: 1280, height: 800 };
/** So much of the window must be on a screen for a person to get hold of it. */
const graspable = 80;

/**
 * Where the window goes: where it was, if a screen is still there; otherwise the first size, in the middle of the screen (no x
 * and y). Never larger than the largest screen.
 */
export function placeWindow(stored: unknown, workAreas: readonly Rectangle[]): Partial<WindowPlace> & { width: number; height: number } {
  const read = windowPlaceSchema.safeParse(stored);
  const place = read.success ? read.data : null;
  const largest = (side: 'width' | 'height'): number => Math.max(...workAreas.map((area) => area[side]));
  const width = Math.min(place?.width ?? firstWindow.width, largest('width'));
  const height = Math.min(place?.height ?? firstWindow.height, largest('height'));
  if (place === null || !workAreas.some((area) => overlap(place, area) >= graspable)) return { width, height };
  return { ...place, width, height };
}

/** The smaller side of what two rectangles share. */
function overlap(a: Rectangle, b: Rectangle): number {
  const across = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x);
  const down = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y);
  return Math.min(across, down);
}
