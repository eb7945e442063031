import { basename } from 'node:path';
import { safeComponent } from '../../shared/name-template.ts';
import { stemOf } from '../../shared/photo-extensions.ts';

export interface PlacedPhoto {
  /** Absolute. */
  readonly path: string;
  /** The folder it lies in, relative to one that was given; null for what belongs to none: its place fits everything. */
  readonly under: string | null;
}

/** Photos among which the one is looked for that belongs to a result: by place and name, as quick for thousands as for a few. */
export class Partners {
  readonly #given: PlacedPhoto | undefined;
  readonly #found = new Map<string, PlacedPhoto[]>();
  readonly #others: boolean;

  /** @param others only other files than the result itself belong to it */
  constructor(photos: readonly PlacedPhoto[], others: boolean) {
    this.#others = others;
    this.#given = photos.find(({ under }) => under === null);
    for (const photo of photos) {
      const name = basename(photo.path);
      const names = [exactly(name), withoutExtension(name), asRead(safeComponent(stemOf(name))), asRead(safeComponent(name))];
      for (const place of [photo.under, null]) for (const one of names) this.#add(keyOf(place, one), photo);
    }
  }

  /** In the same place: the one of the same name, else of the same name but for the extension, else of a name that the result's is read as. */
  of({ path, under }: PlacedPhoto, readings: readonly string[]): PlacedPhoto | null {
    const fits = (photo: PlacedPhoto): boolean => !this.#others || photo.path !== path;
    if (this.#given !== undefined) return fits(this.#given) ? this.#given : null;
    const name = basename(path);
    for (const one of [exactly(name), withoutExtension(name), ...readings.map(asRead)]) {
      const partner = this.#found.get(keyOf(under, one))?.find(fits);
      if (partner !== undefined) return partner;
    }
    return null;
  }

  #add(key: string, photo: PlacedPhoto): void {
    const known = this.#found.get(key);
    if (known === undefined) this.#found.set(key, [photo]);
    else known.push(photo);
  }
}

const exactly = (name: string): string => `name ${name}`;
const withoutExtension = (name: string): string => `stem ${stemOf(name)}`;
const asRead = (name: string): string => `reading ${name}`;
const keyOf = (under: string | null, name: string): string => JSON.stringify([under, name]);
