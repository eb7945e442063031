import { helpPages, type HelpPage, type Place } from '../../shared/contract.ts';
import type { PhotoCard } from '../../shared/library.ts';
import type { LookedAt } from './route.ts';

/** Where the person is. The comparison always has a photo; without one its place is the library. */
export class Navigation {
  place = $state.raw<Place>('library');
  compared = $state.raw<PhotoCard | null>(null);
  /** What of the compared photo is seen; null until it has been looked at. */
  view = $state.raw<LookedAt | null>(null);
  /** The page of the help that is shown. */
  helpPage = $state.raw<HelpPage>(helpPages[0]);
  /** The keyboard shortcuts are shown. */
  helps = $state(false);
  /** How far pages of text are scrolled, in pixels. */
  readonly scrolled = new Map<Place, number>();
  /** Where closing the comparison leads back to. */
  #before: Place = 'library';

  go(place: Place): void {
    this.place = place === 'compare' && this.compared === null ? 'library' : place;
  }

  help(page: HelpPage): void {
    this.helpPage = page;
    this.place = 'help';
  }

  /** Another photo is looked at where the one before was. */
  compare(photo: PhotoCard, view: LookedAt | null = null): void {
    if (this.place !== 'compare') {
      this.#before = this.place;
      this.view = view;
    }
    this.compared = photo;
    this.place = 'compare';
  }

  back(): void {
    this.place = this.#before;
  }
}
