import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { readProblem } from './storage-problem.ts';

/**
 * Bytes that are read where they are wanted, in memory or in an open file. Reading is synchronous: what describes a photo is a few
 * short pieces here and there, and a wait for each would take longer than they do.
 */
export interface Bytes {
  readonly length: number;
  /** The bytes from `at` on: `length` of them, or as many as there are. Those of memory are not a copy. */
  read(at: number, length: number): Buffer;
}

export function bytesInMemory(bytes: Uint8Array): Bytes {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  return { length: bytes.length, read: (at, length) => buffer.subarray(at, at + length) };
}

export function bytesInFile(descriptor: number): Bytes {
  const { size } = fstatSync(descriptor);
  return {
    length: size,
    read(at, length) {
      if (at >= size) return Buffer.alloc(0);
      const bytes = Buffer.alloc(Math.min(length, size - at));
      let done = 0;
      while (done < bytes.length) {
        const count = readSync(descriptor, bytes, done, bytes.length - done, at + done);
        if (count === 0) break;
        done += count;
      }
      return bytes.subarray(0, done);
    },
  };
}

const windowBytes = 64 << 10;

/** The same bytes, read a window at a time: for formats of many short pieces one after the other. */
export function inWindows(bytes: Bytes): Bytes {
  let start = 0;
  let window = bytes.read(0, windowBytes);
  return {
    length: bytes.length,
    read(at, length) {
      if (length > windowBytes) return bytes.read(at, length);
      if (at < start || at + length > start + window.length) {
        start = at;
        window = bytes.read(at, windowBytes);
      }
      return window.subarray(at - start, at - start + length);
    },
  };
}

/**
 * Opens the file at `path` for as long as `use` takes.
 * @throws Problem not-found, not-readable where the system does not let it be read
 */
export function withBytes<T>(path: string, use: (file: Bytes) => T): T {
  try {
    const descriptor = openSync(path, 'r');
    try {
      return use(bytesInFile(descriptor));
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    throw readProblem(error, path);
  }
}

/** Reads exactly `bytes.length` bytes from `position`. Throws when the file ends before. */
export async function readFully(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  let done = 0;
  while (done < bytes.length) {
    const { bytesRead } = await file.read(bytes, done, Math.min(bytes.length - done, 1 << 30), position + done);
    if (bytesRead === 0) throw new Error(`file ends at ${position + done}, wanted ${bytes.length - done} bytes more`);
    done += bytesRead;
  }
}

/** Writes all of `bytes` at `position`. */
export async function writeFully(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  let done = 0;
  while (done < bytes.length) {
    const { bytesWritten } = await file.write(bytes, done, Math.min(bytes.length - done, 1 << 30), position + done);
    done += bytesWritten;
  }
}
