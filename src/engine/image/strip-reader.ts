import { open } from 'node:fs/promises';
import { readFully } from './file-bytes.ts';
import type { Samples } from './pixels.ts';
import { asBytes, newSamples } from './samples.ts';

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
    const tags = await readDirectory(async (position, length) => {
      const bytes = Buffer.alloc(length);
      await readFully(file, bytes, position);
      return bytes;
    });
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

async function readDirectory(read: (position: number, length: number) => Promise<Buffer>): Promise<Map<number, number[]>> {
  const header = await read(0, 16);
  if (header.readUInt32LE(0) !== 0x002b_4949) throw new Error('not a little-endian BigTIFF');
  const at = Number(header.readBigUInt64LE(8));
  const count = Number((await read(at, 8)).readBigUInt64LE(0));
  const directory = await read(at + 8, count * 20);
  const tags = new Map<number, number[]>();
  for (let entry = 0; entry < count * 20; entry += 20) {
    const size = { 3: 2, 4: 4, 16: 8 }[directory.readUInt16LE(entry + 2)];
    if (size === undefined) continue;
    const values = Number(directory.readBigUInt64LE(entry + 4));
    const inline = values * size <= 8;
    const bytes = inline
      ? directory.subarray(entry + 12, entry + 20)
      : await read(Number(directory.readBigUInt64LE(entry + 12)), values * size);
    tags.set(
      directory.readUInt16LE(entry),
      Array.from({ length: values }, (_, index) =>
        size === 8 ? Number(bytes.readBigUInt64LE(index * 8)) : bytes.readUIntLE(index * size, size),
      ),
    );
  }
  return tags;
}
