import type { ModelSummary } from '../../../shared/engine-protocol.ts';
import type { examples } from '../../examples/examples.ts';
import type { WordKey } from '../../words/words.svelte.ts';

/** Models that are one to a person: the same at different scales, the smallest scale first. */
export interface Family {
  readonly name: string;
  /** What the option *model* is set to where the scale is left to the size. */
  readonly choice: string;
  readonly models: readonly [ModelSummary, ...ModelSummary[]];
}

/** What our own models are, in the person's language: their manifests say it in English. */
const own: Readonly<Record<string, WordKey>> = {
  'onestep-photo': 'models.about.photo',
  'onestep-photo-2': 'models.about.photo2',
  dfosd: 'models.about.dfosd',
};

/** The kind of which each of our own is the example; one that was not computed with it has none. */
const ownExamples: Readonly<Record<string, keyof typeof examples>> = { 'onestep-photo': 'photos', 'onestep-photo-2': 'damaged' };

/** In the order of the list, each family where its first model is; what belongs to none is one by itself. */
export function familiesOf(models: readonly ModelSummary[]): Family[] {
  const groups = new Map<string, [ModelSummary, ...ModelSummary[]]>();
  for (const model of models) {
    // Imported models of one family may be of different people.
    const key = model.family === null || model.removable ? `id ${model.id}` : `family ${model.family}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [model]);
    else group.push(model);
  }
  return [...groups.values()].map((group) => {
    group.sort((a, b) => a.scale - b.scale);
    const [{ id, name, family, removable }] = group;
    if (group.length > 1) return { name: sharedName(group) ?? name, choice: family ?? id, models: group };
    return { name: family === null || removable ? name : withoutScale(name), choice: id, models: group };
  });
}

/** The scales of a family stand beside its name. */
const withoutScale = (name: string): string => name.replace(/\s*×\d+$/, '');

/** What of their names they have in common: of “Photo ×2” and “Photo ×4”, “Photo”. Null where that is nothing. */
function sharedName(models: readonly [ModelSummary, ...ModelSummary[]]): string | null {
  const [{ name: first }] = models;
  let length = first.length;
  for (const { name } of models) while (!name.startsWith(first.slice(0, length))) length -= 1;
  const shared = first.slice(0, length).replace(/[\s×x(–-]+$/, '');
  return shared === '' ? null : shared;
}

/** What there are words for; otherwise what the manifest says. */
export const aboutOf = ({ family, removable }: ModelSummary): WordKey | undefined =>
  family === null || removable ? undefined : own[family];

/** What shows what a model does; undefined for those of other people. */
export const exampleOf = ({ family, removable }: ModelSummary): keyof typeof examples | undefined =>
  family === null || removable ? undefined : ownExamples[family];
