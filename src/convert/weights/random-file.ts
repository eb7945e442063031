import { open, type FileHandle } from 'node:fs/promises';
import { Problem } from '../../shared/problem.ts';
import { sentence } from '../../shared/sentence.ts';
import { damaged } from './state-dict.ts';

/** One read asks for at most this much: the operating systems have limits of about 2 GiB. */
const largestRead = 1 << 30;

/** A file of weights, read in pieces at any position. */
export class RandomFile {
  readonly path: string;
  /** Bytes, when it was opened. */
  readonly size: number;
  readonly #handle: FileHandle;

  private constructor(path: string, size: number, handle: FileHandle) {
    this.path = path;
    this.size = size;
    this.#handle = handle;
  }

  /** @throws Problem not-found, not-readable */
  static async open(path: string): Promise<RandomFile> {
    let handle: FileHandle;
    try {
      handle = await open(path, 'r');
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? error.code : undefined;
      if (code === 'ENOENT' || code === 'ENOTDIR') throw new Problem('not-found', sentence('import.gone', { path }), { cause: error });
      throw new Problem('not-readable', sentence('import.unreadable', { path }), { detail: String(code), cause: error });
    }
    const status = await handle.stat();
    if (status.isFile()) return new RandomFile(path, status.size, handle);
    await handle.close();
    throw new Problem('not-readable', sentence('import.noFile', { path }));
  }

  /**
   * `length` bytes from `position`, in memory of their own.
   * @throws Problem damaged-model-file where the file ends before
   */
  async read(position: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
    // Asked before memory is: a file may claim any length.
    if (position + length > this.size) throw damaged(this.path, sentence('import.why.endsEarly'));
    const bytes = new Uint8Array(length);
    let done = 0;
    while (done < length) {
      const { bytesRead } = await this.#handle.read(bytes, done, Math.min(length - done, largestRead), position + done);
      if (bytesRead === 0) throw damaged(this.path, sentence('import.why.endsEarly'));
      done += bytesRead;
    }
    return bytes;
  }

  close(): Promise<void> {
    return this.#handle.close();
  }
}
