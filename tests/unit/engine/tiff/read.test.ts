import { describe, expect, it } from 'vitest';
import { bytesInMemory } from '../../../../src/engine/image/file-bytes.ts';
import { gatherExif, readExif } from '../../../../src/engine/tiff/exif.ts';
import { TiffReader } from '../../../../src/engine/tiff/read.ts';
import { pointers } from '../../../../src/engine/tiff/types.ts';
import { bytesEntry, numbersEntry, tiffDirectory, tiffDirectoryBytes, tiffHeader } from '../../../../src/engine/tiff/write.ts';

/** A file of two directories, the first pointing to the second as its EXIF. */
function file(big: boolean, littleEndian: boolean): Buffer {
  const layout = { big, littleEndian };
  const firstAt = big ? 16 : 8;
  const entries = (exifAt: number) => [
    numbersEntry(256, 'long', [70_000], littleEndian),
    numbersEntry(258, 'short', [8, 9, 10], littleEndian),
    numbersEntry(282, 'rational', [300, 1], littleEndian),
    bytesEntry(315, 'ascii', Buffer.from('somebody\0')),
    numbersEntry(pointers.exif, 'long', [exifAt], littleEndian),
  ];
  const exifAt = firstAt + tiffDirectoryBytes(entries(0), layout);
  return Buffer.concat([
    tiffHeader(layout, firstAt),
    tiffDirectory(entries(exifAt), layout, firstAt),
    tiffDirectory([numbersEntry(0xa002, 'short', [640], littleEndian)], layout, exifAt),
  ]);
}

const first = (bytes: Uint8Array) => TiffReader.open(bytesInMemory(bytes))?.first();

describe('TiffReader', () => {
  for (const big of [false, true]) {
    for (const littleEndian of [false, true]) {
      it(`reads what was written: ${big ? 'Big' : 'classic'}, ${littleEndian ? 'II' : 'MM'}`, () => {
        const directory = first(file(big, littleEndian));
        expect(directory?.number(256)).toBe(70_000);
        expect(directory?.numbers(258)).toEqual([8, 9, 10]);
        expect(directory?.values(315)?.toString()).toBe('somebody\0');
        expect(directory?.pointed(pointers.exif)?.number(0xa002)).toBe(640);
        expect([directory?.number(999), directory?.numbers(282), directory?.next]).toEqual([null, [], 0]);
      });

      it(`and what it makes of it is an EXIF block in the same byte order: ${big ? 'Big' : 'classic'}, ${littleEndian ? 'II' : 'MM'}`, () => {
        const directory = first(file(big, littleEndian));
        const block = directory && gatherExif(directory, (tag) => tag === 315);
        const exif = block && readExif(block);
        expect(exif?.layout).toEqual({ big: false, littleEndian });
        expect(exif?.first().tags.map(({ tag }) => tag)).toEqual([315, pointers.exif]);
        expect(exif?.first().pointed(pointers.exif)?.number(0xa002)).toBe(640);
      });
    }
  }

  it.each([0, 4, 8, 10, 30, 60])('makes do with a file that ends after %i bytes', (length) => {
    const directory = first(file(false, true).subarray(0, length));
    expect((directory?.tags ?? []).length).toBeLessThan(5);
  });

  it('leaves out values that lie outside and types that nobody knows, and does not follow a directory into itself', () => {
    const bytes = file(false, true);
    bytes.writeUInt32LE(1_000_000, 8 + 2 + 12 + 8);
    bytes.writeUInt16LE(99, 8 + 2 + 2);
    bytes.writeUInt32LE(8, 8 + 2 + 4 * 12 + 8);
    const directory = first(bytes);
    expect(directory?.tags.map(({ tag }) => tag)).toEqual([282, 315, pointers.exif]);
    expect(directory?.pointed(pointers.exif)).toBeNull();
  });

  it.each([['GIF89a00'], ['II*'], ['II\x01\0\0\0\0\0']])('takes %j for no TIFF', (text) => {
    expect(first(Buffer.from(text, 'latin1'))).toBeUndefined();
  });
});
