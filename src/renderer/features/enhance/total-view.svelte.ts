import type { AppCalls, BatchTotal } from '../../../shared/contract.ts';
import type { Options } from '../../../shared/options.ts';

const askAfterMs = 400;

/** What a press of the button will come to for all photos that it is about, kept current while they and the options change. */
export class TotalView {
  total = $state.raw<BatchTotal | null>(null);
  waiting = $state(false);
  #timer: ReturnType<typeof setTimeout> | undefined;
  #asked = 0;
  /** How many photos `total` is of. No rune: what comes of an effect must not bring it about again. */
  #count = 0;
  readonly #calls: Pick<AppCalls['photos'], 'total'>;

  constructor(calls: Pick<AppCalls['photos'], 'total'>) {
    this.#calls = calls;
  }

  /** A single photo says it itself. */
  show(photos: readonly number[], options: Options): void {
    clearTimeout(this.#timer);
    this.#asked += 1;
    if (photos.length !== this.#count) this.total = null;
    this.#count = photos.length;
    this.waiting = photos.length > 1;
    if (photos.length > 1) this.#timer = setTimeout(() => void this.#ask(photos, options), askAfterMs);
  }

  async #ask(photos: readonly number[], options: Options): Promise<void> {
    const turn = this.#asked;
    // What cannot be added up is told by the photos themselves.
    const total = await this.#calls.total(photos, options).catch(() => null);
    if (turn !== this.#asked) return;
    this.total = total;
    this.waiting = false;
  }
}
