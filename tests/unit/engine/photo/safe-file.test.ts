import { spawnSync } from 'node:child_process';
import { chmod, copyFile, link, mkdir, readdir, readFile, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { place, withTemporary } from '../../../../src/engine/photo/safe-file.ts';
import { thisMaker } from '../../../../src/system/processes.ts';
import { doublePhoto, temporaryFolder } from '../../../support/photo-files.ts';
import { withSmallDisk } from '../../../support/small-disk.ts';
import { needs } from '../../../support/needs.ts';

const overwrite = { format: 'jpeg', onCollision: 'overwrite-result' } as const;
const number = { onCollision: 'number', originals: [] } as const;

async function photo(folder: string, name = 'photo.jpg'): Promise<string> {
  const path = join(folder, name);
  await sharp({ create: { width: 40, height: 30, channels: 3, background: 'teal' } })
    .jpeg()
    .toFile(path);
  return path;
}

describe('place', () => {
  it('numbers, skips, and never replaces what is there', async () => {
    const folder = await temporaryFolder();
    const to = join(folder, 'r.jpg');
    const put = async (text: string, policy: Parameters<typeof place>[2]): Promise<string | null> => {
      const temporary = join(folder, '.t');
      await writeFile(temporary, text);
      return place(temporary, to, policy);
    };
    expect(await put('one', number)).toBe(to);
    expect(await put('two', number)).toBe(join(folder, 'r-2.jpg'));
    expect(await put('three', number)).toBe(join(folder, 'r-3.jpg'));
    expect(await put('four', { ...number, onCollision: 'skip' })).toBeNull();
    await expect(put('five', { ...number, onCollision: 'overwrite-result' })).rejects.toMatchObject({ code: 'would-overwrite-original' });
    await expect(put('six', { ...number, onCollision: 'refuse' })).rejects.toMatchObject({ code: 'already-exists' });
    expect(await readFile(to, 'utf8')).toBe('one');
  });

  it('gives every one of many at the same time its own name', async () => {
    const folder = await temporaryFolder();
    const names = await Promise.all(
      Array.from({ length: 20 }, async (_, index) => {
        const temporary = join(folder, `.t${index}`);
        await writeFile(temporary, String(index));
        return place(temporary, join(folder, 'r.jpg'), number);
      }),
    );
    expect(new Set(names).size).toBe(20);
    expect((await readdir(folder)).length).toBe(20);
  });
});

describe('overwrite-result', () => {
  it('replaces a result of ours, and nothing else', async () => {
    const folder = await temporaryFolder();
    const source = await photo(folder);
    const destination = join(folder, 'result.jpg');
    await doublePhoto(source, { ...overwrite, destination });
    const first = await readFile(destination);
    expect((await doublePhoto(source, { ...overwrite, destination, quality: 40 })).path).toBe(destination);
    expect(Buffer.compare(await readFile(destination), first)).not.toBe(0);

    // Ours, but an original of this batch now: by its name, by a link to it, by a second name of it.
    await symlink(destination, join(folder, 'link.jpg'));
    await link(destination, join(folder, 'second.jpg'));
    for (const original of ['result.jpg', 'link.jpg', 'second.jpg']) {
      await expect(doublePhoto(source, { ...overwrite, destination, originals: [join(folder, original)] })).rejects.toMatchObject({
        code: 'would-overwrite-original',
      });
    }
    // The source itself, and a file that some other program wrote or changed.
    await expect(doublePhoto(destination, { ...overwrite, destination })).rejects.toMatchObject({ code: 'would-overwrite-original' });
    await writeFile(destination, await sharp(destination).jpeg().toBuffer());
    await expect(doublePhoto(source, { ...overwrite, destination })).rejects.toMatchObject({ code: 'would-overwrite-original' });
  });
});

describe('what a result has of its photo', () => {
  it('its permissions, also where nobody else may read it', needs('notWindows'), async () => {
    const folder = await temporaryFolder();
    const source = await photo(folder);
    for (const mode of [0o600, 0o640, 0o444, 0o664]) {
      await chmod(source, mode);
      const destination = join(folder, `${mode}.jpg`);
      const { lost } = await doublePhoto(source, { destination, format: 'jpeg' });
      expect(lost).toEqual([]);
      expect((await stat(destination)).mode & 0o777).toBe(mode);
    }
  });

  it('its time; done again, a time that differs from that of the result before', async () => {
    const folder = await temporaryFolder();
    const source = await photo(folder);
    const taken = new Date('2015-05-05T05:05:05Z');
    await utimes(source, taken, taken);
    const destination = join(folder, 'result.jpg');
    const times: number[] = [];
    for (let run = 0; run < 3; run += 1) {
      await doublePhoto(source, { ...overwrite, destination });
      times.push((await stat(destination)).mtimeMs - taken.getTime());
    }
    expect(times).toEqual([0, 4000, 0]);
  });
});

describe('a result that cannot be written leaves nothing', () => {
  it('cancelled', async () => {
    const folder = await temporaryFolder();
    const source = await photo(folder);
    const stop = new AbortController();
    const writing = doublePhoto(source, {
      destination: join(folder, 'r.jpg'),
      format: 'jpeg',
      signal: stop.signal,
      onStage: (stage) => {
        if (stage === 'verify') stop.abort();
      },
    });
    await expect(writing).rejects.toMatchObject({ code: 'cancelled' });
    expect(await readdir(folder)).toEqual(['photo.jpg']);
  });

  it('folder turned into a file', async () => {
    const folder = await temporaryFolder();
    const source = await photo(folder);
    await writeFile(join(folder, 'taken'), '');
    await expect(doublePhoto(source, { destination: join(folder, 'taken', 'r.jpg'), format: 'jpeg' })).rejects.toMatchObject({
      code: 'not-writable',
    });
  });

  it('folder read-only', needs('notRoot', 'notWindows'), async () => {
    const folder = await temporaryFolder();
    const source = await photo(folder);
    await mkdir(join(folder, 'closed'));
    await chmod(join(folder, 'closed'), 0o500);
    await expect(doublePhoto(source, { destination: join(folder, 'closed', 'r.jpg'), format: 'jpeg' })).rejects.toMatchObject({
      code: 'not-writable',
    });
  });

  it('name too long', async () => {
    const folder = await temporaryFolder();
    const source = await photo(folder);
    await expect(doublePhoto(source, { destination: join(folder, `${'n'.repeat(300)}.jpg`), format: 'jpeg' })).rejects.toMatchObject({
      code: 'not-writable',
    });
    expect(await readdir(folder)).toEqual(['photo.jpg']);
  });

  it('disk full', needs('smallDisk'), async () => {
    const folder = await temporaryFolder();
    const small = join(folder, 'small');
    await withSmallDisk(small, 64, async () => {
      const source = await photo(folder);
      const destination = join(small, 'r.tif');
      await expect(doublePhoto(source, { destination, format: 'tiff', width: 400, height: 300 })).rejects.toMatchObject({
        code: 'not-enough-disk',
      });
      expect(await readdir(small)).toEqual([]);
    });
  });
});

describe('withTemporary', () => {
  it('makes folders and takes long and foreign names', async () => {
    const folder = await temporaryFolder();
    const source = await photo(folder, 'ünïcode 📷.jpg');
    for (const name of [`${'雪'.repeat(83)}.jpg`, '📷🌄 ok.jpg', `${'x'.repeat(251)}.jpg`, "it's; $(x) .jpg"]) {
      const destination = join(folder, 'a', 'b', name);
      expect((await doublePhoto(source, { destination, format: 'jpeg' })).path).toBe(destination);
    }
  });

  it('clears away what a killed process left, and only that', async () => {
    const folder = await temporaryFolder();
    const { host } = thisMaker;
    const dead = spawnSync(process.execPath, ['-e', '']).pid;
    const name = (on: string, pid: number): string => `.r.jpg.onestep-${on}-${pid}-0123abcd.tmp`;
    const names = [name(host, dead), name(host, process.pid), name('000000', dead), '.other.tmp'];
    for (const each of names) await writeFile(join(folder, each), '');
    await withTemporary(join(folder, 'r.jpg'), async (temporary) => {
      await copyFile(process.execPath, temporary);
      await rm(temporary);
    });
    expect((await readdir(folder)).toSorted()).toEqual(names.slice(1).toSorted());
  });
});
