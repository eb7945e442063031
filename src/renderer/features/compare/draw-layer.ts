import { placed, type Rectangle, type Size } from './geometry.ts';
import type { PaneLayer, TiledPicture } from './tiled-picture.ts';

type Context = CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D;

export interface LayerTile {
  readonly bitmap: ImageBitmap;
  /** The part of the picture that it holds, in 0…1. */
  readonly part: Rectangle;
}

interface PlacedTile {
  readonly bitmap: ImageBitmap;
  readonly at: Rectangle;
}

/** The part of a picture that a tile of its pyramid holds, in 0…1 of the picture's width and height. */
export function tilePart(picture: TiledPicture, level: number, column: number, row: number): Rectangle {
  const { tileSide, levels } = picture.pyramid;
  const { width, height } = levels[level] ?? picture.pyramid;
  const [left, top] = [(column * tileSide) / width, (row * tileSide) / height];
  return { left, top, width: Math.min(1, left + tileSide / width) - left, height: Math.min(1, top + tileSide / height) - top };
}

/**
 * Draws tiles of a layer, coarse ones first, where the whole photo covers `photo` (device pixels). Edges of tiles are put on whole
 * device pixels: at 100 %, 200 %, 800 % every pixel becomes a square of 1, 4, 64 device pixels of exactly its colour, and there
 * are no seams. A picture that is to be enlarged smoothly is put together at its own resolution first and enlarged in one go, so that
 * the blending knows no tiles.
 */
export function drawLayer(
  context: CanvasRenderingContext2D,
  layer: PaneLayer,
  tiles: readonly LayerTile[],
  photo: Rectangle,
  pane: Size,
): void {
  const area = placed(layer.at, photo);
  const { width } = layer.picture.pyramid;
  const scale = area.width / width;
  if (scale > 1 && layer.enlarged === 'smooth') {
    drawSmooth(context, tiles, area, layer.picture.pyramid, pane);
  } else {
    const at = tiles.map(({ bitmap, part }) => ({ bitmap, at: placed(part, area) }));
    drawTiles(context, at, scale < 1);
  }
}

/** What the filter of an enlargement looks at beyond what is seen, in pixels of the picture. */
const margin = 3;
const scratches = new Map<PredefinedColorSpace, OffscreenCanvas>();

/** One for all panes: it is filled and used up within a frame. */
function scratchFor(colorSpace: PredefinedColorSpace, { width, height }: Size): OffscreenCanvasRenderingContext2D {
  let canvas = scratches.get(colorSpace);
  if (canvas === undefined) {
    canvas = new OffscreenCanvas(width, height);
    scratches.set(colorSpace, canvas);
  }
  // Setting its size clears it.
  [canvas.width, canvas.height] = [width, height];
  const context = canvas.getContext('2d', { colorSpace });
  if (context === null) throw new Error('The browser has no canvas.');
  return context;
}

function drawSmooth(context: CanvasRenderingContext2D, tiles: readonly LayerTile[], area: Rectangle, picture: Size, pane: Size): void {
  const [x, y] = [area.width / picture.width, area.height / picture.height];
  const left = Math.max(0, Math.floor(-area.left / x) - margin);
  const top = Math.max(0, Math.floor(-area.top / y) - margin);
  const width = Math.min(picture.width, Math.ceil((pane.width - area.left) / x) + margin) - left;
  const height = Math.min(picture.height, Math.ceil((pane.height - area.top) / y) + margin) - top;
  if (width <= 0 || height <= 0) return;
  const own = scratchFor(context.getContextAttributes().colorSpace ?? 'srgb', { width, height });
  const whole: Rectangle = { left: -left, top: -top, width: picture.width, height: picture.height };
  const inOwnPixels = tiles.map(({ bitmap, part }) => ({ bitmap, at: placed(part, whole) }));
  drawTiles(own, inOwnPixels, true);
  context.imageSmoothingEnabled = true;
  // Browsers enlarge with a bicubic filter at this quality.
  context.imageSmoothingQuality = 'high';
  context.drawImage(own.canvas, area.left + left * x, area.top + top * y, width * x, height * y);
}

function drawTiles(context: Context, tiles: readonly PlacedTile[], smooth: boolean): void {
  context.imageSmoothingEnabled = smooth;
  context.imageSmoothingQuality = 'medium';
  for (const { bitmap, at } of tiles) {
    const { left, top, width, height } = onWholePixels(at);
    if (width === 0 || height === 0) continue;
    // Coarser tiles, drawn before, must not shine through transparent pixels.
    context.clearRect(left, top, width, height);
    context.drawImage(bitmap, left, top, width, height);
  }
}

export function onWholePixels({ left, top, width, height }: Rectangle): Rectangle {
  const [x, y] = [Math.round(left), Math.round(top)];
  return { left: x, top: y, width: Math.round(left + width) - x, height: Math.round(top + height) - y };
}
