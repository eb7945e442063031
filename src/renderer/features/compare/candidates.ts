import type { ModelSummary } from '../../../shared/engine-protocol.ts';
import type { Options } from '../../../shared/options.ts';

/** A way to enhance: a model and, where it has one, its strength. */
export interface Candidate {
  readonly model: string;
  readonly strength: number | null;
}

export const candidateKey = ({ model, strength }: Candidate): string => `${model} ${strength}`;

/** The strengths that are held against each other: both ends of the option's range and its middle. */
const triedStrengths = [0, 0.5, 1];

/** Every way that can be tried, model by model. */
export const candidatesOf = (models: readonly ModelSummary[]): Candidate[] =>
  models
    .filter(({ problem }) => problem === null)
    .flatMap(({ id, options }): Candidate[] =>
      options.includes('strength') ? triedStrengths.map((strength) => ({ model: id, strength })) : [{ model: id, strength: null }],
    );

const firstTried = 4;

/**
 * What is tried unasked: the model that was chosen in all its strengths, then the others. With `auto`, the models of the scale that
 * is wanted come first, as they are the ones that `auto` takes; experimental ones, which it does not, come last.
 */
export function firstCandidates(models: readonly ModelSummary[], options: Options, scale: number | null): Candidate[] {
  const rank = ({ id, scale: own, experimental }: ModelSummary): number => {
    if (id === options.model) return 0;
    if (experimental) return 3;
    return options.model === 'auto' && own === scale ? 1 : 2;
  };
  return candidatesOf(models.toSorted((a, b) => rank(a) - rank(b))).slice(0, firstTried);
}
