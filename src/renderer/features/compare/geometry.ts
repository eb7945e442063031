/** Pixels, of whatever the name says. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Rectangle extends Size {
  readonly left: number;
  readonly top: number;
}

/** A picture that is looked at: it is fitted into a pane at most so many times as large as it is, once where it does not say. */
export interface Shown extends Size {
  readonly fitsUpTo?: number;
}

/**
 * Where a person looks, the same for every pane and independent of its size: the spot in the middle of the pane, in 0…1 of the
 * photo's width and height, and device pixels per pixel of the photo. Null: as large as fits (see {@link Shown}).
 */
export interface View {
  readonly x: number;
  readonly y: number;
  readonly scale: number | null;
}

export const wholePhoto: View = { x: 0.5, y: 0.5, scale: null };
export const largestScale = 32;

/** Where zooming stops by key. From 1 on all are whole numbers, so that every pixel becomes a square of the same size. */
const steps = [1 / 64, 1 / 32, 1 / 16, 1 / 8, 1 / 6, 1 / 4, 1 / 3, 1 / 2, 2 / 3, 1, 2, 3, 4, 6, 8, 12, 16, 24, 32];
/** Where zooming by wheel or pinch rests. */
const rests = [1, 2, 4, 8, 16, 32];
/** How near to a rest, in powers of two: about 6 %. */
const pull = 0.08;

const clamp = (value: number, least: number, most: number): number => Math.min(Math.max(value, least), most);

export const fitScale = (photo: Shown, pane: Size): number =>
  Math.min(photo.fitsUpTo ?? 1, pane.width / photo.width, pane.height / photo.height);

export const scaleOf = (view: View, photo: Shown, pane: Size): number => view.scale ?? fitScale(photo, pane);

/**
 * The rectangle that the whole photo covers, in device pixels of the pane. Its corner lies on a whole pixel: at scales of 1, 2, 3 …
 * every pixel of the photo therefore covers whole pixels of the screen. A picture of the same photo in any other resolution covers
 * the same rectangle.
 */
export function photoRectangle(view: View, photo: Shown, pane: Size): Rectangle {
  const scale = scaleOf(view, photo, pane);
  const [width, height] = [photo.width * scale, photo.height * scale];
  return { left: Math.round(pane.width / 2 - view.x * width), top: Math.round(pane.height / 2 - view.y * height), width, height };
}

/** The spot under a point of the pane, in 0…1 of the photo; outside the photo it is outside 0…1. */
export const spotAt = (point: Point, rectangle: Rectangle): Point => ({
  x: (point.x - rectangle.left) / rectangle.width,
  y: (point.y - rectangle.top) / rectangle.height,
});

/** The pixel of a picture that holds a spot, or null outside the photo. */
export function pixelAt(spot: Point, picture: Size): Point | null {
  const [x, y] = [Math.floor(spot.x * picture.width), Math.floor(spot.y * picture.height)];
  return x < 0 || y < 0 || x >= picture.width || y >= picture.height ? null : { x, y };
}

const clampCentre = (centre: number, shown: number): number => (shown >= 1 ? 0.5 : clamp(centre, shown / 2, 1 - shown / 2));

/** The nearest view that shows no margin where there is photo to show, and is neither too large nor smaller than what fits. */
export function clampView(view: View, photo: Shown, pane: Size): View {
  const wanted = view.scale === null ? null : Math.min(view.scale, largestScale);
  const scale = wanted === null || wanted <= fitScale(photo, pane) ? null : wanted;
  const shown = scale ?? fitScale(photo, pane);
  return {
    x: clampCentre(view.x, pane.width / (photo.width * shown)),
    y: clampCentre(view.y, pane.height / (photo.height * shown)),
    scale,
  };
}

/** Moves the photo by device pixels: positive `x` moves it to the right. */
export function panBy(view: View, by: Point, photo: Shown, pane: Size): View {
  const scale = scaleOf(view, photo, pane);
  const moved = { x: view.x - by.x / (photo.width * scale), y: view.y - by.y / (photo.height * scale), scale: view.scale };
  return clampView(moved, photo, pane);
}

/** Changes the scale while the spot under `anchor` (device pixels of the pane) stays there, as far as {@link clampView} lets it. */
export function zoomAbout(view: View, anchor: Point, scale: number, photo: Shown, pane: Size): View {
  const spot = spotAt(anchor, photoRectangle(view, photo, pane));
  const wanted = clamp(scale, fitScale(photo, pane), largestScale);
  return clampView(
    {
      x: spot.x - (anchor.x - pane.width / 2) / (photo.width * wanted),
      y: spot.y - (anchor.y - pane.height / 2) / (photo.height * wanted),
      scale: wanted,
    },
    photo,
    pane,
  );
}

/** The next step in or out; at the ends, the end. */
export function nextScale(scale: number, direction: 'in' | 'out'): number {
  const tolerance = 1.001;
  if (direction === 'in') return steps.find((step) => step > scale * tolerance) ?? largestScale;
  return steps.findLast((step) => step < scale / tolerance) ?? 0;
}

/** 1, 2, 4 … where a continuous zoom comes near to it: pixels are exact there. */
export const restingScale = (scale: number): number => rests.find((rest) => Math.abs(Math.log2(scale / rest)) < pull) ?? scale;

/** The part of the photo that the pane shows, in 0…1. */
export function visiblePart(view: View, photo: Shown, pane: Size): Rectangle {
  const rectangle = photoRectangle(view, photo, pane);
  const from = spotAt({ x: 0, y: 0 }, rectangle);
  const to = spotAt({ x: pane.width, y: pane.height }, rectangle);
  const [left, top] = [clamp(from.x, 0, 1), clamp(from.y, 0, 1)];
  return { left, top, width: clamp(to.x, 0, 1) - left, height: clamp(to.y, 0, 1) - top };
}

/** `part` is in 0…1 of `whole`: where it lies in what `whole` is measured in. */
export const placed = (part: Rectangle, whole: Rectangle): Rectangle => ({
  left: whole.left + part.left * whole.width,
  top: whole.top + part.top * whole.height,
  width: part.width * whole.width,
  height: part.height * whole.height,
});

/** A view on the way from one to another: the scale moves evenly to the eye, and a spot that both show in the same place stays there. */
export function viewBetween(from: View, to: View, progress: number, photo: Shown, pane: Size): View {
  if (progress >= 1) return to;
  const [start, end] = [scaleOf(from, photo, pane), scaleOf(to, photo, pane)];
  const scale = start * (end / start) ** progress;
  // With the scale the inverse moves on; along it, the centre of a zoom about a fixed spot moves in a straight line.
  const share = start === end ? progress : (1 / scale - 1 / start) / (1 / end - 1 / start);
  return { x: from.x + (to.x - from.x) * share, y: from.y + (to.y - from.y) * share, scale };
}
