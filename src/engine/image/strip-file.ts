import { open, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { readFully, writeFully } from './file-bytes.ts';
import { bytesPerRow, samplesPerRow, type PixelFormat, type Pixels, type Samples } from './pixels.ts';
import { asBytes, newSamples } from './samples.ts';
import { stripEntries, stripLayout } from './strip-layout.ts';
import { storageProblem } from './storage-problem.ts';
import { tiffDirectory, tiffHeader } from './tiff-directory.ts';

/** Rows are collected and written in pieces of about this many bytes. */
const writeBytes = 4 << 20;
const headerBytes = 16;

/**
 * Uncompressed BigTIFF on disk, written row by row and readable by rows and by sharp: the bounded-memory store of a
 * result. Layout: header, samples, directory; strips of at most 64 KiB (one row where a row is larger), because
 * libtiff allocates a strip at a time.
 */
export class StripFile implements Pixels {
  readonly path: string;
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3;
  readonly bits: 8 | 16;
  readonly #file: FileHandle;
  #rows = 0;
  /** What is written next; made when it is needed, and given back when all is written. */
  #pending: Uint8Array | null = null;
  #pendingBytes = 0;
  #written = headerBytes;

  private constructor(path: string, format: PixelFormat, file: FileHandle) {
    this.path = path;
    this.width = format.width;
    this.height = format.height;
    this.channels = format.channels;
    this.bits = format.bits;
    this.#file = file;
  }

  /**
   * Creates (or empties) the file at `path`.
   * @throws Problem not-writable, not-enough-disk; so does {@link append}
   */
  static async create(path: string, format: PixelFormat): Promise<StripFile> {
    const file = await open(path, 'w+').catch((error: unknown) => {
      throw storageProblem(error, dirname(path));
    });
    return new StripFile(path, format, file);
  }

  /** Appends whole rows. The buffer is copied or written before the promise resolves: the caller may reuse it. */
  async append(samples: Samples): Promise<void> {
    const rows = samples.length / samplesPerRow(this);
    if (!Number.isInteger(rows)) throw new Error(`append takes whole rows, not ${rows}`);
    if (this.#rows + rows > this.height) throw new Error(`append got ${this.#rows + rows} rows of ${this.height}`);
    this.#rows += rows;
    const bytes = asBytes(samples);
    if (this.#pendingBytes + bytes.length > writeBytes) await this.#flush();
    if (bytes.length >= writeBytes) {
      await this.#write(bytes);
      return;
    }
    this.#pending ??= new Uint8Array(Math.min(writeBytes, this.height * bytesPerRow(this)));
    this.#pending.set(bytes, this.#pendingBytes);
    this.#pendingBytes += bytes.length;
  }

  /** Writes the directory; afterwards {@link readRows} and sharp (on {@link path}) work. All rows must be there. */
  async finish(): Promise<void> {
    if (this.#rows !== this.height) throw new Error(`finish after ${this.#rows} of ${this.height} rows`);
    await this.#flush();
    this.#pending = null;
    const directoryAt = this.#written + (this.#written % 2);
    const entries = stripEntries({ ...this.#shape(), alpha: false }, { ...stripLayout, dataOffset: headerBytes });
    await writeFully(this.#file, tiffDirectory(entries, stripLayout, directoryAt), directoryAt);
    await writeFully(this.#file, tiffHeader(stripLayout, directoryAt), 0);
  }

  async readRows(top: number, rows: number): Promise<Samples> {
    const samples = newSamples(this.bits, rows * samplesPerRow(this));
    await readFully(this.#file, asBytes(samples), headerBytes + top * bytesPerRow(this));
    return samples;
  }

  /** Closes the handle; does not delete the file. May be called twice. */
  async close(): Promise<void> {
    await this.#file.close();
  }

  #shape(): PixelFormat {
    return { width: this.width, height: this.height, channels: this.channels, bits: this.bits };
  }

  async #flush(): Promise<void> {
    if (this.#pending === null) return;
    const bytes = this.#pending.subarray(0, this.#pendingBytes);
    this.#pendingBytes = 0;
    await this.#write(bytes);
  }

  async #write(bytes: Uint8Array): Promise<void> {
    const position = this.#written;
    this.#written += bytes.length;
    await writeFully(this.#file, bytes, position).catch((error: unknown) => {
      throw storageProblem(error, dirname(this.path));
    });
  }
}
