import { open, rm, type FileHandle } from 'node:fs/promises';
import { readFully, writeFully } from './file-bytes.ts';
import { bytesPerRow, samplesPerRow, type PixelFormat, type Pixels, type Samples } from './pixels.ts';
import { asBytes, newSamples } from './samples.ts';

/** Pixels that can be written and read by rows in any order. Rows never written are zero. */
export interface PixelStore extends Pixels {
  writeRows(top: number, samples: Samples): Promise<void>;
  /** Frees the memory, or closes and deletes the file. */
  close(): Promise<void>;
}

/** Photos up to this many bytes stay in memory: faster, and small next to what inference needs. */
export const memoryBytes = 32 << 20;

/** A store in memory where it is small, else in a raw file at `path`. */
export async function openPixelStore(format: PixelFormat, path: string): Promise<PixelStore> {
  return bytesPerRow(format) * format.height <= memoryBytes ? memoryStore(format) : fileStore(format, path);
}

/** A store in memory; takes over `samples` where given. */
export function memoryStore(format: PixelFormat, samples = newSamples(format.bits, format.height * samplesPerRow(format))): PixelStore {
  const row = samplesPerRow(format);
  return {
    ...shapeOf(format),
    readRows: (top, rows) => Promise.resolve(samples.slice(top * row, (top + rows) * row)),
    writeRows(top, rows) {
      samples.set(rows, top * row);
      return Promise.resolve();
    },
    close: () => Promise.resolve(),
  };
}

async function fileStore(format: PixelFormat, path: string): Promise<PixelStore> {
  const file: FileHandle = await open(path, 'w+');
  const rowBytes = bytesPerRow(format);
  await file.truncate(rowBytes * format.height);
  return {
    ...shapeOf(format),
    async readRows(top, rows) {
      const samples = newSamples(format.bits, rows * samplesPerRow(format));
      await readFully(file, asBytes(samples), top * rowBytes);
      return samples;
    },
    writeRows: (top, samples) => writeFully(file, asBytes(samples), top * rowBytes),
    async close() {
      await file.close();
      await rm(path, { force: true });
    },
  };
}

const shapeOf = ({ width, height, channels, bits }: PixelFormat): PixelFormat => ({ width, height, channels, bits });
