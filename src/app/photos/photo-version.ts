import type { Stats } from 'node:fs';
import { stat } from 'node:fs/promises';

/**
 * Tells one content of a file from the next, for pixel addresses. The time of the last change of the file itself is part of it,
 * because results bear their photo's time of modification.
 */
export const photoVersion = ({ size, mtimeMs, ctimeMs }: Pick<Stats, 'size' | 'mtimeMs' | 'ctimeMs'>): string =>
  [size, mtimeMs, ctimeMs].map((value) => Math.round(value).toString(36)).join('-');

/** What lies at a path, to be told from what will lie there: null for nothing. */
export const versionAt = async (path: string): Promise<string | null> => stat(path).then(photoVersion, () => null);
