import { Problem } from '../../shared/problem.ts';
import { sentence, type Sentence } from '../../shared/sentence.ts';

/** What an error of the file system on writing into `folder` means; any other error is given back as it is. */
export function storageProblem(error: unknown, folder: string): unknown {
  if (error instanceof Problem || !(error instanceof Error) || !('code' in error)) return error;
  const code = String(error.code);
  const meaning = meanings.find(({ codes }) => codes.includes(code));
  if (meaning === undefined) return error;
  const { problem, message, advice } = meaning;
  return new Problem(problem, message, { detail: `${folder}: ${code}`, cause: error, ...(advice === undefined ? {} : { advice }) });
}

interface Meaning {
  readonly codes: readonly string[];
  readonly problem: 'not-enough-disk' | 'not-writable';
  readonly message: Sentence;
  readonly advice?: Sentence;
}

const meanings: readonly Meaning[] = [
  { codes: ['ENOSPC', 'EDQUOT'], problem: 'not-enough-disk', message: sentence('disk.full') },
  { codes: ['EFBIG'], problem: 'not-enough-disk', message: sentence('disk.fileTooLarge') },
  { codes: ['EACCES', 'EPERM', 'EROFS'], problem: 'not-writable', message: sentence('disk.resultFolderForbidden') },
  {
    codes: ['ENOENT', 'ENOTDIR', 'EEXIST', 'ENODEV', 'EIO', 'ESTALE'],
    problem: 'not-writable',
    message: sentence('disk.resultFolderMissing'),
  },
  {
    codes: ['ENAMETOOLONG'],
    problem: 'not-writable',
    message: sentence('disk.nameTooLong'),
    advice: sentence('disk.nameTooLong.advice'),
  },
];
