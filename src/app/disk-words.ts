import { messageOf } from '../shared/problem.ts';
import { sentence, type Sentence } from '../shared/sentence.ts';
import { systemCode } from '../system/errors.ts';

/** Why the disk refuses a file or a folder. */
export function diskWords(what: 'file' | 'folder', error: unknown): Sentence {
  const code = systemCode(error);
  if (code === 'ENOENT' || code === 'ENOTDIR') return sentence(`disk.${what}.missing`);
  if (code === 'EACCES' || code === 'EPERM') return sentence(`disk.${what}.forbidden`);
  if (code === 'ELOOP') return sentence(`disk.${what}.endless`);
  if (code === 'ENAMETOOLONG') return sentence(`disk.${what}.tooLong`);
  if (code === 'ESTALE' || code === 'ETIMEDOUT' || code === 'EIO') return sentence('disk.silent');
  return sentence(`disk.${what}.unreadable`, { why: code ?? messageOf(error) });
}
