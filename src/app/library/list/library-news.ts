import { cardsAtOnce } from '../../../shared/contract.ts';
import type { PhotoCard } from '../../../shared/library.ts';
import type { LibraryFile } from './library-file.ts';

/** At most ten times a second, however much happens. */
const pauseMilliseconds = 100;
const laterMilliseconds = 1000;

interface NewsOptions {
  readonly cardOf: (photo: LibraryFile) => PhotoCard;
  readonly onList: () => void;
  readonly onCards: (cards: readonly PhotoCard[]) => void;
  /** Photos that were not there before have come and are still in the list. */
  readonly onArrived: (ids: readonly number[]) => void;
}

/** Gathers what happens to the library and tells it together. Cards that nobody has asked for are not told. */
export class LibraryNews {
  readonly #options: NewsOptions;
  #list = false;
  #photos = new Set<LibraryFile>();
  #arrived = new Set<LibraryFile>();
  #timer: NodeJS.Timeout | undefined;
  #laterTimer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(options: NewsOptions) {
    this.#options = options;
  }

  /** The list or the opened folders are no longer what they were. */
  list(): void {
    this.#list = true;
    this.#wake();
  }

  /** The order of the list may have changed, for the umpteenth time: as when sizes come in by the thousand. */
  listLater(): void {
    this.#laterTimer ??= setTimeout(() => {
      this.#laterTimer = undefined;
      this.list();
    }, laterMilliseconds);
  }

  card(photo: LibraryFile): void {
    if (!photo.shown) return;
    this.#photos.add(photo);
    this.#wake();
  }

  arrived(photo: LibraryFile): void {
    this.#arrived.add(photo);
    this.#wake();
  }

  /** Nothing is told from now on. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    clearTimeout(this.#laterTimer);
  }

  #wake(): void {
    if (this.#closed) return;
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#tell();
    }, pauseMilliseconds);
  }

  #tell(): void {
    const [list, photos] = [this.#list, [...this.#photos]];
    const arrived = [...this.#arrived].filter(({ visible }) => visible).map(({ id }) => id);
    this.#arrived = new Set();
    this.#list = false;
    this.#photos = new Set();
    if (list) this.#options.onList();
    for (let start = 0; start < photos.length; start += cardsAtOnce) {
      this.#options.onCards(photos.slice(start, start + cardsAtOnce).map(this.#options.cardOf));
    }
    if (arrived.length > 0) this.#options.onArrived(arrived);
  }
}
