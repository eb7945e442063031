import { basename, dirname, join, sep } from 'node:path';
import { namePattern, safeComponent, withSlashes } from '../shared/name-template.ts';
import { defaultOptions } from '../shared/options.ts';
import { isPhotoName, stemOf } from '../shared/photo-extensions.ts';

/**
 * Judges by names alone: a file may be a result when its name is what the name template (the one in use or the default) gives
 * for another photo that lies where the template would have found it.
 */
export class ResultNames {
  readonly #rules: { pattern: RegExp; folders: number }[];

  constructor(template: string) {
    this.#rules = [...new Set([template, defaultOptions.name])].map(withSlashes).flatMap((text) => {
      const pattern = namePattern(text);
      return pattern === null ? [] : [{ pattern, folders: text.split('/').filter((part) => part !== '').length - 1 }];
    });
  }

  /** Whether `path` may be the result of one of the photos, and not of itself. */
  isResultOfOneOf(path: string, photos: PhotosByResult): boolean {
    return this.readings(path).some(({ folder, name }) => photos.called(folder, name).some((photo) => photo !== path));
  }

  /** What each rule reads from a path: where the photo would lie, and how its name would be spelt, with or without extension. */
  readings(path: string): { folder: string; name: string }[] {
    return this.#rules.flatMap(({ pattern, folders }) => {
      const folder = join(dirname(path), ...Array.from({ length: folders }, () => '..'));
      const inside = path
        .slice(folder.length)
        .split(sep)
        .filter((part) => part !== '');
      const name = pattern.exec(stemOf(inside.join('/')))?.groups?.name;
      return name === undefined ? [] : [{ folder, name }];
    });
  }
}

/** How results call a photo of that file name: without and with its extension. Nothing for what is no photo. */
const namesOf = (photo: string): string[] => (isPhotoName(photo) ? [safeComponent(stemOf(photo)), safeComponent(photo)] : []);

/** `name` is how results call this photo. */
export const isNamed = (photo: string, name: string): boolean => namesOf(photo).includes(name);

/** Photos by how their results call them: to find one must not cost more with every photo there is. */
export class PhotosByResult {
  readonly #paths = new Map<string, string[]>();

  constructor(paths: Iterable<string>) {
    for (const path of paths) {
      for (const name of namesOf(basename(path))) {
        const key = join(dirname(path), name);
        const known = this.#paths.get(key);
        if (known === undefined) this.#paths.set(key, [path]);
        else known.push(path);
      }
    }
  }

  /** The photos in `folder` that results call `name`. */
  called(folder: string, name: string): readonly string[] {
    return this.#paths.get(join(folder, name)) ?? [];
  }
}
