import rows from './known-models.json' with { type: 'json' };

/** What is known of a model file, whoever gave it another name; facts of OpenModelDB and of our catalogue. */
export interface KnownModel {
  readonly name: string;
  readonly author: string;
  /** {@link notStated} where its author did not say. */
  readonly licence: string;
  readonly scale: number;
  /** Empty where that is not told. */
  readonly purpose: string;
}

/** The licence of a model of which none is known. */
export const notStated = 'not stated';

/** What models are for, as their cards say it. */
const purposes: Readonly<Record<string, string>> = {
  photos: 'photographs',
  damaged: 'noisy, compressed or otherwise damaged pictures',
  faces: 'faces',
  text: 'text',
  drawings: 'drawings',
  games: 'textures and pictures of games',
};

/** By the sha256 of its files, the first of which that is known counts: one `.bin` may serve two `.param`. Null where none is known. */
export function knownModel(sources: readonly { readonly sha256: string }[]): KnownModel | null {
  for (const { sha256 } of sources) {
    const row = (rows as Readonly<Record<string, string>>)[sha256];
    if (row === undefined) continue;
    const [name = '', author = '', licence = '', scale = '', purpose = ''] = row.split('\t');
    return { name, author, licence: licence === '' ? notStated : licence, scale: Number(scale), purpose: purposes[purpose] ?? '' };
  }
  return null;
}
