import type { Attachment } from 'svelte/attachments';
import type { Size } from './geometry.ts';

/** Tells an element's size in whole device pixels, now and whenever it, the zoom of the page, or the screen changes. */
export const measured =
  (tell: (size: Size, density: number) => void): Attachment<HTMLElement> =>
  (element) => {
    const observer = new ResizeObserver(([entry]) => {
      const [box] = entry?.devicePixelContentBoxSize ?? [];
      if (box !== undefined) tell({ width: box.inlineSize, height: box.blockSize }, devicePixelRatio);
    });
    observer.observe(element, { box: 'device-pixel-content-box' });
    return () => observer.disconnect();
  };
