import type { AppCalls } from '../../../shared/contract.ts';
import type { PhotoCard } from '../../../shared/library.ts';
import { shapingOptions, type Options } from '../../../shared/options.ts';
import { photoAddress } from '../../../shared/photo-addresses.ts';
import { middle, sampleRegion, type SampleRegion, type Spot } from './sample-region.ts';

/** A sample is begun when the options have not changed for so long. */
const settledMs = 700;
/** Width of the piece in source pixels: enlarged four times it is a little more than the panel is wide. */
const sampleSide = 96;
/** … and where it has a window of its own. */
export const largeSampleSide = 192;

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
  /** The piece is of no use, or was never made: what is wrong is told where size and name are shown. */
  failed = $state(false);
  /** What of the photo is looked at. */
  spot = $state.raw<Spot>(middle);
  #key = '';
  #photo: PhotoCard | undefined;
  #options: Options | undefined;
  #turn = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  readonly #calls: Pick<AppCalls['photos'], 'pyramid' | 'preview' | 'cancelPreviews'>;
  readonly #side: number;
  readonly #load: (address: string) => Promise<void>;

  /**
   * @param side of the piece in source pixels
   * @param load resolves when a picture can be shown at once, and rejects where it cannot be
   */
  constructor(calls: Pick<AppCalls['photos'], 'pyramid' | 'preview' | 'cancelPreviews'>, side = sampleSide, load = loadPicture) {
    this.#calls = calls;
    this.#side = side;
    this.#load = load;
  }

  /** Sets what a sample is of, and drops one of anything else. With `automatic` it is made without being asked for, and tried once. */
  aim(photo: PhotoCard | undefined, options: Options, automatic: boolean): void {
    const key = photo === undefined ? '' : JSON.stringify([photo.id, photo.version, ...shaping.map((name) => options[name])]);
    if (photo?.id !== this.#photo?.id) this.spot = middle;
    this.#photo = photo;
    this.#options = options;
    if (key !== this.#key) {
      this.stop();
      this.#key = key;
      this.shown = null;
      this.failed = false;
    }
    clearTimeout(this.#timer);
    if (automatic && photo !== undefined && this.shown === null && !this.running && !this.failed) {
      this.#timer = setTimeout(() => void this.make(), settledMs);
    }
  }

  /** Looks at another piece of the photo. What is shown stays until it is there. */
  async move(spot: Spot): Promise<void> {
    this.stop();
    this.spot = spot;
    await this.make();
  }

  async make(): Promise<void> {
    clearTimeout(this.#timer);
    const [photo, options] = [this.#photo, this.#options];
    if (photo === undefined || options === undefined) return;
    this.#turn += 1;
    const turn = this.#turn;
    this.running = true;
    this.failed = false;
    try {
      const pyramid = await this.#calls.pyramid(photo.id);
      if (turn !== this.#turn) return;
      const { region, tile, tileAt } = sampleRegion(pyramid, this.#side, this.spot);
      const preview = await this.#calls.preview(photo.id, region, options);
      if (turn !== this.#turn) return;
      const before = { address: photoAddress({ kind: 'tile', photo: photo.id, ...tile }, photo.version), at: tileAt };
      const after = photoAddress({ kind: 'picture', photo: preview.photo }, preview.version);
      // Neither side is empty while the other is there.
      await Promise.all([before.address, after].map((address) => this.#load(address)));
      if (turn === this.#turn) this.shown = { before, after };
    } catch {
      if (turn === this.#turn) this.failed = true;
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

async function loadPicture(address: string): Promise<void> {
  const picture = new Image();
  picture.src = address;
  await picture.decode();
}
