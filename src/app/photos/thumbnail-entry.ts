import { crc32 } from 'node:zlib';
import type { Thumbnail } from '../../shared/engine-protocol.ts';

/*
 * A thumbnail in the cache: a mark, the photo's width and height, a checksum over all that follows and precedes it, then the
 * WebP file.
 */
const mark = Buffer.from('1stp', 'latin1');
const headBytes = 16;

export function packThumbnail({ width, height, bytes }: Thumbnail): Buffer {
  const head = Buffer.alloc(headBytes);
  mark.copy(head);
  head.writeUInt32LE(width, 4);
  head.writeUInt32LE(height, 8);
  head.writeUInt32LE(checksum(head, bytes), 12);
  return Buffer.concat([head, bytes]);
}

/** Null for a file that is not whole. */
export function unpackThumbnail(file: Buffer): Thumbnail | null {
  if (file.length <= headBytes || !file.subarray(0, 4).equals(mark)) return null;
  const bytes = file.subarray(headBytes);
  if (file.readUInt32LE(12) !== checksum(file, bytes)) return null;
  return { width: file.readUInt32LE(4), height: file.readUInt32LE(8), bytes };
}

const checksum = (head: Buffer, bytes: Uint8Array): number => crc32(bytes, crc32(head.subarray(0, 12)));
