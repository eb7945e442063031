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

  /** Whether `path` may be the result of a photo that `namesIn` lists for its folder. */
  isResultOfOneOf(path: string, namesIn: (folder: string) => readonly string[]): boolean {
    return this.readings(path).some(({ folder, name }) =>
      namesIn(folder).some((photo) => isNamed(photo, name) && (folder !== dirname(path) || photo !== basename(path))),
    );
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

/** `name` is how results call this photo: with or without its extension. */
export const isNamed = (photo: string, name: string): boolean =>
  isPhotoName(photo) && (safeComponent(stemOf(photo)) === name || safeComponent(photo) === name);
