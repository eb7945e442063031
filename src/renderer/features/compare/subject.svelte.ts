import type { AppCalls } from '../../../shared/contract.ts';
import type { PhotoCard } from '../../../shared/library.ts';
import { problemOf, type ProblemData } from '../../../shared/problem.ts';
import type { TiledPicture } from './tiled-picture.ts';

type SubjectState =
  | { readonly kind: 'loading' }
  | { readonly kind: 'ready'; readonly source: TiledPicture; readonly result: TiledPicture | null; readonly colours: PredefinedColorSpace }
  | { readonly kind: 'failed'; readonly problem: ProblemData };

/** A photo that is ready sooner replaces the previous one without a loading screen. */
const patienceMs = 150;

type Calls = Pick<AppCalls['photos'], 'pyramid' | 'facts'>;

/** The photo that is looked at, and its result where it has one: their zoom pyramids are made if they are not there yet. */
export class Subject {
  card = $state.raw<PhotoCard | null>(null);
  state = $state.raw<SubjectState>({ kind: 'loading' });
  /** How far the pyramids are, 0…1; null until told. */
  fraction = $state<number | null>(null);
  readonly #calls: Calls;
  readonly #fractions = new Map<number, number>();
  #turn = 0;

  constructor(calls: Calls) {
    this.#calls = calls;
  }

  /** Shows a photo. A card of the same photo with the same contents changes nothing on the screen. */
  async show(card: PhotoCard): Promise<void> {
    const same = this.card !== null && contents(this.card) === contents(card) && this.state.kind !== 'failed';
    const another = this.card?.id !== card.id;
    this.card = card;
    if (same) return;
    this.#turn += 1;
    const turn = this.#turn;
    this.#fractions.clear();
    this.fraction = null;
    // A new result of the photo that is seen already comes in when it is ready, without an interruption.
    const loading = another || this.state.kind === 'failed' ? setTimeout(() => this.#beLoading(turn), patienceMs) : undefined;
    try {
      const [source, result, profile] = await Promise.all([
        this.#picture(card),
        card.result === null ? null : this.#picture(card.result),
        // Without its facts a photo can still be shown.
        this.#calls.facts(card.id).then(
          (facts) => facts.profile,
          () => null,
        ),
      ]);
      if (turn === this.#turn) this.state = { kind: 'ready', source, result, colours: canvasColours(profile) };
    } catch (error) {
      if (turn === this.#turn) this.state = { kind: 'failed', problem: problemOf(error).toData() };
    } finally {
      clearTimeout(loading);
    }
  }

  /** Tries the same photo once more. */
  async again(): Promise<void> {
    const { card } = this;
    this.card = null;
    if (card !== null) await this.show(card);
  }

  /** A tile failed to load: asks for the pyramid again, which tells why. */
  async tileFailed(): Promise<void> {
    if (this.state.kind === 'ready') await this.again();
  }

  progressed(id: number, fraction: number): void {
    if (id !== this.card?.id && id !== this.card?.result?.id) return;
    this.#fractions.set(id, fraction);
    const parts = this.card.result === null ? [this.card.id] : [this.card.id, this.card.result.id];
    // The larger one takes nearly all of the time.
    this.fraction = Math.max(...parts.map((part) => this.#fractions.get(part) ?? 0));
  }

  #beLoading(turn: number): void {
    if (turn === this.#turn) this.state = { kind: 'loading' };
  }

  async #picture({ id, version }: { readonly id: number; readonly version: string }): Promise<TiledPicture> {
    return { id, version, pyramid: await this.#calls.pyramid(id) };
  }
}

const contents = ({ id, version, result }: PhotoCard): string =>
  [id, version, result?.id ?? '', result?.version ?? ''].map(String).join('\n');

/**
 * The colours that a canvas holds for photos with this profile, by its name. sRGB photos keep their exact numbers
 * in an sRGB canvas; photos with wider profiles would lose colours in it that the screen can show.
 */
const canvasColours = (profile: string | null): PredefinedColorSpace =>
  profile === null || /srgb/i.test(profile) || !matchMedia('(color-gamut: p3)').matches ? 'srgb' : 'display-p3';
