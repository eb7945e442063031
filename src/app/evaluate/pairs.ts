import { stat } from 'node:fs/promises';
import { basename, dirname, relative, resolve } from 'node:path';
import { stemOf } from '../../shared/photo-extensions.ts';
import { Problem } from '../../shared/problem.ts';
import { walkPhotos } from '../photo-walk.ts';
import { isNamed, ResultNames } from '../result-names.ts';

export interface PairRequest {
  /** Folders, or single files; null where none was given. */
  readonly results: string;
  readonly reference: string | null;
  readonly sources: string | null;
  /** How results are named, by which their photos are found. */
  readonly template: string;
}

export interface Pair {
  /** Absolute, as the others. */
  readonly result: string;
  readonly reference: string | null;
  readonly source: string | null;
}

/** A file for which nothing was found that it belongs to. */
export interface Alone {
  readonly path: string;
  readonly missing: 'result' | 'reference' | 'source';
}

interface Photo {
  readonly path: string;
  /** The folder it lies in, relative to the one that was given; null for a file that was given itself, which fits everything. */
  readonly under: string | null;
}

/**
 * What belongs to each result, in the same place below its folder: a file of the same name, else one of the name that the
 * template gave the result. Where results lie among their sources, only those are results whose source is there.
 * @throws Problem not-found
 */
export async function findPairs({ results, reference, sources, template }: PairRequest): Promise<{ pairs: Pair[]; alone: Alone[] }> {
  const names = new ResultNames(template);
  const [made, references, originals] = await Promise.all([photosIn(results), optional(reference), optional(sources)]);
  const together = sources !== null && resolve(sources) === resolve(results);
  const isResult = ({ path }: Photo): boolean =>
    names.isResultOfOneOf(path, (folder) => made.filter((photo) => dirname(photo.path) === folder).map((photo) => basename(photo.path)));
  const shown = together ? made.filter(isResult) : made;
  const pairs = shown.map((photo): Pair => ({
    result: photo.path,
    reference: partnerOf(photo, references ?? [], names)?.path ?? null,
    source: partnerOf(photo, together ? made.filter((other) => other.path !== photo.path) : (originals ?? []), names)?.path ?? null,
  }));
  const without = (missing: 'reference' | 'source'): Alone[] =>
    pairs.filter((pair) => pair[missing] === null).map(({ result }) => ({ path: result, missing }));
  const left = (photos: readonly Photo[], taken: readonly (string | null)[]): Alone[] =>
    photos.filter(({ path }) => !taken.includes(path)).map(({ path }) => ({ path, missing: 'result' }));
  return {
    pairs,
    alone: [
      ...(references === null
        ? []
        : [
            ...without('reference'),
            ...left(
              references,
              pairs.map((pair) => pair.reference),
            ),
          ]),
      ...(originals === null ? [] : without('source')),
      ...(originals === null || together
        ? []
        : left(
            originals,
            pairs.map((pair) => pair.source),
          )),
    ],
  };
}

function partnerOf(result: Photo, candidates: readonly Photo[], names: ResultNames): Photo | null {
  const given = candidates.find(({ under }) => under === null);
  if (given !== undefined) return given;
  const near = candidates.filter(({ under }) => result.under === null || under === result.under);
  const named = basename(result.path);
  const readings = names.readings(result.path).map(({ name }) => name);
  return (
    near.find(({ path }) => basename(path) === named) ??
    near.find(({ path }) => stemOf(basename(path)) === stemOf(named)) ??
    near.find(({ path }) => readings.some((name) => isNamed(basename(path), name))) ??
    null
  );
}

const optional = async (path: string | null): Promise<Photo[] | null> => (path === null ? null : photosIn(path));

async function photosIn(given: string): Promise<Photo[]> {
  const root = resolve(given);
  const file = await stat(root).catch((error: unknown) => {
    throw new Problem('not-found', `There is no file or folder called ${given}.`, { detail: String(error), cause: error });
  });
  if (!file.isDirectory()) return [{ path: root, under: null }];
  const photos: Photo[] = [];
  for await (const step of walkPhotos(root, { sorted: true })) {
    if (step.problem !== undefined) {
      throw new Problem('not-readable', `A folder cannot be read: ${step.folder}.`, { detail: String(step.problem), cause: step.problem });
    }
    for (const { path } of step.photos) photos.push({ path, under: relative(root, step.folder) });
  }
  return photos;
}
