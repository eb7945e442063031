import OpenSeadragon from 'openseadragon';
import { drawLayer, onWholePixels, tilePart, type LayerTile } from './draw-layer.ts';
import type { Rectangle, Size } from './geometry.ts';
import type { PaneLayer } from './tiled-picture.ts';
import { PyramidSource } from './pyramid-source.ts';

/** What a pane shows, read again for every frame. Everything is in device pixels of the pane. */
export interface Scene {
  readonly pane: Size;
  /** Where the whole photo lies. */
  readonly photo: Rectangle;
}

/**
 * Draws the tiles that OpenSeadragon chose, with the guarantees of {@link drawLayer}. OpenSeadragon's own drawers do not give them:
 * they enlarge every tile by a pixel to hide seams.
 */
export const pixelDrawer = (scene: () => Scene, colours: PredefinedColorSpace): OpenSeadragon.DrawerConstructor =>
  class PixelDrawer extends OpenSeadragon.DrawerBase {
    // Assigned while the base class is still being constructed, which a field of its own would undo.
    declare context: CanvasRenderingContext2D;

    static override isSupported(): boolean {
      return true;
    }

    override getType(): string {
      return 'pixels';
    }

    override getSupportedDataFormats(): string[] {
      return ['imageBitmap'];
    }

    override canRotate(): boolean {
      return false;
    }

    override setImageSmoothingEnabled(): void {
      // Decided for every frame and layer.
    }

    /** Part of OpenSeadragon's interface for drawers, though not of its types. */
    _createDrawingElement(): HTMLCanvasElement {
      const canvas = document.createElement('canvas');
      const context = canvas.getContext('2d', { colorSpace: colours });
      if (context === null) throw new Error('The browser has no canvas.');
      this.context = context;
      return canvas;
    }

    override destroy(): void {
      super.destroy();
      [this.canvas.width, this.canvas.height] = [0, 0];
      this.canvas.remove();
    }

    draw(images: readonly OpenSeadragon.TiledImage[]): void {
      const { pane, photo } = scene();
      const { canvas, context } = this;
      if (canvas.width !== pane.width || canvas.height !== pane.height) [canvas.width, canvas.height] = [pane.width, pane.height];
      context.clearRect(0, 0, pane.width, pane.height);
      context.save();
      const inside = onWholePixels(photo);
      context.beginPath();
      context.rect(inside.left, inside.top, inside.width, inside.height);
      context.clip();
      for (const image of images) {
        const { source } = image;
        if (source instanceof PyramidSource) drawLayer(context, source.layer, this.tilesOf(image, source.layer), photo, pane);
      }
      context.restore();
    }

    tilesOf(image: OpenSeadragon.TiledImage, { picture }: PaneLayer): LayerTile[] {
      return image.getTilesToDraw().flatMap(({ tile }) => {
        const bitmap = this.getDataToDraw(tile) as ImageBitmap | undefined;
        return bitmap === undefined ? [] : [{ bitmap, part: tilePart(picture, tile.level, tile.x, tile.y) }];
      });
    }
  };
