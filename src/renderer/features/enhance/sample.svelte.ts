import type { AppCalls } from '../../../shared/contract.ts';
import type { PhotoCard } from '../../../shared/library.ts';
import { shapingOptions, type Options } from '../../../shared/options.ts';
import { photoAddress } from '../../../shared/photo-addresses.ts';
import { sampleRegion, type SampleRegion } from './sample-region.ts';

/** A sample is begun when the options have not changed for so long. */
const settledMs = 700;
/** Width of the piece in source pixels: enlarged four times it is a little more than the panel is wide. */
const sampleSide = 96;

/** The options that show in a sample: those of the result's pixels, and what computes them. */
const shaping = [...shapingOptions('pixels'), 'model', 'provider'] as const;

interface Shown {
  readonly before: { readonly address: string; readonly at: SampleRegion['tileAt'] };
  readonly after: string;
}

/** A small piece of a photo with the current options: what they do is seen before the whole photo is done. */
export class Sample {
  shown = $state.raw<Shown | null>(null);
  running = $state(false);
  #key = '';
  #turn = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  readonly #calls: Pick<AppCalls['photos'], 'pyramid' | 'preview' | 'cancelPreviews'>;

  constructor(calls: Pick<AppCalls['photos'], 'pyramid' | 'preview' | 'cancelPreviews'>) {
    this.#calls = calls;
  }

  /** Sets what a sample is of, and drops one of anything else. With `automatic` it is made without being asked for. */
  aim(photo: PhotoCard | undefined, options: Options, automatic: boolean): void {
    const key = photo === undefined ? '' : JSON.stringify([photo.id, photo.version, ...shaping.map((name) => options[name])]);
    if (key !== this.#key) {
      this.stop();
      this.#key = key;
      this.shown = null;
    }
    clearTimeout(this.#timer);
    if (automatic && photo !== undefined && this.shown === null && !this.running) {
      this.#timer = setTimeout(() => void this.make(photo, options), settledMs);
    }
  }

  async make(photo: PhotoCard, options: Options): Promise<void> {
    clearTimeout(this.#timer);
    this.#turn += 1;
    const turn = this.#turn;
    this.running = true;
    try {
      const pyramid = await this.#calls.pyramid(photo.id);
      if (turn !== this.#turn) return;
      const { region, tile, tileAt } = sampleRegion(pyramid, sampleSide);
      const preview = await this.#calls.preview(photo.id, region, options);
      if (turn !== this.#turn) return;
      const before = { address: photoAddress({ kind: 'tile', photo: photo.id, ...tile }, photo.version), at: tileAt };
      this.shown = { before, after: photoAddress({ kind: 'picture', photo: preview.photo }, preview.version) };
    } catch {
      // A photo that cannot be read, or options that do not fit, are told where size and name are shown.
    } finally {
      if (turn === this.#turn) this.running = false;
    }
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#turn += 1;
    if (this.running) void this.#calls.cancelPreviews().catch(() => undefined);
    this.running = false;
  }
}
