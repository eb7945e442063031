import type { PhotoCard, ResultCard } from '../../shared/library.ts';
import { newestResult, pathOf, stateOf, versionOf, type LibraryFile } from './library-file.ts';

/** A photo as the interface shows it. */
export function cardOf(photo: LibraryFile): PhotoCard {
  const { id, name, folder, format, fileBytes, modified, width, height, jobId } = photo;
  const result = newestResult(photo);
  return {
    ...{ id, path: pathOf(photo), name, folder, format, fileBytes, modified, width, height, jobId },
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
