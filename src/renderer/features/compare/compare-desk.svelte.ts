import type { PhotoCard, ResultCard } from '../../../shared/library.ts';
import { previewPixels } from '../../../shared/contract.ts';
import type { Options } from '../../../shared/options.ts';
import type { Onestep } from '../../state/onestep.svelte.ts';
import { say } from '../../words/words.svelte.ts';
import { firstVariants, variantTitle, type Variant } from './variants.ts';
import { Comparison } from './comparison.svelte.ts';
import { FaceChoice } from './face-choice.svelte.ts';
import { visiblePart, type Size } from './geometry.ts';
import { Improvement, type Enhancement } from './improvement.svelte.ts';
import { sidesOf, type Enhanced } from './layers.ts';
import { VariantPreviews } from './variant-previews.svelte.ts';
import { nextMode, type CompareMode } from './modes.ts';
import { placeOfRegion, regionBetween } from './region.ts';
import { RegionPreview } from './region-preview.svelte.ts';
import { Subject } from './subject.svelte.ts';

/** Part of the pane that an arrow key pans by; with Shift, a whole pane. */
const panStep = 0.15;

/** Everything that is on the page where photos are compared, and what can be done there. */
export class CompareDesk {
  readonly comparison = new Comparison();
  readonly subject: Subject;
  readonly preview: RegionPreview;
  readonly improvement: Improvement;
  readonly faces: FaceChoice;
  variants = $state.raw<VariantPreviews | null>(null);
  readonly #onestep: Onestep;
  readonly #enhanced = $derived.by(() => (this.preview.state.kind === 'shown' ? this.preview.state.enhanced : null));
  /** Null while there is nothing to see. */
  readonly sides = $derived.by(() => {
    const { state } = this.subject;
    return state.kind === 'ready' ? sidesOf(state.source, state.result, this.#enhanced, this.comparison.enlarged) : null;
  });
  /** Null while there is no result. */
  readonly enhancement = $derived.by((): Enhancement | null => {
    const { state } = this.subject;
    return state.kind === 'ready' && state.result !== null ? { source: state.source, result: state.result } : null;
  });
  /** Where the photo stands in the library's list; null where it is none of it. */
  readonly place = $derived.by(() => {
    const index = this.#onestep.library.ids.indexOf(this.subject.card?.id ?? -1);
    return index < 0 ? null : { index, count: this.#onestep.library.ids.length };
  });

  /** What keys and buttons act on: the photo, or its variants. */
  readonly looking = $derived.by(() => this.variants?.comparison ?? this.comparison);

  /** All results of the photo, the newest first. */
  results = $state.raw<readonly ResultCard[]>([]);
  #picked: { readonly photo: number; readonly result: ResultCard } | null = null;
  #measured: number | null = null;
  #lookedAt: Enhanced | null = null;
  /** The photo that is about to be shown. */
  #heading: number | null = null;

  constructor(onestep: Onestep) {
    this.#onestep = onestep;
    this.subject = new Subject(onestep.calls.photos);
    this.preview = new RegionPreview(onestep.calls.photos);
    this.improvement = new Improvement(onestep.calls);
    this.faces = new FaceChoice(onestep.calls.queue);
    this.comparison.mode = onestep.preferences.current.compareMode;
    const { view } = onestep.navigation;
    if (view !== null) this.comparison.look(view);
  }

  async show(card: PhotoCard): Promise<void> {
    if (this.subject.card?.id !== card.id) {
      this.preview.close();
      this.closeVariants();
      this.results = [];
    }
    void this.#listResults(card);
    // A result that was picked stays until there is a newer one than all that could be picked.
    const picked = this.#picked?.photo === card.id && this.results.some(({ id }) => id === card.result?.id) ? this.#picked.result : null;
    await this.subject.show(picked === null ? card : { ...card, result: picked });
  }

  async #listResults({ id, result }: PhotoCard): Promise<void> {
    // Without the others, the newest can still be seen.
    const results = result === null ? [] : await this.#onestep.calls.photos.results(id).catch(() => []);
    if (this.subject.card?.id === id) this.results = results;
  }

  /** The sides have changed: what is seen stays, or for another photo the same part of it. */
  measure(photo: Size): void {
    const { state } = this.subject;
    const id = state.kind === 'ready' ? state.source.id : null;
    if (id === this.#measured) this.comparison.remeasure(photo);
    else this.comparison.visit(photo);
    this.#measured = id;
    this.#lookAtPreview();
  }

  /** A preview that has just come is shown in the middle and at its true size, or as much larger as the photo was looked at. */
  #lookAtPreview(): void {
    const { state } = this.subject;
    const preview = this.#enhanced;
    if (preview === this.#lookedAt || state.kind !== 'ready') return;
    this.#lookedAt = preview;
    if (preview === null) return;
    const { left, top, width, height } = placeOfRegion(preview.region, state.source.pyramid);
    this.comparison.centreOn({ x: left + width / 2, y: top + height / 2 }, Math.max(1, this.comparison.scale));
  }

  choose(mode: CompareMode): void {
    this.comparison.mode = mode;
    this.#onestep.preferences.change({ compareMode: mode });
  }

  changeMode(): void {
    this.choose(nextMode(this.comparison.mode));
  }

  /** Shows before instead of after, or after again. */
  flip(): void {
    const { looking } = this;
    if (this.variants !== null) looking.holdsBefore = !looking.holdsBefore;
    else if (looking.mode === 'flip') looking.showsBefore = !looking.showsBefore;
    else this.choose('flip');
  }

  /** Whether pixels are shown at this many device pixels. */
  isAt(scale: number): boolean {
    return this.looking.view.scale !== null && this.looking.scale === scale;
  }

  /** Moves the photo by a step, or with `far` by a whole pane: 1 is to the right and down. */
  pan(horizontal: -1 | 0 | 1, vertical: -1 | 0 | 1, far: boolean): void {
    const { width, height } = this.looking.layout.pane;
    const share = far ? 1 : panStep;
    this.looking.pan({ x: horizontal * width * share, y: vertical * height * share });
  }

  /** Starts or stops drawing a rectangle on the photo. */
  drawRegion(): void {
    const { state, card } = this.subject;
    if (this.preview.state.kind !== 'none' && this.preview.state.kind !== 'shown') this.preview.close();
    else if (state.kind === 'ready' && card?.id === state.source.id) {
      this.closeVariants();
      this.faces.open = false;
      this.preview.begin({ id: card.id, source: state.source.pyramid }, this.#onestep.preferences.current.options);
    }
  }

  /** Shows variants of the drawn rectangle, or else of what is seen; or closes them. */
  async toggleVariants(): Promise<void> {
    if (this.variants === null) await this.#onestep.perform(() => this.#openVariants());
    else this.closeVariants();
  }

  async #openVariants(): Promise<void> {
    const { state, card } = this.subject;
    // For a moment the photo before may still be on the screen.
    if (state.kind !== 'ready' || card?.id !== state.source.id) return;
    const { options } = this.#onestep.preferences.current;
    const source = state.source.pyramid;
    const { width } = await this.#onestep.calls.photos.plan(card.id, options);
    const scale = width / source.width;
    const part = visiblePart(this.comparison.view, this.comparison.photo, this.comparison.layout.pane);
    const corner = { x: part.left + part.width, y: part.top + part.height };
    const seen = regionBetween({ x: part.left, y: part.top }, corner, source, previewPixels / scale ** 2).region;
    const region = this.preview.region ?? seen;
    this.preview.close();
    this.variants = new VariantPreviews(this.#onestep.calls.photos, { id: card.id, source: state.source, region, scale }, options);
    this.variants.choose(firstVariants(this.#onestep.models.list, options, scale));
  }

  closeVariants(): void {
    this.variants?.close();
    this.variants = null;
  }

  /** From now on photos are enhanced in this way. */
  use(variant: Variant): void {
    if (this.variants === null) return;
    const { models, preferences, toasts } = this.#onestep;
    preferences.change({ options: this.variants.optionsOf(variant) });
    this.closeVariants();
    toasts.tell(say('compare.models.used', { model: variantTitle(variant, models.nameOf(variant.model)) }), 'good');
  }

  /** Queues the whole photo with the options of the preview. */
  async enhance(): Promise<void> {
    if (await this.#enqueue(this.preview.options)) this.preview.close();
  }

  /** Queues the photo once more, as its result was made but for the faces that were chosen. */
  async enhanceAgain(): Promise<void> {
    await this.#enqueue(this.faces.options);
  }

  async #enqueue(options: Options | null): Promise<boolean> {
    const { card } = this.subject;
    if (card === null || options === null) return false;
    const queued = await this.#onestep.perform(() => this.#onestep.calls.queue.enqueue([card.id], options));
    if (queued === null) return false;
    this.#onestep.toasts.tell(say('compare.region.queued', { name: card.name }), 'good');
    return true;
  }

  /** Shows the faces of the result to choose from, or no more. */
  toggleFaces(): void {
    this.preview.close();
    this.faces.open = !this.faces.open;
  }

  /** Queues the photo with the options that the library shows. */
  async enhanceWhole(): Promise<void> {
    const { card } = this.subject;
    const { calls, preferences, toasts } = this.#onestep;
    if (card === null) return;
    await this.#onestep.perform(async () => {
      await preferences.tell();
      await calls.queue.enqueue([card.id], {});
      toasts.tell(say('compare.region.queued', { name: card.name }), 'good');
    });
  }

  /** The result that is shown, where there is one. */
  async showInFolder(): Promise<void> {
    const { card } = this.subject;
    if (card !== null) await this.#onestep.showInFolder(card.result ?? card);
  }

  async copyResult(): Promise<void> {
    const result = this.subject.card?.result ?? null;
    if (result !== null) await this.#onestep.copyPicture(result);
  }

  /** Shows another result of the same photo. */
  async pick(result: ResultCard): Promise<void> {
    const { card } = this.subject;
    if (card === null) return;
    this.#picked = { photo: card.id, result };
    await this.subject.show({ ...card, result });
  }

  close(): void {
    this.preview.close();
    this.improvement.close();
    this.closeVariants();
    this.comparison.close();
  }

  /** Closes what was opened last, and at the end the page. */
  back(): void {
    if (this.preview.state.kind !== 'none') this.preview.close();
    else if (this.variants !== null) this.closeVariants();
    else if (this.faces.open && this.faces.faces.length > 0) this.faces.open = false;
    else if (this.improvement.open || this.improvement.drift) this.improvement.close();
    else if (this.comparison.loupe) this.comparison.loupe = false;
    else this.#onestep.leaveComparison();
  }

  /** Goes to another photo of the list. */
  async step(by: number): Promise<void> {
    const { ids } = this.#onestep.library;
    const from = this.#heading ?? this.subject.card?.id ?? -1;
    const index = ids.indexOf(from);
    const id = index < 0 ? undefined : ids[index + by];
    if (id !== undefined && (await this.goTo(id))) this.#prepare(ids[index + 2 * by]);
  }

  /** Shows a photo by its number; answers whether it is this one that is shown then. */
  async goTo(id: number): Promise<boolean> {
    // Pressing again meanwhile continues from there.
    this.#heading = id;
    const cards = await this.#onestep.perform(() => this.#onestep.calls.photos.cards([id]));
    if (this.#heading !== id) return false;
    this.#heading = null;
    const [card] = cards ?? [];
    if (card !== undefined) this.#onestep.navigation.compare(card);
    return card !== undefined;
  }

  /** Makes ready the photo that is likely to be next. */
  #prepare(id: number | undefined): void {
    if (id === undefined) return;
    const { photos } = this.#onestep.calls;
    void photos
      .cards([id])
      .then(([card]) => (card === undefined ? [] : [card.id, ...(card.result === null ? [] : [card.result.id])]))
      .then((parts) => Promise.all(parts.map((part) => photos.pyramid(part))))
      .catch(() => {
        // A problem shows when it is opened.
      });
  }
}
