import type { LibraryQuery } from '../../shared/library.ts';
import { isWithin } from './file-index.ts';
import { stateOf, type LibraryFile } from './library-file.ts';

/**
 * Whether a photo of the list is one that the query asks for. Photos whose size nobody has looked up pass no limit on megapixels.
 * @param shownFolder what of a folder's path is searched for text
 */
export function filterOf(query: LibraryQuery, shownFolder: (folder: string) => string): (file: LibraryFile) => boolean {
  const search = query.search.trim().toLowerCase();
  const { folder: wanted, states, formats, minMegapixels, maxMegapixels } = query;
  const tests: ((file: LibraryFile) => boolean)[] = [];
  if (wanted !== null) tests.push(ofFolder((folder) => isWithin(wanted, folder)));
  if (formats.length > 0) tests.push(({ format }) => formats.includes(format));
  if (states.length > 0) tests.push((file) => states.includes(stateOf(file)));
  if (minMegapixels !== null) tests.push((file) => (megapixels(file) ?? -1) >= minMegapixels);
  if (maxMegapixels !== null) tests.push((file) => (megapixels(file) ?? Infinity) <= maxMegapixels);
  if (search !== '') {
    const isInFolder = ofFolder((folder) => shownFolder(folder).toLowerCase().includes(search));
    tests.push((file) => isInFolder(file) || file.name.toLowerCase().includes(search));
  }
  return (file) => tests.every((test) => test(file));
}

/** Whether sizes in pixels decide what the query finds or in which order. */
export const usesPixels = ({ sort, minMegapixels, maxMegapixels }: LibraryQuery): boolean =>
  sort === 'pixels' || minMegapixels !== null || maxMegapixels !== null;

const megapixels = ({ width, height }: LibraryFile): number | null => (width === null || height === null ? null : (width * height) / 1e6);

/** A test of a file's folder, made once for each folder. */
function ofFolder(test: (folder: string) => boolean): (file: LibraryFile) => boolean {
  const answers = new Map<string, boolean>();
  return ({ folder }) => {
    const known = answers.get(folder);
    if (known !== undefined) return known;
    const answer = test(folder);
    answers.set(folder, answer);
    return answer;
  };
}
