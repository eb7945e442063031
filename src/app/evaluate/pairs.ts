import { stat } from 'node:fs/promises';
import { basename, dirname, relative, resolve } from 'node:path';
import type { Pair } from '../../shared/evaluation.ts';
import { safeComponent } from '../../shared/name-template.ts';
import { stemOf } from '../../shared/photo-extensions.ts';
import { Problem } from '../../shared/problem.ts';
import { sentence } from '../../shared/sentence.ts';
import type { LeftOut } from '../left-out.ts';
import { isWithin, walkPhotos } from '../photo-walk.ts';
import { PhotosByResult, ResultNames } from '../result-names.ts';
import { Partners, type PlacedPhoto } from './partners.ts';

export interface PairRequest {
  /** Folders, or single files; null where none was given. */
  readonly results: string;
  readonly reference: string | null;
  readonly sources: string | null;
  /** How results are named, by which their photos are found. */
  readonly template: string;
}

/** A file for which nothing was found that it belongs to. */
export interface Alone {
  readonly path: string;
  readonly missing: 'result' | 'reference' | 'source';
}

/** A result and the photo it was made of. */
export interface Enhanced {
  readonly result: string;
  readonly source: string;
}

interface Paired {
  readonly pairs: Pair[];
  /** Files that cannot be looked at. */
  readonly leftOut: readonly LeftOut[];
  readonly alone: Alone[];
}

/**
 * What belongs to each result, in the same place below its folder: a file of the same name, else one of the name that the
 * template gave the result. Where results lie among their sources, only those are results whose source is there.
 * @throws Problem not-found
 */
export async function findPairs({ results, reference, sources, template }: PairRequest): Promise<Paired> {
  const names = new ResultNames(template);
  const leftOut: LeftOut[] = [];
  const [made, references, originals] = await Promise.all([
    photosIn(results, leftOut),
    optional(reference, leftOut),
    optional(sources, leftOut),
  ]);
  const together = sources !== null && resolve(sources) === resolve(results);
  const photos = new PhotosByResult(together ? made.map(({ path }) => path) : []);
  const isResult = ({ path }: PlacedPhoto): boolean => names.isResultOfOneOf(path, photos);
  const shown = together ? made.filter(isResult) : made;
  const [referencesOf, sourcesOf] = [new Partners(references ?? [], false), new Partners((together ? made : originals) ?? [], together)];
  const pairs = shown.map((photo): Pair => {
    const readings = names.readings(photo.path).map(({ name }) => name);
    return {
      result: photo.path,
      reference: referencesOf.of(photo, readings)?.path ?? null,
      source: sourcesOf.of(photo, readings)?.path ?? null,
    };
  });
  return {
    pairs,
    leftOut,
    alone: [
      ...(references === null ? [] : [...without('reference', pairs), ...left('reference', references, pairs)]),
      ...(originals === null ? [] : without('source', pairs)),
      ...(originals === null || together ? [] : left('source', originals, pairs)),
    ],
  };
}

/**
 * Pairs of results whose photos are known, with the references that {@link findPairs} would find, had the folder that holds all the
 * photos been given: in the same place below theirs, of the name of the result or of its photo.
 * @throws Problem not-found
 */
export async function pairsWithReferences(known: readonly Enhanced[], reference: string | null): Promise<Paired> {
  const leftOut: LeftOut[] = [];
  const references = await optional(reference, leftOut);
  const partners = new Partners(references ?? [], false);
  const home = folderOfAll(known.map(({ source }) => source));
  const pairs = known.map(({ result, source }): Pair => {
    const under = home === null ? null : relative(home, dirname(source));
    const partner = partners.of({ path: result, under }, [safeComponent(stemOf(basename(source)))]);
    return { result, reference: partner?.path ?? null, source };
  });
  return { pairs, leftOut, alone: references === null ? [] : [...without('reference', pairs), ...left('reference', references, pairs)] };
}

/** The innermost folder that holds all of the files; null for files of different drives, and for none. */
function folderOfAll(files: readonly string[]): string | null {
  const folders = [...new Set(files.map((file) => dirname(file)))];
  let [home = null] = folders;
  while (home !== null && !folders.every((folder) => isWithin(home ?? '', folder))) home = dirname(home) === home ? null : dirname(home);
  return home;
}

const without = (missing: 'reference' | 'source', pairs: readonly Pair[]): Alone[] =>
  pairs.filter((pair) => pair[missing] === null).map(({ result }) => ({ path: result, missing }));

function left(kind: 'reference' | 'source', photos: readonly PlacedPhoto[], pairs: readonly Pair[]): Alone[] {
  const taken = new Set(pairs.map((pair) => pair[kind]));
  return photos.filter(({ path }) => !taken.has(path)).map(({ path }) => ({ path, missing: 'result' }));
}

const optional = async (path: string | null, leftOut: LeftOut[]): Promise<PlacedPhoto[] | null> =>
  path === null ? null : photosIn(path, leftOut);

async function photosIn(given: string, leftOut: LeftOut[]): Promise<PlacedPhoto[]> {
  const root = resolve(given);
  const file = await stat(root).catch((error: unknown) => {
    throw new Problem('not-found', sentence('pairs.missing', { path: given }), { detail: String(error), cause: error });
  });
  if (!file.isDirectory()) return [{ path: root, under: null }];
  const photos: PlacedPhoto[] = [];
  for await (const step of walkPhotos(root, { sorted: true })) {
    if (step.problem !== undefined) {
      throw new Problem('not-readable', sentence('pairs.folder', { path: step.folder }), {
        detail: String(step.problem),
        cause: step.problem,
      });
    }
    for (const { path } of step.photos) photos.push({ path, under: relative(root, step.folder) });
    leftOut.push(...step.leftOut);
  }
  return photos;
}
