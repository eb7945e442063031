import { mkdir, mkdtemp, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { locateDropped } from '../../../../../src/app/library/disk/locate-dropped.ts';
import type { DroppedFile } from '../../../../../src/shared/library.ts';

let home: string;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'onestep-locate-'));
});

afterEach(async () => {
  await rm(home, { recursive: true, force: true });
});

async function write(path: string, content = path): Promise<void> {
  await mkdir(dirname(join(home, path)), { recursive: true });
  await writeFile(join(home, path), content);
}

/** What a browser tells of a file below `folder` that is dropped under the name `path`. */
async function drop(folder: string, path: string): Promise<DroppedFile> {
  const { size, mtimeMs } = await stat(join(home, folder, path));
  return { path, fileBytes: size, modified: Math.floor(mtimeMs) };
}

const locate = async (dropped: DroppedFile[], roots: string[] = []): Promise<string[] | null> =>
  locateDropped(dropped, { roots: roots.map((root) => join(home, root)), platform: 'linux', home });

describe('locateDropped', () => {
  it('finds files in the usual places and some way below them', async () => {
    await write('Pictures/2024/Rome/a.jpg');
    await write('Desktop/b.jpg');
    const dropped = [await drop('Pictures/2024/Rome', 'a.jpg'), await drop('Desktop', 'b.jpg')];
    expect((await locate(dropped))?.sort()).toEqual([join(home, 'Desktop/b.jpg'), join(home, 'Pictures/2024/Rome/a.jpg')]);
  });

  it('answers a dropped folder as such', async () => {
    await write('Pictures/Rome/a.jpg');
    await write('Pictures/Rome/deep/er/b.jpg');
    const dropped = [await drop('Pictures', 'Rome/a.jpg'), await drop('Pictures', 'Rome/deep/er/b.jpg')];
    expect(await locate(dropped)).toEqual([join(home, 'Pictures/Rome')]);
  });

  it('looks in opened folders and beside them, however far they are from home', async () => {
    await write('far/away/from/everything/at/all/open/x.jpg');
    await write('far/away/from/everything/at/all/beside/y.jpg');
    const roots = ['far/away/from/everything/at/all/open'];
    const dropped = [await drop('far/away/from/everything/at/all', 'beside/y.jpg')];
    expect(await locate(dropped)).toBeNull();
    expect(await locate(dropped, roots)).toEqual([join(home, 'far/away/from/everything/at/all/beside')]);
    expect(await locate([await drop('far/away/from/everything/at/all', 'open/x.jpg')], roots)).toEqual([join(home, roots[0] ?? '')]);
  });

  it.each<[string, Partial<DroppedFile>]>([
    ['size', { fileBytes: 3 }],
    ['time', { modified: 1_700_000_000_000 }],
    ['name', { path: 'c.jpg' }],
  ])('takes no file of another %s for the same', async (_, more) => {
    await write('Pictures/a.jpg');
    await write('Pictures/b.jpg');
    const other = { ...(await drop('Pictures', 'b.jpg')), ...more };
    expect(await locate([await drop('Pictures', 'a.jpg'), other])).toBeNull();
  });

  it('passes a file of the same name by for the right one', async () => {
    await write('Pictures/a.jpg', 'another');
    await write('Pictures/deep/a.jpg', 'the right one');
    await utimes(join(home, 'Pictures/deep/a.jpg'), 1000, 1000.25);
    expect(await locate([await drop('Pictures/deep', 'a.jpg')])).toEqual([join(home, 'Pictures/deep/a.jpg')]);
  });

  it.each(['../a.jpg', '/a.jpg', 'x/../../a.jpg', 'x//a.jpg', '.'])('does not follow %s', async (path) => {
    await write('a.jpg');
    await mkdir(join(home, 'Pictures'));
    expect(await locate([{ ...(await drop('', 'a.jpg')), path }])).toBeNull();
  });

  it('gives up in time', async () => {
    for (let index = 0; index < 300; index += 1) await mkdir(join(home, 'Pictures', String(index), 'below'), { recursive: true });
    const began = performance.now();
    const missing = [{ path: 'missing.jpg', fileBytes: 1, modified: 1 }];
    expect(await locateDropped(missing, { roots: [], platform: 'linux', home, seconds: 0 })).toBeNull();
    expect(performance.now() - began).toBeLessThan(1000);
  });
});
