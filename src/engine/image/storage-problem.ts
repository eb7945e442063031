import { Problem } from '../../shared/problem.ts';

/** What an error of the file system on writing into `folder` means; any other error is given back as it is. */
export function storageProblem(error: unknown, folder: string): unknown {
  if (error instanceof Problem || !(error instanceof Error) || !('code' in error)) return error;
  const more = { detail: `${folder}: ${error.code}`, cause: error };
  switch (error.code) {
    case 'ENOSPC':
    case 'EDQUOT':
      return new Problem('not-enough-disk', 'The disk is full.', more);
    case 'EFBIG':
      return new Problem('not-enough-disk', 'The disk cannot hold a file that large.', more);
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return new Problem('not-writable', 'The folder for the result cannot be written to.', more);
    case 'ENOENT':
    case 'ENOTDIR':
    case 'EEXIST':
    case 'ENODEV':
    case 'EIO':
    case 'ESTALE':
      return new Problem('not-writable', 'The folder for the result does not exist.', more);
    case 'ENAMETOOLONG':
      return new Problem('not-writable', 'The name of the result is too long.', {
        ...more,
        advice: 'Choose a shorter --name or another folder.',
      });
    default:
      return error;
  }
}
