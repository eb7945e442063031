import { execFileSync } from 'node:child_process';
import { chmod, link, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join, relative } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { collectPhotos } from '../../../src/app/collect-photos.ts';
import { isLoss } from '../../../src/app/left-out.ts';
import { needs } from '../../support/needs.ts';

const template = '{name}_{scale}x';
let root: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'onestep-collect-'));
});

afterEach(async () => {
  await rm(root, { recursive: true, force: true });
});

async function files(...paths: string[]): Promise<void> {
  for (const path of paths) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), '');
  }
}

async function found(given: string[], more: { template?: string; output?: string } = {}): Promise<string[]> {
  const { photos } = await collectPhotos(
    given.map((path) => join(root, path)),
    { template: more.template ?? template, output: more.output === undefined ? null : join(root, more.output) },
  );
  return photos.map(({ path, skipIfResult }) => relative(root, path) + (skipIfResult ? ' ?' : ''));
}

describe('collectPhotos', () => {
  it('searches folders to any depth, files before folders, and counts like people', async () => {
    await files('img10.jpg', 'img2.jpg', 'IMG1.JPG', 'b/deep/er/x.heic', 'a/y.tif', 'notes.txt', 'movie.mp4', 'noextension');
    expect(await found([''])).toEqual(['IMG1.JPG ?', 'img2.jpg ?', 'img10.jpg ?', 'a/y.tif ?', 'b/deep/er/x.heic ?']);
  });

  it('passes over the droppings of operating systems', async () => {
    await files(
      '._photo.jpg',
      '.hidden.jpg',
      'desktop.ini',
      'Thumbs.db',
      '.DS_Store',
      '@eaDir/photo.jpg',
      '.cache/photo.jpg',
      '__MACOSX/photo.jpg',
      'photo.jpg',
    );
    expect(await found([''])).toEqual(['photo.jpg ?']);
  });

  it('takes what was named, whatever it is called and though it is missing', async () => {
    await files('scan', '.hidden.jpg', 'photo.dat');
    expect(await found(['scan', '.hidden.jpg', 'photo.dat', 'missing.jpg'])).toEqual(['scan', '.hidden.jpg', 'photo.dat', 'missing.jpg']);
  });

  it('takes each photo once, and as named if it was', async () => {
    await files('a/photo.jpg');
    expect(await found(['a', 'a/photo.jpg', '.', 'a/../a/photo.jpg'])).toEqual(['a/photo.jpg']);
  });

  it('tells the folder below the given one', async () => {
    await files('a/b/photo.jpg', 'a/top.jpg');
    const { photos } = await collectPhotos([join(root, 'a'), join(root, 'a/top.jpg')], { template, output: null });
    expect(photos.map(({ under }) => under)).toEqual(['', 'b']);
  });

  it('follows links but no loops', async () => {
    await files('real/photo.jpg');
    await symlink(join(root, 'real'), join(root, 'real/loop'));
    await symlink(join(root, 'away/photo.jpg'), join(root, 'real/linked.jpg'));
    await files('away/photo.jpg');
    expect(await found(['real'])).toEqual(['real/linked.jpg ?', 'real/photo.jpg ?']);
  });

  it('takes a photo once by whatever names: links, hard links, folders behind links; the photo itself before a link', async () => {
    await files('real/photo.jpg', 'real/twin.jpg');
    await symlink(join(root, 'real/photo.jpg'), join(root, 'real/a-link.jpg'));
    await link(join(root, 'real/twin.jpg'), join(root, 'real/z-second.jpg'));
    await symlink(join(root, 'real'), join(root, 'alias'));
    expect(await found(['real'])).toEqual(['real/photo.jpg ?', 'real/twin.jpg ?']);
    expect(await found(['real/a-link.jpg', 'real/photo.jpg', 'alias/photo.jpg'])).toEqual(['real/photo.jpg']);
    expect(await found(['real/a-link.jpg'])).toEqual(['real/a-link.jpg']);
    const { leftOut } = await collectPhotos([join(root, 'real')], { template, output: null });
    expect(leftOut.map(({ path, reason, message }) => [basename(path), reason, message.values.name])).toEqual([
      ['a-link.jpg', 'same-photo', 'photo.jpg'],
      ['z-second.jpg', 'same-photo', 'twin.jpg'],
    ]);
    expect(leftOut.some(isLoss)).toBe(false);
  });

  it('names what it cannot look at, and why', needs('linux'), async () => {
    await files('in/photo.jpg');
    await symlink(join(root, 'nowhere.jpg'), join(root, 'in/broken.jpg'));
    await symlink('folder that was', join(root, 'in/broken folder'));
    await symlink('loop.jpg', join(root, 'in/loop.jpg'));
    await symlink('photo.jpg/below.jpg', join(root, 'in/below.jpg'));
    execFileSync('mkfifo', [join(root, 'in/pipe.jpg'), join(root, 'in/pipe')]);
    const latin1 = Buffer.concat([Buffer.from(join(root, 'in/caf')), Buffer.from([0xe9])]);
    await writeFile(Buffer.concat([latin1, Buffer.from(' 1998.jpg')]), '');
    await writeFile(Buffer.concat([latin1, Buffer.from('.txt')]), '');
    await mkdir(latin1);
    const { photos, leftOut } = await collectPhotos([join(root, 'in')], { template, output: null });
    expect(photos.map(({ path }) => basename(path))).toEqual(['photo.jpg']);
    expect(leftOut.map(({ path, reason, message }) => [basename(path), reason, message.values.target ?? message.code])).toEqual([
      ['below.jpg', 'broken-link', 'photo.jpg/below.jpg'],
      ['broken folder', 'broken-link', 'folder that was'],
      ['broken.jpg', 'broken-link', join(root, 'nowhere.jpg')],
      ['caf\ufffd', 'odd-name', 'leftOut.oddName'],
      ['caf\ufffd 1998.jpg', 'odd-name', 'leftOut.oddName'],
      ['loop.jpg', 'endless-link', 'disk.file.endless'],
      ['pipe.jpg', 'not-a-file', 'photo.notAFile'],
    ]);
    expect(leftOut.every(isLoss)).toBe(true);
  });

  it('does not search the folder for results', async () => {
    await files('photo.jpg', 'out/photo_4x.jpg', 'out/sub/other_4x.jpg');
    expect(await found([''], { output: 'out' })).toEqual(['photo.jpg ?']);
    expect(await found(['out'], { output: 'out' })).toEqual(['out/photo_4x.jpg ?', 'out/sub/other_4x.jpg ?']);
  });

  it('suspects a named file of being a result only when its original was given too', async () => {
    await files(
      'photo.jpg',
      'photo_4x.jpg',
      'photo_2.5x-2.png',
      'other_4x.jpg',
      'photo.heic_4x.jpg',
      'photo.heic',
      'photo_4x_part-1-2-3x4.jpg',
    );
    expect(await found(['photo_4x.jpg'])).toEqual(['photo_4x.jpg']);
    expect(await found(['photo.jpg', 'photo_4x.jpg', 'photo_2.5x-2.png', 'other_4x.jpg', 'photo_4x_part-1-2-3x4.jpg'])).toEqual([
      'photo.jpg',
      'photo_4x.jpg ?',
      'photo_2.5x-2.png ?',
      'other_4x.jpg',
      'photo_4x_part-1-2-3x4.jpg ?',
    ]);
    expect(await found(['photo.heic', 'photo.heic_4x.jpg'])).toEqual(['photo.heic', 'photo.heic_4x.jpg ?']);
  });

  it('knows the template in use beside the default, with its folders', async () => {
    await files('photo.jpg', 'big/photo (onestep-photo-x4).jpg', 'photo_4x.jpg', 'elsewhere/photo (x).jpg');
    const given = ['photo.jpg', 'big/photo (onestep-photo-x4).jpg', 'photo_4x.jpg', 'elsewhere/photo (x).jpg'];
    expect(await found(given, { template: 'big\\{name} ({model})' })).toEqual([
      'photo.jpg',
      'big/photo (onestep-photo-x4).jpg ?',
      'photo_4x.jpg ?',
      'elsewhere/photo (x).jpg',
    ]);
  });

  it('does not take a photo for the result of itself', async () => {
    await files('a.jpg');
    expect(await found(['a.jpg'], { template: '{name}' })).toEqual(['a.jpg']);
  });

  it('reports what is no file: a device', needs('notWindows'), async () => {
    const { photos, leftOut } = await collectPhotos(['/dev/null'], { template, output: null });
    expect(photos).toEqual([]);
    expect(leftOut).toMatchObject([{ path: '/dev/null', reason: 'not-a-file' }]);
  });

  it('reports an unreadable folder and goes on', needs('notRoot', 'notWindows'), async () => {
    await files('closed/photo.jpg', 'open/photo.jpg');
    await chmod(join(root, 'closed'), 0);
    const { photos, leftOut } = await collectPhotos([root], { template, output: null });
    await chmod(join(root, 'closed'), 0o700);
    expect(photos.map(({ path }) => relative(root, path))).toEqual(['open/photo.jpg']);
    expect(leftOut).toMatchObject([{ path: join(root, 'closed'), reason: 'unreadable-folder' }]);
  });
});
