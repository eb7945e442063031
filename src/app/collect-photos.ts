import { stat } from 'node:fs/promises';
import { relative, resolve } from 'node:path';
import { refusedFile, samePhoto, unreadableFolder, type LeftOut } from './left-out.ts';
import { walkPhotos } from './photo-walk.ts';
import { PhotosByResult, ResultNames } from './result-names.ts';
import { SamePhotos } from './same-photos.ts';

export interface FoundPhoto {
  /** Absolute. */
  readonly path: string;
  /** The folder it lies in, relative to the folder that was given; empty for files that were named themselves. */
  readonly under: string;
  /** It was not chosen itself, so it shall be left alone if it turns out to be a result of ours. */
  readonly skipIfResult: boolean;
}

export interface Collected {
  readonly photos: readonly FoundPhoto[];
  readonly leftOut: readonly LeftOut[];
}

export interface CollectOptions {
  /** The name template in use, by which likely results are told among named files. */
  readonly template: string;
  /** The folder for results: not searched when it lies inside a given folder. */
  readonly output: string | null;
}

/**
 * The photos among files and folders, each file once by whatever paths, folders searched to any depth and sorted the way people count (2 before 10).
 * Files that were named are always taken, whatever they are called: a missing one too, so that it fails by name. In folders only
 * photo extensions count; hidden files and the droppings of operating systems are passed over; links are followed, loops are not.
 *
 * Results of ours are known by the mark inside them, which the engine reads. They are to be left alone when they were found in a
 * folder, or named together with the photo that their name says they come from (a shell's `*.jpg`).
 */
export async function collectPhotos(given: readonly string[], { template, output }: CollectOptions): Promise<Collected> {
  const search = new Search(output === null ? null : resolve(output));
  for (const path of given) await search.add(resolve(path));
  const results = new ResultNames(template);
  const { photos: once, again } = await new SamePhotos().once([...search.found.values()], ({ path }) => path);
  const found = new PhotosByResult(search.found.keys());
  const photos = once.map(({ path, under, named }) => ({
    path,
    under,
    skipIfResult: !named || results.isResultOfOneOf(path, found),
  }));
  return { photos, leftOut: [...search.leftOut, ...again.map(({ path, taken }) => samePhoto(path, taken))] };
}

interface Found {
  readonly path: string;
  readonly under: string;
  readonly named: boolean;
}

class Search {
  readonly found = new Map<string, Found>();
  readonly leftOut: LeftOut[] = [];
  readonly #output: string | null;
  readonly #visited = new Set<string>();

  constructor(output: string | null) {
    this.#output = output;
  }

  async add(path: string): Promise<void> {
    const file = await stat(path).catch(() => null);
    if (file?.isDirectory() === true) await this.#search(path);
    else if (file === null || file.isFile()) this.#take({ path, under: '', named: true });
    else this.leftOut.push(await refusedFile(path, null));
  }

  #take(photo: Found): void {
    const known = this.found.get(photo.path);
    this.found.set(photo.path, known === undefined ? photo : { ...known, named: known.named || photo.named });
  }

  async #search(root: string): Promise<void> {
    for await (const { folder, ...step } of walkPhotos(root, { visited: this.#visited, without: this.#output, sorted: true })) {
      if (step.problem === undefined) {
        for (const { path } of step.photos) this.#take({ path, under: relative(root, folder), named: false });
        this.leftOut.push(...step.leftOut);
      } else this.leftOut.push(unreadableFolder(folder, step.problem));
    }
  }
}
