import { basename, dirname, join } from 'node:path';
import type { PhotoCard, PhotoState, ResultCard } from '../../../shared/library.ts';
import { extensionOf, photoExtensions } from '../../../shared/photo-extensions.ts';
import type { JobState } from '../../../shared/queue.ts';
import type { FileOnDisk } from '../../photo-walk.ts';
import { photoVersion } from '../../photos/photo-version.ts';
import { naturalKey } from './sorting.ts';

/** A photo or a result that the library knows of. */
export interface LibraryFile {
  readonly id: number;
  readonly folder: string;
  readonly name: string;
  /** As the extension says. */
  readonly format: string;
  /** Sorts like the name, but by plain comparison. */
  readonly sortKey: string;
  fileBytes: number;
  /** Milliseconds since 1970; `touched` is when anything about the file was changed, its name or place included. */
  modified: number;
  touched: number;
  /** Upright size in pixels, once somebody has looked. */
  width: number | null;
  height: number | null;
  /** The photo that this is a result of: then it is not listed by itself. */
  original: LibraryFile | null;
  /** Results of this photo, in the order in which they were found. */
  results: readonly LibraryFile[];
  /** Whether it carries our mark; null until somebody has looked. */
  marked: boolean | null;
  jobId: string | null;
  jobState: JobState | null;
  /** Lies in an opened folder or was opened itself; a result elsewhere is known only through its original. */
  opened: boolean;
  /** Taken off the list by the person. */
  hidden: boolean;
  /** Stands in the list, as all of the above comes to. */
  visible: boolean;
  /** Somebody has asked for its card, and so is told when it changes. */
  shown: boolean;
}

const noResults: readonly LibraryFile[] = [];

export function libraryFile(id: number, { path, fileBytes, modified, touched }: FileOnDisk): LibraryFile {
  const name = basename(path);
  return {
    id,
    folder: dirname(path),
    name,
    format: photoExtensions[extensionOf(name)] ?? extensionOf(name),
    sortKey: naturalKey(name),
    fileBytes,
    modified,
    touched,
    width: null,
    height: null,
    original: null,
    results: noResults,
    marked: null,
    jobId: null,
    jobState: null,
    opened: false,
    hidden: false,
    visible: false,
    shown: false,
  };
}

export const pathOf = ({ folder, name }: LibraryFile): string => join(folder, name);

export const versionOf = ({ fileBytes, modified, touched }: Omit<FileOnDisk, 'path'>): string =>
  photoVersion({ size: fileBytes, mtimeMs: modified, ctimeMs: touched });

/** What has become of a photo, and so what its card says. */
export function stateOf({ jobState, results }: LibraryFile): PhotoState {
  if (jobState === 'done' || jobState === 'cancelled' || jobState === null) return results.length > 0 ? 'done' : 'new';
  // Left alone because there is a result: nothing has changed for the photo.
  return jobState === 'skipped' && results.length > 0 ? 'done' : jobState;
}

/** A photo's results, the newest first. */
export const resultsOf = ({ results }: LibraryFile): ResultCard[] =>
  [...results].sort((one, other) => other.touched - one.touched).map(resultCardOf);

/** The newest of a photo's results. */
export const newestResult = ({ results }: LibraryFile): LibraryFile | null =>
  results.reduce<LibraryFile | null>((newest, result) => (newest === null || result.touched >= newest.touched ? result : newest), null);

/** A photo as the interface shows it. */
export function cardOf(photo: LibraryFile): PhotoCard {
  const { id, name, folder, format, fileBytes, modified, width, height, jobId } = photo;
  const result = newestResult(photo);
  return {
    id,
    path: pathOf(photo),
    name,
    folder,
    format,
    fileBytes,
    modified,
    width,
    height,
    jobId,
    version: versionOf(photo),
    state: stateOf(photo),
    result: result === null ? null : resultCardOf(result),
  };
}

const resultCardOf = (result: LibraryFile): ResultCard => ({
  id: result.id,
  path: pathOf(result),
  version: versionOf(result),
  width: result.width,
  height: result.height,
});
