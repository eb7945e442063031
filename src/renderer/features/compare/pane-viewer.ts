import OpenSeadragon from 'openseadragon';
import { spotAt, type Size } from './geometry.ts';
import { pictureKey, type PaneLayer } from './tiled-picture.ts';
import { pixelDrawer, type Scene } from './pixel-drawer.ts';
import { PyramidSource } from './pyramid-source.ts';

/** Decoded tiles that a pane keeps beyond those in view: 256 KiB each. */
const keptTiles = 320;
const loadsAtOnce = 6;

interface PaneViewerOptions {
  readonly element: HTMLElement;
  /** Of the canvas. */
  readonly colours: PredefinedColorSpace;
  /** Whether everything in view is loaded in full detail. */
  readonly onComplete: (complete: boolean) => void;
  readonly onFailure: (layer: PaneLayer) => void;
}

/** OpenSeadragon as a pane uses it: it chooses, loads and keeps tiles; drawing and input are ours. */
export class PaneViewer {
  readonly #viewer: OpenSeadragon.Viewer;
  #scene: Scene = { pane: { width: 0, height: 0 }, photo: { left: 0, top: 0, width: 1, height: 1 } };
  #aspect = 1;
  #layers: readonly PaneLayer[] = [];
  readonly #shown = new Map<string, ShownLayer>();
  readonly #onComplete: (complete: boolean) => void;
  #complete = false;

  constructor({ element, colours, onComplete, onFailure }: PaneViewerOptions) {
    forbidStyleElement();
    forgiveLateTiles();
    this.#viewer = OpenSeadragon({
      element,
      drawer: pixelDrawer(() => this.#scene, colours),
      tabIndex: -1,
      mouseNavEnabled: false,
      keyboardNavEnabled: false,
      showNavigationControl: false,
      autoResize: false,
      preserveViewport: true,
      blendTime: 0,
      animationTime: 0,
      visibilityRatio: 0,
      minZoomLevel: 1e-9,
      maxZoomLevel: 1e9,
      imageLoaderLimit: loadsAtOnce,
      // With one for each frame, as it is by itself, a slow frame would hold up what could be loaded meanwhile.
      maxTilesPerFrame: loadsAtOnce,
      maxImageCacheCount: keptTiles,
      // A tile may have to wait until its photo's pyramid is made.
      timeout: 120_000,
      tileRetryMax: 1,
    });
    this.#onComplete = onComplete;
    this.#viewer.addHandler('update-viewport', () => this.#tell());
    this.#viewer.addHandler('tile-load-failed', ({ tiledImage, maxReached }) => {
      if (maxReached && tiledImage.source instanceof PyramidSource) onFailure(tiledImage.source.layer);
    });
  }

  /** `size` is the whole photo's; `cssSize` the pane's in CSS pixels. Takes effect with the next frame. */
  show(scene: Scene, size: Size, cssSize: Size, layers: readonly PaneLayer[]): void {
    this.#scene = scene;
    if (scene.pane.width === 0 || scene.pane.height === 0) return;
    const aspect = size.height / size.width;
    if (layers !== this.#layers || aspect !== this.#aspect) this.#placeLayers(layers, aspect);
    const { viewport } = this.#viewer;
    viewport.resize(new OpenSeadragon.Point(cssSize.width, cssSize.height), true);
    const from = spotAt({ x: 0, y: 0 }, scene.photo);
    const to = spotAt({ x: scene.pane.width, y: scene.pane.height }, scene.photo);
    viewport.fitBounds(new OpenSeadragon.Rect(from.x, from.y * aspect, to.x - from.x, (to.y - from.y) * aspect), true);
    this.#viewer.forceRedraw();
    this.#tell();
  }

  destroy(): void {
    this.#viewer.destroy();
  }

  /**
   * Tells when it has become another. OpenSeadragon's own sum over all layers is not asked: it is not made anew when a layer comes or
   * goes, and a layer that is out of view never counts as loaded.
   */
  #tell(): void {
    const there = ({ image }: ShownLayer): boolean => image !== null && (image.getFullyLoaded() || !image.getDrawArea());
    const complete = this.#shown.size > 0 && [...this.#shown.values()].every(there);
    if (complete === this.#complete) return;
    this.#complete = complete;
    this.#onComplete(complete);
  }

  #placeLayers(layers: readonly PaneLayer[], aspect: number): void {
    this.#layers = layers;
    this.#aspect = aspect;
    const wanted = new Map(layers.map((layer) => [layerKey(layer, aspect), layer]));
    for (const [key, { image }] of this.#shown) {
      if (wanted.has(key)) continue;
      if (image !== null) this.#viewer.world.removeItem(image);
      this.#shown.delete(key);
    }
    for (const [key, layer] of wanted) {
      const shown = this.#shown.get(key);
      if (shown === undefined) this.#add(key, layer, aspect);
      else shown.source.layer = layer;
    }
    this.#order();
  }

  #add(key: string, layer: PaneLayer, aspect: number): void {
    const shown: ShownLayer = { source: new PyramidSource(layer), image: null };
    this.#shown.set(key, shown);
    this.#viewer.addTiledImage({
      tileSource: shown.source,
      x: layer.at.left,
      y: layer.at.top * aspect,
      width: layer.at.width,
      success: (event) => {
        const { item } = event as unknown as { readonly item: OpenSeadragon.TiledImage };
        // Meanwhile another photo may have come.
        if (this.#shown.get(key) !== shown) {
          this.#viewer.world.removeItem(item);
          return;
        }
        shown.image = item;
        item.addHandler('fully-loaded-change', () => this.#tell());
        this.#order();
      },
    });
  }

  #order(): void {
    let index = 0;
    for (const layer of this.#layers) {
      const image = this.#shown.get(layerKey(layer, this.#aspect))?.image ?? null;
      if (image === null) continue;
      if (this.#viewer.world.getIndexOfItem(image) !== index) this.#viewer.world.setItemIndex(image, index);
      index += 1;
    }
  }
}

interface ShownLayer {
  readonly source: PyramidSource;
  /** Null until OpenSeadragon has made it. */
  image: OpenSeadragon.TiledImage | null;
}

const layerKey = ({ picture, at }: PaneLayer, aspect: number): string =>
  [pictureKey(picture), at.left, at.top, at.width, at.height, aspect].join(' ');

/**
 * OpenSeadragon adds a style element to the page unless it finds its own there, and the page's content security policy refuses it.
 * An element with that attribute that is no style sheet satisfies both.
 */
function forbidStyleElement(): void {
  const marker = 'data-openseadragon-mobile-css';
  if (document.querySelector(`style[${marker}]`) !== null) return;
  const placeholder = document.createElementNS('onestep', 'style');
  placeholder.setAttribute(marker, '');
  document.head.append(placeholder);
}

/** OpenSeadragon warns of each tile that comes when another photo has been asked for: it is dropped, and nobody's mistake. */
function forgiveLateTiles(): void {
  const spoken = OpenSeadragon as unknown as { console: Pick<Console, 'warn'> };
  if (spoken.console !== console) return;
  const warn = (...words: readonly unknown[]): void => {
    if (!String(words[0]).startsWith('Ignoring tile')) console.warn(...words);
  };
  spoken.console = Object.assign(Object.create(console) as Console, { warn });
}
