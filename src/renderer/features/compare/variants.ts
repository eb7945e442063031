import type { ModelSummary } from '../../../shared/engine-protocol.ts';
import { dialNames, options as rows, type DialName, type Options } from '../../../shared/options.ts';
import { percent } from '../../words/amounts.ts';
import { say } from '../../words/words.svelte.ts';

/** A model with its dials set: one of the ways to enhance a photo that are held against each other. */
export interface Variant {
  readonly model: string;
  /** Null where the model has no such dial; absent dials are as in the options. */
  readonly dials: Partial<Readonly<Record<DialName, number | null>>>;
  /** There where its dial is as the model sets it by itself: at what, if that is known. */
  readonly usual?: number | null;
}

export const variantKey = ({ model, dials }: Pick<Variant, 'model' | 'dials'>): string => `${model} ${JSON.stringify(dials)}`;

/** The options that a variant is made with; what it does not say is as in `options`. */
export const optionsOf = ({ model, dials }: Pick<Variant, 'model' | 'dials'>, options: Options): Options => ({
  ...options,
  model,
  ...dials,
});

const setDials = ({ dials }: Pick<Variant, 'dials'>): [DialName, number][] =>
  dialNames.flatMap((name): [DialName, number][] => (typeof dials[name] === 'number' ? [[name, dials[name]]] : []));

/** What a variant is called among those of its model, such as “Strength 50 %”. */
export const variantWords = (variant: Variant): string =>
  setDials(variant)
    .map(([name, value]) => say('compare.models.with', { dial: say(`option.${name}`), value: percent(value) }))
    .join(' · ') ||
  (usualWords(variant) ?? say('compare.models.only'));

/** How the dials of a variant are set, in short; empty where its model has none. */
export const variantDials = (variant: Variant): string =>
  [...setDials(variant).map(([, value]) => percent(value)), ...(variant.usual === undefined ? [] : [say('dial.usual')])].join(' · ');

/** What a variant is called among those of several models: the model’s name and how its dials are set. */
export const variantTitle = (variant: Variant, model: string): string =>
  [model, variantDials(variant)].filter((words) => words !== '').join(' · ');

const usualWords = ({ usual }: Variant): string | null =>
  usual === undefined ? null : usual === null ? say('dial.usual') : say('compare.models.default', { value: percent(usual) });

/** The positions of a dial that are held against each other beside the model's own: both ends of its range and the middle. */
function triedValues(name: DialName): number[] {
  const { min, max } = rows[name].range ?? { min: 0, max: 1 };
  return [min, (min + max) / 2, max];
}

/** Every variant that can be tried, model by model: as the model does by itself, then each position of the first dial that it has. */
export const variantsOf = (models: readonly ModelSummary[]): Variant[] =>
  models
    .filter(({ problem, faces }) => problem === null && faces === null)
    .flatMap(({ id, options, defaults }): Variant[] => {
      const absent = Object.fromEntries(dialNames.filter((name) => !options.includes(name)).map((name) => [name, null]));
      const dial = dialNames.find((name) => options.includes(name));
      if (dial === undefined) return [{ model: id, dials: absent }];
      const usual = defaults[dial] ?? null;
      const positions = triedValues(dial).filter((value) => value !== usual);
      return [
        { model: id, dials: { ...absent, [dial]: null }, usual },
        ...positions.map((value) => ({ model: id, dials: { ...absent, [dial]: value } })),
      ];
    });

/** With the photo as it is, two rows of three. */
const firstTried = 5;

/**
 * What is tried unasked: the model that was chosen in all its variants, then the others. With `auto`, the models of the scale that
 * is wanted come first, as they are the ones that `auto` takes; experimental ones, which it does not, come last.
 */
export function firstVariants(models: readonly ModelSummary[], options: Options, scale: number | null): Variant[] {
  const rank = ({ id, family, scale: own, experimental }: ModelSummary): number => {
    if (id === options.model) return 0;
    if (family === options.model) return own === scale ? 0 : 1;
    if (experimental) return 3;
    return options.model === 'auto' && own === scale ? 1 : 2;
  };
  return variantsOf(models.toSorted((a, b) => rank(a) - rank(b))).slice(0, firstTried);
}
