import type { FileHandle } from 'node:fs/promises';
import { readFully } from './file-bytes.ts';

/** Bytes per value of the types that are read: byte, short, long, undefined, long8, ifd8. */
const valueBytes: Readonly<Record<number, number>> = { 1: 1, 3: 2, 4: 4, 7: 1, 16: 8, 18: 8 };

/**
 * The first directory of a little-endian BigTIFF, or the one at `position`: tag → values; tags of other types are left out.
 * Only for files that this engine wrote or had written: anything else throws.
 */
export async function readTiffDirectory(file: FileHandle, position?: number): Promise<Map<number, number[]>> {
  const read = async (at: number, length: number): Promise<Buffer> => {
    const bytes = Buffer.alloc(length);
    await readFully(file, bytes, at);
    return bytes;
  };
  const header = await read(0, 16);
  if (header.readUInt32LE(0) !== 0x002b_4949) throw new Error('not a little-endian BigTIFF');
  const at = position ?? Number(header.readBigUInt64LE(8));
  const count = Number((await read(at, 8)).readBigUInt64LE(0));
  const directory = await read(at + 8, count * 20);
  const tags = new Map<number, number[]>();
  for (let entry = 0; entry < count * 20; entry += 20) {
    const size = valueBytes[directory.readUInt16LE(entry + 2)];
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
