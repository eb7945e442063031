import { basename, dirname, join } from 'node:path';
import type { PhotoState } from '../../shared/library.ts';
import type { JobState } from '../../shared/queue.ts';
import { extensionOf, photoExtensions } from '../../shared/photo-extensions.ts';
import { naturalKey } from './natural-key.ts';

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
  modified: number;
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

export function libraryFile(id: number, path: string, fileBytes: number, modified: number): LibraryFile {
  const name = basename(path);
  return {
    ...{ id, folder: dirname(path), name, format: photoExtensions[extensionOf(name)] ?? extensionOf(name), sortKey: naturalKey(name) },
    ...{ fileBytes, modified, width: null, height: null, original: null, results: noResults, marked: null },
    ...{ jobId: null, jobState: null, opened: false, hidden: false, visible: false, shown: false },
  };
}

export const pathOf = ({ folder, name }: LibraryFile): string => join(folder, name);

/** Changes with the file's content: an edited photo is another photo to whoever kept pixels of it. */
export const versionOf = ({ fileBytes, modified }: LibraryFile): string => `${Math.round(modified).toString(36)}-${fileBytes.toString(36)}`;

/** What has become of a photo, and so what its card says. */
export function stateOf({ jobState, results }: LibraryFile): PhotoState {
  if (jobState === 'done' || jobState === 'cancelled' || jobState === null) return results.length > 0 ? 'done' : 'new';
  return jobState;
}

/** The newest of a photo's results. */
export const newestResult = ({ results }: LibraryFile): LibraryFile | null =>
  results.reduce<LibraryFile | null>((newest, result) => (newest === null || result.modified >= newest.modified ? result : newest), null);
