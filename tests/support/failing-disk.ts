import { spawnSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';

const source = join(import.meta.dirname, '../fixtures/failing-disk/failing-disk.c');

/** Which call fails, how and where; see the head of the source. */
export interface Fault {
  readonly call: 'utimensat' | 'fsync' | 'link' | 'rename' | 'chmod' | 'statfs' | 'unlink' | 'rmdir' | 'open' | 'mkdir';
  /** Such as `EPERM`; null: for `statfs`, a disk without blocks. */
  readonly error: keyof typeof constants.errno | null;
  /** Only on paths with this in them. */
  readonly path?: string;
  readonly kind?: 'file' | 'folder';
  /** Only so often in each process; by default always. */
  readonly times?: number;
  /** The call does what it is asked all the same. */
  readonly done?: boolean;
}

let library: string | null | undefined;

/** The compiled library; null where it cannot be made. */
function compiled(): string | null {
  if (library !== undefined) return library;
  library = null;
  if (process.platform !== 'linux') return null;
  const file = join(mkdtempSync(join(tmpdir(), 'onestep-failing-')), 'failing-disk.so');
  if (spawnSync('cc', ['-shared', '-fPIC', '-O1', '-o', file, source, '-ldl']).status === 0) library = file;
  return library;
}

export const canFail = (): boolean => compiled() !== null;

/** The environment of a program for which the call fails. */
export function failing({ call, error, path, kind, times, done = false }: Fault): NodeJS.ProcessEnv {
  return {
    LD_PRELOAD: compiled() ?? '',
    FAIL_CALL: call,
    FAIL_ERRNO: String(error === null ? 0 : constants.errno[error]),
    ...(path === undefined ? {} : { FAIL_PATH: path }),
    ...(kind === undefined ? {} : { FAIL_KIND: kind }),
    ...(times === undefined ? {} : { FAIL_TIMES: String(times) }),
    ...(done ? { FAIL_AFTER: 'done' } : {}),
  };
}
