import { drawLayer, tilePart, type LayerTile } from './draw-layer.ts';
import { photoRectangle, pixelAt, placed, spotAt, type Point, type Rectangle, type Size } from './geometry.ts';
import { loadTile, pictureKey, type PaneLayer, type TiledPicture } from './tiled-picture.ts';

const keptTiles = 64;

interface ExactTile {
  readonly abort: AbortController;
  /** Null until it has loaded, and for good if it cannot be. */
  bitmap: ImageBitmap | null;
}

export interface PixelValue {
  /** Column and row in the picture. */
  readonly at: Point;
  /** Red, green, blue, 0…255; null until the tile is there. */
  readonly rgb: readonly [number, number, number] | null;
}

/**
 * Pictures' pixels in full resolution around a spot, whatever the panes show: for the loupe and for reading values. What is asked for
 * is tracked: whoever got less than all is told when a tile arrives.
 */
export class ExactPixels {
  readonly #colours: 'raw' | 'shown';
  #arrivals = $state(0);
  /** In the order in which they were last needed. */
  readonly #tiles = new Map<string, ExactTile>();
  #one: OffscreenCanvasRenderingContext2D | null = null;

  constructor(colours: 'raw' | 'shown') {
    this.#colours = colours;
  }

  /** The pixel of the uppermost layer at a spot of the photo; null where there is none. */
  valueAt(layers: readonly PaneLayer[], spot: Point): PixelValue | null {
    const layer = layers.findLast(({ at }) => contains(at, spot));
    if (layer === undefined) return null;
    const { picture } = layer;
    const at = pixelAt(spotAt(spot, layer.at), picture.pyramid);
    if (at === null) return null;
    const { tileSide } = picture.pyramid;
    const tile = this.#tile(picture, Math.floor(at.x / tileSide), Math.floor(at.y / tileSide));
    return { at, rgb: tile === null ? null : this.#read(tile, at.x % tileSide, at.y % tileSide) };
  }

  /** Draws the surroundings of a spot into the middle of `pane`, at `scale` device pixels per pixel of the photo. */
  draw(context: CanvasRenderingContext2D, layers: readonly PaneLayer[], photo: Size, spot: Point, scale: number, pane: Size): void {
    const rectangle = photoRectangle({ ...spot, scale }, photo, pane);
    context.clearRect(0, 0, pane.width, pane.height);
    for (const layer of layers) drawLayer(context, layer, this.#tilesIn(layer, rectangle, pane), rectangle, pane);
  }

  close(): void {
    for (const key of this.#tiles.keys()) this.#forget(key);
  }

  #tilesIn(layer: PaneLayer, photo: Rectangle, pane: Size): LayerTile[] {
    const { picture, at } = layer;
    const { width, height, tileSide, levels } = picture.pyramid;
    const area = placed(at, photo);
    const from = spotAt({ x: 0, y: 0 }, area);
    const to = spotAt({ x: pane.width, y: pane.height }, area);
    const tiles: LayerTile[] = [];
    for (const row of tileNumbers(from.y, to.y, height, tileSide)) {
      for (const column of tileNumbers(from.x, to.x, width, tileSide)) {
        const bitmap = this.#tile(picture, column, row);
        if (bitmap !== null) tiles.push({ bitmap, part: tilePart(picture, levels.length - 1, column, row) });
      }
    }
    return tiles;
  }

  #tile(picture: TiledPicture, column: number, row: number): ImageBitmap | null {
    const tile = this.#known(picture, column, row);
    // Read only to be tracked.
    return this.#arrivals >= 0 ? tile.bitmap : null;
  }

  #known(picture: TiledPicture, column: number, row: number): ExactTile {
    const key = `${pictureKey(picture)} ${column} ${row}`;
    const known = this.#tiles.get(key);
    if (known !== undefined) {
      this.#tiles.delete(key);
      this.#tiles.set(key, known);
      return known;
    }
    const tile: ExactTile = { abort: new AbortController(), bitmap: null };
    this.#tiles.set(key, tile);
    loadTile(picture, { level: picture.pyramid.levels.length - 1, column, row }, this.#colours, tile.abort.signal).then(
      (bitmap) => {
        if (this.#tiles.get(key) !== tile) {
          bitmap.close();
          return;
        }
        tile.bitmap = bitmap;
        this.#arrivals += 1;
      },
      () => {
        // The panes tell what is wrong with the photo.
      },
    );
    const [oldest] = this.#tiles.keys();
    if (this.#tiles.size > keptTiles && oldest !== undefined) this.#forget(oldest);
    return tile;
  }

  #forget(key: string): void {
    const tile = this.#tiles.get(key);
    this.#tiles.delete(key);
    tile?.abort.abort();
    tile?.bitmap?.close();
  }

  #read(bitmap: ImageBitmap, x: number, y: number): readonly [number, number, number] {
    this.#one ??= new OffscreenCanvas(1, 1).getContext('2d', { willReadFrequently: true });
    if (this.#one === null) throw new Error('The browser has no canvas.');
    this.#one.clearRect(0, 0, 1, 1);
    this.#one.drawImage(bitmap, x, y, 1, 1, 0, 0, 1, 1);
    const [red = 0, green = 0, blue = 0] = this.#one.getImageData(0, 0, 1, 1).data;
    return [red, green, blue];
  }
}

const contains = ({ left, top, width, height }: Rectangle, { x, y }: Point): boolean =>
  x >= left && y >= top && x < left + width && y < top + height;

/** The tiles along one axis that hold what lies between two spots, and a tile's worth of neighbours for filters at the edges. */
function tileNumbers(from: number, to: number, length: number, tileSide: number): number[] {
  const first = Math.max(0, Math.floor((from * length - 3) / tileSide));
  const last = Math.min(Math.ceil(length / tileSide) - 1, Math.floor((to * length + 3) / tileSide));
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => first + index);
}
