/** How somebody who waits for long work hears how far it is, and ends it. */
export interface Watch<Told> {
  /** Once aborted, the work rejects: with Problem `cancelled`, or as what it was at does. */
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((told: Told) => void) | undefined;
}

/** Told 0…1, never less than before. */
export type WorkWatch = Watch<number>;

/** The watch of that part of the work that leads from the fraction `from` to the fraction `to`. */
export const partOf = ({ signal, onProgress }: WorkWatch, from: number, to: number): WorkWatch => ({
  signal,
  onProgress: (fraction) => onProgress?.(from + (to - from) * fraction),
});
