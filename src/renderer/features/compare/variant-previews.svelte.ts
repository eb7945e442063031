import type { AppCalls } from '../../../shared/contract.ts';
import type { Options } from '../../../shared/options.ts';
import { problemOf, type ProblemData } from '../../../shared/problem.ts';
import type { Region } from '../../../shared/request.ts';
import { optionsOf, variantKey, type Variant } from './variants.ts';
import { Comparison } from './comparison.svelte.ts';
import { largestScale } from './geometry.ts';
import type { TiledPicture } from './tiled-picture.ts';

type VariantState =
  | { readonly kind: 'waiting' }
  | { readonly kind: 'running' }
  | { readonly kind: 'shown'; readonly picture: TiledPicture; readonly seconds: number }
  | { readonly kind: 'failed'; readonly problem: ProblemData };

export interface VariantPreview {
  readonly variant: Variant;
  readonly state: VariantState;
}

interface PreviewedPart {
  readonly id: number;
  readonly source: TiledPicture;
  readonly region: Region;
  /** How many times larger a result is expected to be. */
  readonly scale: number;
}

type Calls = Pick<AppCalls['photos'], 'preview' | 'cancelPreviews' | 'pyramid'>;

/** One rectangle of a photo in several variants, enhanced one after another; finished ones are kept. */
export class VariantPreviews {
  previews = $state.raw<readonly VariantPreview[]>([]);
  /** The key of the variant that the others are held against; null: the photo as it is. */
  reference = $state<string | null>(null);
  /** One view for all of them. */
  readonly comparison = new Comparison();
  readonly #calls: Calls;
  readonly subject: PreviewedPart;
  readonly #options: Options;
  #running = false;
  #closed = false;

  constructor(calls: Calls, subject: PreviewedPart, options: Options) {
    this.#calls = calls;
    this.subject = subject;
    this.#options = options;
    this.comparison.mode = 'flip';
    const { width, height } = subject.region;
    this.comparison.visit({
      width: Math.round(width * subject.scale),
      height: Math.round(height * subject.scale),
      fitsUpTo: largestScale,
    });
  }

  get referencePreview(): VariantPreview | null {
    return this.previews.find(({ variant }) => variantKey(variant) === this.reference) ?? null;
  }

  /** What is previewed, in its order. */
  get chosen(): readonly Variant[] {
    return this.previews.map(({ variant }) => variant);
  }

  choose(variants: readonly Variant[]): void {
    const known = new Map(this.previews.map((preview) => [variantKey(preview.variant), preview]));
    this.previews = variants.map((variant) => known.get(variantKey(variant)) ?? { variant, state: { kind: 'waiting' } });
    if (this.referencePreview === null) this.reference = null;
    void this.#work();
  }

  retry(variant: Variant): void {
    this.#set(variant, { kind: 'waiting' });
    void this.#work();
  }

  /** The options that a variant is made with. */
  optionsOf(variant: Variant): Options {
    return optionsOf(variant, this.#options);
  }

  close(): void {
    this.#closed = true;
    this.comparison.close();
    if (this.#running) void this.#calls.cancelPreviews().catch(() => undefined);
  }

  async #work(): Promise<void> {
    if (this.#running) return;
    this.#running = true;
    try {
      for (let next = this.#next(); next !== null; next = this.#next()) await this.#run(next);
    } finally {
      this.#running = false;
    }
  }

  #next(): Variant | null {
    return this.#closed ? null : (this.previews.find(({ state }) => state.kind === 'waiting')?.variant ?? null);
  }

  async #run(variant: Variant): Promise<void> {
    this.#set(variant, { kind: 'running' });
    try {
      const { photo: id, version, seconds } = await this.#calls.preview(this.subject.id, this.subject.region, this.optionsOf(variant));
      this.#set(variant, { kind: 'shown', picture: { id, version, pyramid: await this.#calls.pyramid(id) }, seconds });
    } catch (error) {
      this.#set(variant, { kind: 'failed', problem: problemOf(error).toData() });
    }
  }

  #set(variant: Variant, state: VariantState): void {
    const key = variantKey(variant);
    this.previews = this.previews.map((preview) => (variantKey(preview.variant) === key ? { variant: preview.variant, state } : preview));
  }
}
