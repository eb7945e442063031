import { open } from 'node:fs/promises';
import { readFully } from './file-bytes.ts';
import type { Samples } from './pixels.ts';
import { asBytes, newSamples } from './samples.ts';
import { readTiffDirectory } from './tiff-reader.ts';

/** Rows of an uncompressed BigTIFF as libvips writes it: any number of interleaved channels. */
export interface InterleavedRows {
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  readonly bits: 8 | 16;
  readRows(top: number, rows: number): Promise<Samples>;
  close(): Promise<void>;
}

/**
 * Opens an uncompressed little-endian BigTIFF with contiguous strips (`sharp.tiff({ compression: 'none', bigtiff: true })`)
 * for reading by rows. Only for files this engine has just had written: anything else about them is a bug and throws.
 */
export async function openStripReader(path: string): Promise<InterleavedRows> {
  const file = await open(path, 'r');
  try {
    const tags = await readTiffDirectory(file);
    const only = (tag: number): number => tags.get(tag)?.[0] ?? 1;
    const bits = only(258);
    const offsets = tags.get(273) ?? [];
    const counts = tags.get(279) ?? [];
    const contiguous = offsets.every((offset, index) => index === 0 || offset === (offsets[index - 1] ?? 0) + (counts[index - 1] ?? 0));
    if (only(259) !== 1 || only(284) !== 1 || !contiguous || (bits !== 8 && bits !== 16))
      throw new Error(`unexpected TIFF layout in ${path}`);
    const [start = 0] = offsets;
    const shape = { width: only(256), height: only(257), channels: only(277), bits } as const;
    return {
      ...shape,
      async readRows(top, rows) {
        const samples = newSamples(shape.bits, rows * shape.width * shape.channels);
        await readFully(file, asBytes(samples), start + top * shape.width * shape.channels * (shape.bits / 8));
        return samples;
      },
      close: () => file.close(),
    };
  } catch (error) {
    await file.close();
    throw error;
  }
}
