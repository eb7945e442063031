import type { LibraryQuery } from '../../shared/library.ts';
import { isWithin } from './file-index.ts';
import { pathOf, stateOf, type LibraryFile } from './library-file.ts';

/**
 * Whether a photo of the list is one that the query asks for. Photos whose size nobody has looked up pass no limit on megapixels.
 * @param shownPath what of a photo's path is searched for text
 */
export function filterOf(query: LibraryQuery, shownPath: (file: LibraryFile) => string): (file: LibraryFile) => boolean {
  const search = query.search.trim().toLowerCase();
  const { folder, states, formats, minMegapixels, maxMegapixels } = query;
  const tests: ((file: LibraryFile) => boolean)[] = [];
  if (folder !== null) tests.push((file) => isWithin(folder, pathOf(file)));
  if (formats.length > 0) tests.push(({ format }) => formats.includes(format));
  if (states.length > 0) tests.push((file) => states.includes(stateOf(file)));
  if (minMegapixels !== null) tests.push((file) => (megapixels(file) ?? -1) >= minMegapixels);
  if (maxMegapixels !== null) tests.push((file) => (megapixels(file) ?? Infinity) <= maxMegapixels);
  if (search !== '') tests.push((file) => shownPath(file).toLowerCase().includes(search));
  return (file) => tests.every((test) => test(file));
}

/** Whether sizes in pixels decide what the query finds or in which order. */
export const usesPixels = ({ sort, minMegapixels, maxMegapixels }: LibraryQuery): boolean =>
  sort === 'pixels' || minMegapixels !== null || maxMegapixels !== null;

const megapixels = ({ width, height }: LibraryFile): number | null => (width === null || height === null ? null : (width * height) / 1e6);
