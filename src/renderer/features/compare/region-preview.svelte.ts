import { previewPixels, type AppCalls } from '../../../shared/contract.ts';
import type { Options } from '../../../shared/options.ts';
import { problemOf, type ProblemData } from '../../../shared/problem.ts';
import type { Region } from '../../../shared/request.ts';
import type { Point, Size } from './geometry.ts';
import type { Enhanced } from './layers.ts';
import { leastRegionSide, regionBetween } from './region.ts';

type PreviewState =
  | { readonly kind: 'none' }
  /** A rectangle is to be drawn. */
  | { readonly kind: 'drawing' }
  | { readonly kind: 'running'; readonly estimatedSeconds: number | null }
  | { readonly kind: 'shown'; readonly enhanced: Enhanced; readonly model: string; readonly seconds: number }
  | { readonly kind: 'failed'; readonly problem: ProblemData };

type Calls = Pick<AppCalls['photos'], 'plan' | 'preview' | 'cancelPreviews' | 'pyramid'>;

/** A rectangle of a photo, enhanced before the whole photo is. */
export class RegionPreview {
  state = $state.raw<PreviewState>({ kind: 'none' });
  /** In pixels of the source, as long as there is one. */
  region = $state.raw<Region | null>(null);
  /** The rectangle was drawn larger than a preview may be. */
  limited = $state(false);
  /** How many times larger the result is than the source; null until the plan is there. */
  scale = $state<number | null>(null);
  options = $state.raw<Options | null>(null);
  readonly #calls: Calls;
  #photo: { readonly id: number; readonly source: Size } | null = null;
  #secondsPerPixel: number | null = null;
  #turn = 0;

  constructor(calls: Calls) {
    this.#calls = calls;
  }

  /** The pixels that a rectangle may hold. */
  get mostPixels(): number {
    return previewPixels / (this.scale ?? 4) ** 2;
  }

  /** Starts drawing a rectangle; the previous one is dropped. */
  begin(photo: { readonly id: number; readonly source: Size }, options: Options): void {
    this.#drop();
    this.#photo = photo;
    this.options = options;
    this.region = null;
    this.limited = false;
    this.scale = null;
    this.#secondsPerPixel = null;
    this.state = { kind: 'drawing' };
    void this.#plan();
  }

  /** Between two spots in 0…1 of the photo. */
  draw(from: Point, to: Point): void {
    if (this.#photo === null) return;
    ({ region: this.region, limited: this.limited } = regionBetween(from, to, this.#photo.source, this.mostPixels));
  }

  /** Enhances the drawn rectangle, unless it is too small to be meant; again after a failure. */
  async run(): Promise<void> {
    const { region, options } = this;
    const photo = this.#photo;
    if (region === null || photo === null || options === null) return;
    if (region.width < leastRegionSide || region.height < leastRegionSide) {
      this.region = null;
      return;
    }
    this.#turn += 1;
    const turn = this.#turn;
    const estimatedSeconds = this.#secondsPerPixel === null ? null : this.#secondsPerPixel * region.width * region.height;
    this.state = { kind: 'running', estimatedSeconds };
    try {
      const { photo: id, version, model, seconds } = await this.#calls.preview(photo.id, region, options);
      const pyramid = await this.#calls.pyramid(id);
      if (turn !== this.#turn) return;
      this.state = { kind: 'shown', enhanced: { picture: { id, version, pyramid }, region }, model, seconds };
    } catch (error) {
      if (turn !== this.#turn) return;
      const problem = problemOf(error).toData();
      if (problem.code === 'cancelled') this.close();
      else this.state = { kind: 'failed', problem };
    }
  }

  close(): void {
    this.#drop();
    this.region = null;
    this.limited = false;
    this.state = { kind: 'none' };
  }

  #drop(): void {
    this.#turn += 1;
    if (this.state.kind === 'running') void this.#calls.cancelPreviews().catch(() => undefined);
  }

  async #plan(): Promise<void> {
    const photo = this.#photo;
    const { options } = this;
    if (photo === null || options === null) return;
    const turn = this.#turn;
    try {
      const plan = await this.#calls.plan(photo.id, options);
      if (this.#photo !== photo || this.options !== options) return;
      this.scale = plan.width / photo.source.width;
      if (plan.estimatedSeconds !== null) this.#secondsPerPixel = plan.estimatedSeconds / (photo.source.width * photo.source.height);
    } catch (error) {
      if (turn === this.#turn) this.state = { kind: 'failed', problem: problemOf(error).toData() };
    }
  }
}
