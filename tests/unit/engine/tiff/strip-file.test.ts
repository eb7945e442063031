import { open, stat } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { openStripReader, StripFile } from '../../../../src/engine/tiff/strip-file.ts';
import { stripEntries } from '../../../../src/engine/tiff/strips.ts';
import { ownLayout } from '../../../../src/engine/tiff/types.ts';
import { tiffDirectory, tiffHeader } from '../../../../src/engine/tiff/write.ts';
import { temporaryFolder } from '../../../support/photo-files.ts';

describe('StripFile', () => {
  for (const [channels, bits] of [
    [3, 8],
    [1, 8],
    [3, 16],
    [1, 16],
  ] as const) {
    it(`is read back by rows and by sharp: ${channels} channels, ${bits} bits`, async () => {
      const path = join(await temporaryFolder(), 'strips.tif');
      const format = { width: 333, height: 301, channels, bits };
      const row = format.width * channels;
      const all = new (bits === 16 ? Uint16Array : Uint8Array)(row * format.height).map(
        (_, i) => (i * 7919) % (bits === 16 ? 65_536 : 256),
      );
      const file = await StripFile.create(path, format);
      await file.append(all.slice(0, row * 100));
      await file.append(all.slice(row * 100, row * 101));
      await file.append(all.slice(row * 101));
      await file.finish();
      expect(await file.readRows(99, 5)).toEqual(all.slice(row * 99, row * 104));
      await file.close();

      const { data, info } = await sharp(path, { sequentialRead: true })
        .toColourspace(channels === 1 ? (bits === 16 ? 'grey16' : 'b-w') : bits === 16 ? 'rgb16' : 'srgb')
        .raw({ depth: bits === 16 ? 'ushort' : 'uchar' })
        .toBuffer({ resolveWithObject: true });
      expect(info).toMatchObject({ width: 333, height: 301, channels });
      expect(Buffer.compare(data, Buffer.from(all.buffer))).toBe(0);
    });
  }

  it('keeps the rows it was given although the caller reuses its buffer', async () => {
    const file = await StripFile.create(join(await temporaryFolder(), 'strips.tif'), { width: 2, height: 2, channels: 1, bits: 8 });
    const row = Uint8Array.of(1, 2);
    await file.append(row);
    row.fill(9);
    await file.append(row);
    await file.finish();
    expect([...(await file.readRows(0, 2))]).toEqual([1, 2, 9, 9]);
    await file.close();
  });

  it('keeps the order of rows given in pieces smaller and larger than what it writes at once', async () => {
    const format = { width: 2 ** 20, height: 17, channels: 1, bits: 8 } as const;
    const file = await StripFile.create(join(await temporaryFolder(), 'strips.tif'), format);
    let given = 0;
    for (const rows of [3, 2, 4, 1, 5, 2]) {
      const piece = Uint8Array.from({ length: rows * format.width }, (_, at) => given + Math.floor(at / format.width));
      await file.append(piece);
      piece.fill(99);
      given += rows;
    }
    await file.finish();
    for (let row = 0; row < format.height; row += 1) {
      const samples = await file.readRows(row, 1);
      expect([samples[0], samples.every((level) => level === row)]).toEqual([row, true]);
    }
    await file.close();
  });

  it('refuses part of a row, too many rows, and to finish early', async () => {
    const file = await StripFile.create(join(await temporaryFolder(), 'strips.tif'), { width: 4, height: 2, channels: 3, bits: 8 });
    await expect(file.append(new Uint8Array(13))).rejects.toThrow('whole rows');
    await file.append(new Uint8Array(12));
    await expect(file.finish()).rejects.toThrow('1 of 2');
    await expect(file.append(new Uint8Array(24))).rejects.toThrow('3 rows of 2');
    await file.close();
  });

  it('addresses samples beyond 4 GiB', async () => {
    // A sparse file of the same layout: only its last row and its directory are written.
    const path = join(await temporaryFolder(), 'huge.tif');
    const shape = { width: 60_000, height: 25_000, channels: 3, bits: 8, alpha: false } as const;
    const rowBytes = shape.width * 3;
    const end = 16 + rowBytes * shape.height;
    expect(end).toBeGreaterThan(2 ** 32);
    const file = await open(path, 'w');
    await file.write(new Uint8Array(rowBytes).fill(77), 0, rowBytes, end - rowBytes);
    const directory = tiffDirectory(stripEntries(shape, { ...ownLayout, dataOffset: 16 }), ownLayout, end);
    await file.write(directory, 0, directory.length, end);
    await file.write(tiffHeader(ownLayout, end), 0, 16, 0);
    await file.close();

    const reader = await openStripReader(path);
    expect([...(await reader.readRows(shape.height - 1, 1)).subarray(0, 3)]).toEqual([77, 77, 77]);
    await reader.close();
    expect(await sharp(path, { limitInputPixels: false }).metadata()).toMatchObject({
      format: 'tiff',
      width: 60_000,
      height: 25_000,
      channels: 3,
    });
    expect((await stat(path)).size).toBeGreaterThan(2 ** 32);
  });
});
