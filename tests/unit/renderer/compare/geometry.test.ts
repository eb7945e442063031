import { describe, expect, it } from 'vitest';
import {
  clampView,
  fitScale,
  largestScale,
  nextScale,
  panBy,
  photoRectangle,
  pixelAt,
  restingScale,
  spotAt,
  viewBetween,
  visiblePart,
  wholePhoto,
  zoomAbout,
  type View,
} from '../../../../src/renderer/features/compare/geometry.ts';

const photo = { width: 6000, height: 4000 };
const pane = { width: 1280, height: 720 };

describe('photoRectangle', () => {
  it('shows the whole photo in the middle, and never larger than it is', () => {
    expect(fitScale(photo, pane)).toBeCloseTo(0.18);
    expect(photoRectangle(wholePhoto, photo, pane)).toEqual({ left: 100, top: 0, width: 1080, height: 720 });
    expect(photoRectangle(wholePhoto, { width: 300, height: 200 }, pane)).toEqual({ left: 490, top: 260, width: 300, height: 200 });
  });

  it('enlarges a picture to fit where it may be', () => {
    expect(fitScale({ width: 300, height: 200, fitsUpTo: 32 }, pane)).toBeCloseTo(3.6);
    expect(clampView({ x: 0.1, y: 0.9, scale: 2 }, { width: 300, height: 200, fitsUpTo: 32 }, pane)).toEqual(wholePhoto);
  });

  it('puts every pixel of the photo on whole pixels of the screen at whole scales, wherever it is', () => {
    for (const odd of [{ width: 1281, height: 719 }, pane]) {
      for (const scale of [1, 2, 8]) {
        for (const x of [0.3, 1 / 3, 0.500_01, 0.7123]) {
          const { left, top, width } = photoRectangle({ x, y: x, scale }, photo, odd);
          expect([left, top].map(Number.isInteger)).toEqual([true, true]);
          expect(width).toBe(photo.width * scale);
        }
      }
    }
  });
});

describe('spots', () => {
  it('go to the screen and back', () => {
    const view: View = { x: 0.4, y: 0.6, scale: 2 };
    const rectangle = photoRectangle(view, photo, pane);
    const spot = spotAt({ x: 640, y: 360 }, rectangle);
    expect(spot.x).toBeCloseTo(0.4, 4);
    expect(spot.y).toBeCloseTo(0.6, 4);
  });

  it('name the pixel of either picture, and none outside', () => {
    const small = { width: 1500, height: 1000 };
    expect(pixelAt({ x: 4001.5 / 6000, y: 0 }, photo)).toEqual({ x: 4001, y: 0 });
    expect(pixelAt({ x: 4001.5 / 6000, y: 0 }, small)).toEqual({ x: 1000, y: 0 });
    expect(pixelAt({ x: 1, y: 0.5 }, photo)).toBeNull();
    expect(pixelAt({ x: -0.000_01, y: 0.5 }, photo)).toBeNull();
  });
});

describe('clampView', () => {
  it('keeps photo in the pane where there is photo', () => {
    expect(clampView({ x: 0, y: 1, scale: 1 }, photo, pane)).toEqual({ x: 640 / 6000, y: 1 - 360 / 4000, scale: 1 });
    expect(photoRectangle(clampView({ x: 0, y: 0, scale: 1 }, photo, pane), photo, pane)).toMatchObject({ left: 0, top: 0 });
  });

  it('centres the axis that fits', () => {
    const wide = { width: 6000, height: 300 };
    expect(clampView({ x: 0.5, y: 0.9, scale: 1 }, wide, pane).y).toBe(0.5);
  });

  it('is as large as fits below that, and bounded above', () => {
    expect(clampView({ x: 0.5, y: 0.5, scale: 0.01 }, photo, pane).scale).toBeNull();
    expect(clampView({ x: 0.5, y: 0.5, scale: 1000 }, photo, pane).scale).toBe(largestScale);
  });
});

