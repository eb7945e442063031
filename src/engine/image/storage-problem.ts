import { Problem } from '../../shared/problem.ts';

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
  readonly message: string;
  readonly advice?: string;
}

const meanings: readonly Meaning[] = [
  { codes: ['ENOSPC', 'EDQUOT'], problem: 'not-enough-disk', message: 'The disk is full.' },
  { codes: ['EFBIG'], problem: 'not-enough-disk', message: 'The disk cannot hold a file that large.' },
  { codes: ['EACCES', 'EPERM', 'EROFS'], problem: 'not-writable', message: 'The folder for the result cannot be written to.' },
  {
    codes: ['ENOENT', 'ENOTDIR', 'EEXIST', 'ENODEV', 'EIO', 'ESTALE'],
    problem: 'not-writable',
    message: 'The folder for the result does not exist.',
  },
  {
    codes: ['ENAMETOOLONG'],
    problem: 'not-writable',
    message: 'The name of the result is too long.',
    advice: 'Choose a shorter --name or another folder.',
  },
];
