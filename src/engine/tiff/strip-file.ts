import { open, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { bytesInFile, readFully, writeFully } from '../image/file-bytes.ts';
import { bytesPerRow, samplesPerRow, type InterleavedRows, type PixelFormat, type Pixels, type Samples } from '../image/pixels.ts';
import { asBytes, newSamples } from '../image/samples.ts';
import { storageProblem } from '../image/storage-problem.ts';
import { TiffReader } from './read.ts';
import { stripEntries } from './strips.ts';
import { ownLayout } from './types.ts';
import { writeDirectory } from './write.ts';

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
    const entries = stripEntries({ ...this.#shape(), alpha: false }, { ...ownLayout, dataOffset: headerBytes });
    await writeDirectory(this.#file, entries, ownLayout, this.#written);
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

/**
 * Opens an uncompressed little-endian BigTIFF with contiguous strips (`sharp.tiff({ compression: 'none', bigtiff: true })`)
 * for reading by rows. Only for files this engine has just had written: anything else about them is a bug and throws.
 */
export async function openStripReader(path: string): Promise<InterleavedRows> {
  const file = await open(path, 'r');
  try {
    const { start, ...shape } = stripsOf(TiffReader.open(bytesInFile(file.fd)), path);
    const rowBytes = shape.width * shape.channels * (shape.bits / 8);
    return {
      ...shape,
      async readRows(top, rows) {
        const samples = newSamples(shape.bits, rows * shape.width * shape.channels);
        await readFully(file, asBytes(samples), start + top * rowBytes);
        return samples;
      },
      close: () => file.close(),
    };
  } catch (error) {
    await file.close();
    throw error;
  }
}

function stripsOf(reader: TiffReader | null, path: string): Omit<InterleavedRows, 'readRows' | 'close'> & { readonly start: number } {
  if (reader?.layout.big !== true || !reader.layout.littleEndian) throw new Error(`not a little-endian BigTIFF: ${path}`);
  const first = reader.first();
  const only = (tag: number): number => first.number(tag) ?? 1;
  const bits = only(258);
  const offsets = first.numbers(273);
  const counts = first.numbers(279);
  const [start = 0] = offsets;
  let end = start;
  const contiguous = offsets.every((offset, index) => {
    const follows = offset === end;
    end = offset + (counts[index] ?? NaN);
    return follows;
  });
  if (only(259) !== 1 || only(284) !== 1 || !contiguous || (bits !== 8 && bits !== 16))
    throw new Error(`unexpected TIFF layout in ${path}`);
  return { width: only(256), height: only(257), channels: only(277), bits, start };
}
