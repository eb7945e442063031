import type { Place } from '../../shared/contract.ts';
import type { PhotoCard } from '../../shared/library.ts';

/** Where the person is. The comparison always has a photo; without one its place is the library. */
export class Navigation {
  place = $state.raw<Place>('library');
  compared = $state.raw<PhotoCard | null>(null);
  /** The keyboard shortcuts are shown. */
  helps = $state(false);
  /** Where closing the comparison leads back to. */
  #before: Place = 'library';

  go(place: Place): void {
    this.place = place === 'compare' && this.compared === null ? 'library' : place;
  }

  compare(photo: PhotoCard): void {
    if (this.place !== 'compare') this.#before = this.place;
    this.compared = photo;
    this.place = 'compare';
  }

  back(): void {
    this.place = this.#before;
  }
}
