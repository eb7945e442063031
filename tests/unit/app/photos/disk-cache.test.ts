import { readdir, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { DiskCache } from '../../../../src/app/photos/disk-cache.ts';
import { packThumbnail, unpackThumbnail } from '../../../../src/app/photos/thumbnail-entry.ts';
import { temporaryFolder } from '../../../support/photo-files.ts';

let folder: string;

beforeEach(async () => {
  folder = join(await temporaryFolder(), 'cache');
});

const open = (limit: number, keep = 0): DiskCache => new DiskCache({ folder, ending: '.bin', limitBytes: () => limit, keep });
const names = async (): Promise<string[]> => (await readdir(folder)).toSorted();

describe('a cache on disk', () => {
  it('gives back what was written, also in the next run', async () => {
    await open(1000).write('a', Buffer.from('one'));
    await open(1000).write('a', Buffer.from('two'));
    expect((await open(1000).read('a'))?.toString()).toBe('two');
    expect(await open(1000).read('b')).toBeNull();
    expect([await open(1000).has('a'), await open(1000).has('b')]).toEqual([true, false]);
    expect(await names()).toEqual(['a.bin']);
  });

  it('removes what was not used for longest, so that a tenth is free', async () => {
    const cache = open(1000);
    for (const name of ['a', 'b', 'c']) await cache.write(name, Buffer.alloc(300));
    await cache.read('a');
    await cache.write('d', Buffer.alloc(300));
    expect(await names()).toEqual(['a.bin', 'c.bin', 'd.bin']);
  });

  it('remembers over restarts what was used last', async () => {
    const first = open(1000);
    for (const [index, name] of ['a', 'b', 'c'].entries()) {
      await first.write(name, Buffer.alloc(300));
      await utimes(join(folder, `${name}.bin`), new Date(index * 1000), new Date(index * 1000));
    }
    const second = open(1000);
    await second.read('a');
    await expect.poll(async () => (await stat(second.pathOf('a'))).mtimeMs).toBeGreaterThan(10_000);
    await second.write('d', Buffer.alloc(300));
    expect(await names()).toEqual(['a.bin', 'c.bin', 'd.bin']);
  });

  it('keeps the latest, however large, and heeds a limit that changes', async () => {
    let limit = 10_000;
    const cache = new DiskCache({ folder, ending: '.bin', limitBytes: () => limit, keep: 2 });
    for (const name of ['a', 'b', 'c']) await cache.write(name, Buffer.alloc(900));
    limit = 100;
    await cache.write('d', Buffer.alloc(900));
    expect(await names()).toEqual(['c.bin', 'd.bin']);
  });

  it('counts files that others put there', async () => {
    const cache = open(1000);
    await cache.write('a', Buffer.alloc(600));
    await writeFile(cache.pathOf('b'), Buffer.alloc(600));
    await cache.added('b');
    expect(await names()).toEqual(['b.bin']);
  });

  it('removes what an earlier run left unfinished, if that is long ago', async () => {
    await open(1000).write('a', Buffer.alloc(1));
    for (const name of ['old.bin.1.tmp', 'new.bin.2.tmp']) await writeFile(join(folder, name), 'half');
    await utimes(join(folder, 'old.bin.1.tmp'), new Date(0), new Date(0));
    await open(1000).write('b', Buffer.alloc(1));
    expect(await names()).toEqual(['a.bin', 'b.bin', 'new.bin.2.tmp']);
  });
});

describe('a thumbnail in the cache', () => {
  const thumbnail = { width: 70_000, height: 3, bytes: Uint8Array.from({ length: 500 }, (_, index) => index) };

  it('comes back as it was', () => {
    const back = unpackThumbnail(packThumbnail(thumbnail));
    expect(back).toMatchObject({ width: 70_000, height: 3 });
    expect(Buffer.from(back?.bytes ?? []).equals(Buffer.from(thumbnail.bytes))).toBe(true);
  });

  it('is not taken for whole when a byte differs or is missing', () => {
    const file = packThumbnail(thumbnail);
    expect(unpackThumbnail(file.subarray(0, -1))).toBeNull();
    expect(unpackThumbnail(Buffer.alloc(0))).toBeNull();
    for (const at of [0, 5, 13, 16, file.length - 1]) {
      const spoilt = Buffer.from(file);
      spoilt.writeUInt8(spoilt.readUInt8(at) ^ 1, at);
      expect(unpackThumbnail(spoilt)).toBeNull();
    }
  });
});
