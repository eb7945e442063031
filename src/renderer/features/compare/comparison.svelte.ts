import { dividerCentre } from './divider.ts';
import {
  clampView,
  fitScale,
  largestScale,
  nextScale,
  panBy,
  photoRectangle,
  restingScale,
  scaleOf,
  viewBetween,
  wholePhoto,
  zoomAbout,
  type Point,
  type Shown,
  type Size,
  type View,
} from './geometry.ts';
import type { PaneLayer } from './tiled-picture.ts';
import { gains, type CompareMode } from './modes.ts';
import { paneLayout } from './pane-layout.ts';

const glideMs = 140;
/** A wheel that rests this long begins a new zoom. */
const wheelPauseMs = 250;

/** How two pictures are looked at. Points are in device pixels of a pane. */
export class Comparison {
  mode = $state<CompareMode>('wipe');
  divider = $state(dividerCentre);
  gain = $state<number>(gains.first);
  /** In flip mode: which side is shown. */
  showsBefore = $state(false);
  enlarged = $state<PaneLayer['enlarged']>('smooth');
  loupe = $state(false);
  /** Under the pointer, in 0…1 of the photo. */
  spot = $state.raw<Point | null>(null);
  /** While a key is held: before is shown, whatever the mode. */
  holdsBefore = $state(false);
  /** Device pixels. */
  viewport = $state.raw<Size>({ width: 0, height: 0 });
  /** Device pixels per CSS pixel. */
  density = $state(1);
  #photo = $state.raw<Shown>({ width: 1, height: 1 });
  #view = $state.raw<View>(wholePhoto);
  #glide = 0;
  #wheel = { scale: 1, at: 0 };
  readonly layout = $derived(paneLayout(this.viewport, this.mode, this.#photo));
  readonly view = $derived(clampView(this.#view, this.#photo, this.layout.pane));
  readonly scale = $derived(scaleOf(this.view, this.#photo, this.layout.pane));
  readonly rectangle = $derived(photoRectangle(this.view, this.#photo, this.layout.pane));
  /** Which of the two sides is shown. */
  readonly shown = $derived(this.#shown());
  /** Four times as large as in the viewport, at least 100 %, and a whole number so that pixels are exact. */
  readonly loupeScale = $derived(Math.min(largestScale, Math.max(1, Math.round(4 * this.scale))));

  get photo(): Shown {
    return this.#photo;
  }

  /** Looks at a spot before the photo is there, as when a page is loaded again. */
  look(view: View): void {
    this.#stop();
    this.#view = view;
  }

  /** Another photo: the spot (as part of the photo) and the scale stay. */
  visit(photo: Shown): void {
    this.#stop();
    this.#photo = photo;
  }

  /** The same photo measured in other pixels: what is seen stays as it is. */
  remeasure(photo: Shown): void {
    if (photo.width === this.#photo.width && photo.height === this.#photo.height) return;
    this.#stop();
    const { scale } = this.#view;
    if (scale !== null) this.#view = { ...this.#view, scale: (scale * this.#photo.width) / photo.width };
    this.#photo = photo;
  }

  get centre(): Point {
    return { x: this.layout.pane.width / 2, y: this.layout.pane.height / 2 };
  }

  fit(): void {
    this.#glideTo(wholePhoto);
  }

  zoomTo(scale: number, anchor: Point = this.centre): void {
    this.#glideTo(zoomAbout(this.view, anchor, scale, this.#photo, this.layout.pane));
  }

  zoomStep(direction: 'in' | 'out', anchor: Point = this.centre): void {
    this.zoomTo(nextScale(this.scale, direction), anchor);
  }

  /** Follows a wheel or a pinch: `factor` times larger. Rests where pixels are exact. */
  zoomBy(factor: number, anchor: Point): void {
    this.#stop();
    const now = performance.now();
    const begun = now - this.#wheel.at > wheelPauseMs ? this.scale : this.#wheel.scale;
    const scale = Math.min(Math.max(begun * factor, fitScale(this.#photo, this.layout.pane)), largestScale);
    this.#wheel = { scale, at: now };
    this.#view = zoomAbout(this.view, anchor, restingScale(this.#wheel.scale), this.#photo, this.layout.pane);
  }

  pan(by: Point): void {
    this.#stop();
    this.#view = panBy(this.view, by, this.#photo, this.layout.pane);
  }

  /** Brings a spot (0…1 of the photo) into the middle. */
  centreOn(spot: Point, scale: number): void {
    this.#glideTo(clampView({ ...spot, scale }, this.#photo, this.layout.pane));
  }

  close(): void {
    this.#stop();
  }

  #shown(): 'wipe' | 'both' | 'before' | 'after' | 'difference' {
    if (this.mode === 'side-by-side') return 'both';
    if (this.holdsBefore) return 'before';
    if (this.mode === 'flip') return this.showsBefore ? 'before' : 'after';
    return this.mode;
  }

  #stop(): void {
    if (this.#glide !== 0) cancelAnimationFrame(this.#glide);
    this.#glide = 0;
  }

  #glideTo(to: View): void {
    this.#stop();
    const from = this.view;
    const begun = performance.now();
    if (matchMedia('(prefers-reduced-motion: reduce)').matches) {
      this.#view = to;
      return;
    }
    const step = (now: number): void => {
      const progress = Math.min(1, Math.max(0, (now - begun) / glideMs));
      this.#view = viewBetween(from, to, 1 - (1 - progress) ** 3, this.#photo, this.layout.pane);
      if (progress < 1) this.#glide = requestAnimationFrame(step);
    };
    this.#glide = requestAnimationFrame(step);
  }
}
