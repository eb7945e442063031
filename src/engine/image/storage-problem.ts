import { Problem, type ProblemCode } from '../../shared/problem.ts';
import { sentence, type Sentence } from '../../shared/sentence.ts';
import { systemCode } from '../../system/errors.ts';

interface Meaning {
  readonly codes: readonly string[];
  readonly problem: ProblemCode;
  readonly message: Sentence;
  readonly advice?: Sentence;
}

/** A disk, a cable or a network that has failed, and what may be back in a moment. */
const silentCodes = [
  ...['EIO', 'ESTALE', 'ETIMEDOUT', 'ENODEV', 'ENXIO', 'ENOTCONN', 'ECONNRESET', 'ECONNABORTED', 'ECONNREFUSED'],
  ...['EHOSTDOWN', 'EHOSTUNREACH', 'ENETDOWN', 'ENETUNREACH', 'ENETRESET'],
];
const silent = { message: sentence('disk.silent'), advice: sentence('disk.silent.advice') };
const tooManyOpen = { codes: ['EMFILE', 'ENFILE'], message: sentence('disk.tooManyOpen'), advice: sentence('disk.tooManyOpen.advice') };
const busy = { codes: ['EBUSY', 'ETXTBSY', 'EAGAIN'], message: sentence('disk.busy'), advice: sentence('disk.busy.advice') };

const writing: readonly Meaning[] = [
  { codes: ['ENOSPC', 'EDQUOT'], problem: 'not-enough-disk', message: sentence('disk.full') },
  { codes: ['EFBIG'], problem: 'not-enough-disk', message: sentence('disk.fileTooLarge') },
  { codes: ['EACCES', 'EPERM', 'EROFS'], problem: 'not-writable', message: sentence('disk.resultFolderForbidden') },
  { codes: ['ENOENT', 'ENOTDIR', 'EEXIST'], problem: 'not-writable', message: sentence('disk.resultFolderMissing') },
  { codes: ['ELOOP'], problem: 'not-writable', message: sentence('disk.folder.endless') },
  {
    codes: ['ENAMETOOLONG'],
    problem: 'not-writable',
    message: sentence('disk.nameTooLong'),
    advice: sentence('disk.nameTooLong.advice'),
  },
  { codes: silentCodes, problem: 'not-writable', ...silent },
  { problem: 'not-writable', ...tooManyOpen },
  { problem: 'not-writable', ...busy },
];

const reading: readonly Meaning[] = [
  { codes: ['ENOENT', 'ENOTDIR'], problem: 'not-found', message: sentence('photo.missing') },
  { codes: ['EISDIR'], problem: 'not-an-image', message: sentence('photo.isFolder') },
  { codes: ['EACCES', 'EPERM'], problem: 'not-readable', message: sentence('problem.not-readable') },
  { codes: ['ELOOP'], problem: 'not-readable', message: sentence('disk.file.endless'), advice: sentence('disk.file.endless.advice') },
  {
    codes: ['ENAMETOOLONG'],
    problem: 'not-readable',
    message: sentence('photo.nameTooLong'),
    advice: sentence('photo.nameTooLong.advice'),
  },
  { codes: silentCodes, problem: 'not-readable', ...silent },
  { problem: 'not-readable', ...tooManyOpen },
  { problem: 'not-readable', ...busy },
];

/** What an error of the system on writing into `folder` means; any other error is given back as it is. */
export const storageProblem = (error: unknown, folder: string): unknown =>
  inWords(error, folder, writing, (code) => ({ codes: [], problem: 'not-writable', message: sentence('disk.refused', { code }) }));

/** What an error of the system on reading the photo at `path` means; any other error is given back as it is. */
export const readProblem = (error: unknown, path: string): unknown =>
  inWords(error, path, reading, (code) => ({
    codes: [],
    problem: 'not-readable',
    message: sentence('disk.file.unreadable', { why: code }),
    advice: silent.advice,
  }));

function inWords(error: unknown, path: string, meanings: readonly Meaning[], other: (code: string) => Meaning): unknown {
  const code = systemCode(error);
  if (code === null || error instanceof Problem) return error;
  const { problem, message, advice } = meanings.find(({ codes }) => codes.includes(code)) ?? other(code);
  return new Problem(problem, message, { detail: `${path}: ${code}`, cause: error, ...(advice === undefined ? {} : { advice }) });
}
