import OpenSeadragon from 'openseadragon';
import { tilePart } from './draw-layer.ts';
import { loadTile, type PaneLayer } from './tiled-picture.ts';

// OpenSeadragon forgets decoded tiles without freeing them, and their memory is outside what the garbage collector sees.
OpenSeadragon.converter.learnDestroy('imageBitmap', (bitmap: ImageBitmap) => bitmap.close());

/** A layer as OpenSeadragon asks for it. The numbers of tiles are those of the pyramid, whichever way it rounds its levels' sizes. */
export class PyramidSource extends OpenSeadragon.TileSource {
  /** Read for every frame; another layer of the same picture may take its place. */
  layer: PaneLayer;

  constructor(layer: PaneLayer) {
    const { width, height, tileSide, levels } = layer.picture.pyramid;
    super({ width, height, tileSize: tileSide, tileOverlap: 0, minLevel: 0, maxLevel: levels.length - 1, ready: true });
    this.layer = layer;
  }

  override getNumTiles(level: number): OpenSeadragon.Point {
    const { tileSide } = this.layer.picture.pyramid;
    const { width, height } = this.#level(level);
    return new OpenSeadragon.Point(Math.ceil(width / tileSide), Math.ceil(height / tileSide));
  }

  override getTileAtPoint(level: number, point: OpenSeadragon.Point): OpenSeadragon.Tile {
    const { tileSide } = this.layer.picture.pyramid;
    const [size, count] = [this.#level(level), this.getNumTiles(level)];
    const column = Math.min(count.x - 1, Math.floor((point.x * size.width) / tileSide));
    const row = Math.min(count.y - 1, Math.floor((point.y * this.aspectRatio * size.height) / tileSide));
    // Declared as a tile; it is, and is used as, the tile's column and row.
    return new OpenSeadragon.Point(column, row) as unknown as OpenSeadragon.Tile;
  }

  /** OpenSeadragon measures heights in widths of the picture, too. */
  override getTileBounds(level: number, x: number, y: number, isSource?: boolean): OpenSeadragon.Rect {
    const part = tilePart(this.layer.picture, level, x, y);
    const { width, height } = this.#level(level);
    if (isSource === true) return new OpenSeadragon.Rect(0, 0, Math.round(part.width * width), Math.round(part.height * height));
    return new OpenSeadragon.Rect(part.left, part.top / this.aspectRatio, part.width, part.height / this.aspectRatio);
  }

  override getTileUrl(level: number, x: number, y: number): string {
    const { id, version } = this.layer.picture;
    return [id, version, level, x, y].map(String).join('/');
  }

  override hasTransparency(): boolean {
    return false;
  }

  override downloadTileStart(job: OpenSeadragon.ImageJob): void {
    const abort = new AbortController();
    job.userData = abort;
    const { level, x, y } = job.tile;
    loadTile(this.layer.picture, { level, column: x, row: y }, 'shown', abort.signal).then(
      (bitmap) => job.finish(bitmap, null, 'imageBitmap'),
      (error: unknown) => {
        if (!abort.signal.aborted) job.fail(String(error), null);
      },
    );
  }

  override downloadTileAbort(job: OpenSeadragon.ImageJob): void {
    (job.userData as AbortController).abort();
  }

  #level(level: number): { readonly width: number; readonly height: number } {
    return this.layer.picture.pyramid.levels[level] ?? this.layer.picture.pyramid;
  }
}
