import { sentence, type Sentence } from '../shared/sentence.ts';

/** Why the disk refuses a file or a folder. */
export function diskWords(what: 'file' | 'folder', error: unknown): Sentence {
  const code = (error as NodeJS.ErrnoException).code;
  if (code === 'ENOENT' || code === 'ENOTDIR') return sentence(`disk.${what}.missing`);
  if (code === 'EACCES' || code === 'EPERM') return sentence(`disk.${what}.forbidden`);
  if (code === 'ELOOP') return sentence(`disk.${what}.endless`);
  return sentence(`disk.${what}.unreadable`, { why: error instanceof Error ? error.message : String(error) });
}
