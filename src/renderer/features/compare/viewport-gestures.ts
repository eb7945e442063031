import OpenSeadragon from 'openseadragon';
import type { Attachment } from 'svelte/attachments';
import type { Point } from './geometry.ts';

interface ViewportGestures {
  /** All points are in CSS pixels of the element. */
  readonly press: (at: Point) => void;
  readonly drag: (at: Point, by: Point) => void;
  readonly release: () => void;
  /** `factor` times larger, about `at`; `by` is how far the fingers moved. */
  readonly zoom: (at: Point, factor: number, by: Point) => void;
  readonly hover: (at: Point | null) => void;
  readonly doubleClick: (at: Point) => void;
}

/** Zoom per CSS pixel that a wheel turns; trackpads report pinches as a wheel with Ctrl held, in much smaller steps. */
const wheelZoom = 0.0018;
const pinchZoom = 0.01;
const pixelsPerLine = 33;

/** Turns mouse, pen, touch and wheel in the viewport into gestures. */
export const viewportGestures =
  (gestures: ViewportGestures): Attachment<HTMLElement> =>
  (element) => {
    const tracker = new OpenSeadragon.MouseTracker({
      element,
      pressHandler: ({ position }) => gestures.press(position),
      dragHandler: ({ position, delta }) => gestures.drag(position, delta),
      dragEndHandler: () => gestures.release(),
      pinchHandler: ({ center, lastCenter, distance, lastDistance }) =>
        gestures.zoom(center, distance / lastDistance, { x: center.x - lastCenter.x, y: center.y - lastCenter.y }),
      moveHandler: ({ position }) => gestures.hover(position),
      leaveHandler: () => gestures.hover(null),
      dblClickHandler: ({ position }) => gestures.doubleClick(position),
    });
    const wheel = (event: WheelEvent): void => {
      event.preventDefault();
      const { left, top } = element.getBoundingClientRect();
      const turned = event.deltaMode === WheelEvent.DOM_DELTA_PIXEL ? event.deltaY : event.deltaY * pixelsPerLine;
      const factor = Math.exp(-turned * (event.ctrlKey ? pinchZoom : wheelZoom));
      gestures.zoom({ x: event.clientX - left, y: event.clientY - top }, factor, { x: 0, y: 0 });
    };
    element.addEventListener('wheel', wheel, { passive: false });
    return () => {
      element.removeEventListener('wheel', wheel);
      tracker.destroy();
    };
  };
