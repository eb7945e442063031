import { dirname, join, relative, resolve } from 'node:path';
import type { Settings } from '../../../shared/settings.ts';
import { isWithin } from '../../photo-walk.ts';
import { ResultNames } from '../../result-names.ts';
import type { Reading } from '../list/result-links.ts';
import type { OpenedRoots } from './opened-roots.ts';

/** Reads from a result's path which photo it may be of: by the name template and, in the folder for results, by the tree that is mirrored there. */
export class ResultPlaces {
  readonly #settings: () => Settings;
  readonly #roots: OpenedRoots;
  #names: { template: string; rules: ResultNames } | null = null;

  constructor(settings: () => Settings, roots: OpenedRoots) {
    this.#settings = settings;
    this.#roots = roots;
  }

  /** The folder for results; null where they go beside the originals. */
  get output(): string | null {
    const { output } = this.#settings().options;
    return output === null ? null : resolve(output);
  }

  readings(path: string): Reading[] {
    const { output } = this;
    const readings = this.#rules().readings(path);
    if (output === null) return readings;
    return readings.flatMap(({ folder, name }) => [folder, ...this.#mirroredIn(output, folder)].map((place) => ({ folder: place, name })));
  }

  /** Folders whose results would lie in `folder`. */
  #mirroredIn(output: string, folder: string): string[] {
    if (!isWithin(output, folder)) return [];
    const under = relative(output, folder);
    const places = this.#roots.all().flatMap(({ path, kind }) => {
      if (kind === 'folder') return [join(path, under)];
      return under === '' ? [dirname(path)] : [];
    });
    return [...new Set(places)];
  }

  #rules(): ResultNames {
    const template = this.#settings().options.name;
    if (this.#names?.template !== template) this.#names = { template, rules: new ResultNames(template) };
    return this.#names.rules;
  }
}
