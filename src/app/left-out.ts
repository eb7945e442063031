import { readlink } from 'node:fs/promises';
import { basename } from 'node:path';
import { sentence, type Sentence } from '../shared/sentence.ts';
import { systemCode } from '../system/errors.ts';
import { diskWords } from './disk-words.ts';

/** Something given or found that is not looked at, and why. */
export interface LeftOut {
  readonly path: string;
  readonly reason: 'unreadable-folder' | 'unreadable-file' | 'not-a-file' | 'broken-link' | 'endless-link' | 'odd-name' | 'same-photo';
  readonly message: Sentence;
}

export const unreadableFolder = (path: string, error: unknown): LeftOut => ({
  path,
  reason: 'unreadable-folder',
  message: diskWords('folder', error),
});

/** A file or folder whose name has bytes that are no UTF-8, as from old archives and cards: paths here are Unicode and cannot name it. */
export const oddlyNamed = (path: string): LeftOut => ({ path, reason: 'odd-name', message: sentence('leftOut.oddName') });

/** The same file as another one that is taken: behind a link, under a second name, or named twice. */
export const samePhoto = (path: string, other: string): LeftOut => ({
  path,
  reason: 'same-photo',
  message: sentence('leftOut.samePhoto', { name: basename(other) }),
});

/** @param error why the system does not tell of what is at `path`; null where it is neither a file nor a folder */
export async function refusedFile(path: string, error: unknown): Promise<LeftOut> {
  if (error === null) return { path, reason: 'not-a-file', message: sentence('photo.notAFile') };
  const code = systemCode(error);
  if (code === 'ELOOP') return { path, reason: 'endless-link', message: diskWords('file', error) };
  const target = code === 'ENOENT' || code === 'ENOTDIR' ? await readlink(path).catch(() => null) : null;
  if (target !== null) return { path, reason: 'broken-link', message: sentence('photo.linkToNowhere', { target }) };
  return { path, reason: 'unreadable-file', message: diskWords('file', error) };
}

/** Whether something stays undone by it: of the same photo twice, one is done. */
export const isLoss = ({ reason }: LeftOut): boolean => reason !== 'same-photo';