describe('panBy', () => {
  it('moves by exactly the device pixels asked for', () => {
    const view: View = { x: 0.5, y: 0.5, scale: 2 };
    const [before, after] = [view, panBy(view, { x: 17, y: -5 }, photo, pane)].map((some) => photoRectangle(some, photo, pane));
    expect([(after?.left ?? 0) - (before?.left ?? 0), (after?.top ?? 0) - (before?.top ?? 0)]).toEqual([17, -5]);
  });
});

describe('zoomAbout', () => {
  it('leaves the spot under the pointer where it is', () => {
    const anchor = { x: 900, y: 200 };
    const view: View = { x: 0.5, y: 0.5, scale: 1 };
    const before = spotAt(anchor, photoRectangle(view, photo, pane));
    for (const scale of [1.7, 2, 8, 0.4]) {
      const after = spotAt(anchor, photoRectangle(zoomAbout(view, anchor, scale, photo, pane), photo, pane));
      // Corners are put on whole pixels: half a pixel is the most that a spot moves.
      expect(Math.abs(after.x - before.x) * photo.width * scale).toBeLessThanOrEqual(1);
      expect(Math.abs(after.y - before.y) * photo.height * scale).toBeLessThanOrEqual(1);
    }
  });
});

describe('zoom steps', () => {
  it('go through 100 %, 200 % and 800 % both ways', () => {
    const up: number[] = [];
    for (let scale = 0.18; scale < largestScale; scale = nextScale(scale, 'in')) up.push(scale);
    expect(up).toEqual(expect.arrayContaining([1, 2, 8]));
    expect(nextScale(0.97, 'in')).toBe(1);
    expect(nextScale(1, 'in')).toBe(2);
    expect(nextScale(2, 'out')).toBe(1);
    expect(nextScale(largestScale, 'in')).toBe(largestScale);
  });

  it('are whole numbers from 1 on', () => {
    for (let scale = 1; scale < largestScale; scale = nextScale(scale, 'in')) expect(Number.isInteger(scale)).toBe(true);
  });

  it('rest where pixels are exact', () => {
    expect([0.96, 1.05, 2.1, 7.7].map(restingScale)).toEqual([1, 1, 2, 8]);
    expect(restingScale(1.3)).toBe(1.3);
  });
});

describe('another photo', () => {
  it('shows the same part of it at the same scale', () => {
    const view: View = { x: 0.25, y: 0.75, scale: 2 };
    const other = { width: 4000, height: 6000 };
    const there = clampView(view, other, pane);
    expect(there).toEqual(view);
    const part = visiblePart(there, other, pane);
    expect(part.left + part.width / 2).toBeCloseTo(0.25, 3);
    expect(part.top + part.height / 2).toBeCloseTo(0.75, 3);
  });
});

describe('viewBetween', () => {
  it('keeps the spot that a zoom is about in its place all the way', () => {
    const from: View = { x: 0.5, y: 0.5, scale: 0.5 };
    const anchor = { x: 1000, y: 500 };
    const to = zoomAbout(from, anchor, 8, photo, pane);
    const spot = spotAt(anchor, photoRectangle(from, photo, pane));
    for (const progress of [0.1, 0.35, 0.8]) {
      const view = viewBetween(from, to, progress, photo, pane);
      const now = spotAt(anchor, photoRectangle(view, photo, pane));
      expect(Math.abs(now.x - spot.x) * photo.width * (view.scale ?? 0)).toBeLessThan(2);
    }
    expect(viewBetween(from, to, 1, photo, pane)).toBe(to);
  });

  it('pans at one scale, and ends at what fits', () => {
    const [from, to]: View[] = [
      { x: 0.2, y: 0.2, scale: 1 },
      { x: 0.6, y: 0.4, scale: 1 },
    ];
    expect(from && to && viewBetween(from, to, 0.5, photo, pane)).toEqual({ x: 0.4, y: 0.30000000000000004, scale: 1 });
    expect(viewBetween({ x: 0.5, y: 0.5, scale: 1 }, wholePhoto, 1, photo, pane)).toBe(wholePhoto);
  });
});
