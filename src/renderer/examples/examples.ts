import type { modelPurposes } from '../../shared/catalogue.ts';

/**
 * A picture of what models of each kind do, before on the left and after on the right; made by `scripts/example-pictures.mjs`. Of faces there
 * is none: no model for them comes with Onestep.
 */
export const examples: Readonly<Record<Exclude<(typeof modelPurposes)[number], 'faces'>, string>> = {
  photos: new URL('photos.webp', import.meta.url).href,
  damaged: new URL('damaged.webp', import.meta.url).href,
  drawings: new URL('drawings.webp', import.meta.url).href,
  clean: new URL('clean.webp', import.meta.url).href,
};
