import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { listFolder, makeFolder } from '../../../../../src/app/library/disk/folder-listing.ts';
import { PhotoRegister } from '../../../../../src/app/photos/photo-register.ts';
import { drives, picturesFolder, placesOf } from '../../../../../src/app/library/disk/places.ts';
import { needs } from '../../../../support/needs.ts';

let home: string;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'onestep-listing-'));
});

afterEach(async () => {
  await rm(home, { recursive: true, force: true });
});

async function write(...paths: string[]): Promise<void> {
  for (const path of paths) {
    await mkdir(dirname(join(home, path)), { recursive: true });
    await writeFile(join(home, path), '');
  }
}

const listed = (folder: string, register = new PhotoRegister()) => listFolder(folder, 'linux', register);
const names = (places: readonly { name: string }[]): string[] => places.map(({ name }) => name);

describe('listFolder', () => {
  it('lists folders and photos the way people count, and nothing hidden', async () => {
    await write('b 10/x', 'b 2/x', '.hidden/x', 'img 10.jpg', 'img 9.JPG', '._img.jpg', 'notes.txt', '@eaDir/x', 'Some x4.pth');
    await symlink(join(home, 'b 2'), join(home, 'a link'));
    await symlink(join(home, 'nowhere'), join(home, 'broken'));
    const listing = await listed(home);
    expect(listing).toMatchObject({ path: home, parent: dirname(home) });
    expect(names(listing.folders)).toEqual(['a link', 'b 2', 'b 10']);
    expect(listing.photos).toEqual([
      { name: 'img 9.JPG', path: join(home, 'img 9.JPG'), photo: 0 },
      { name: 'img 10.jpg', path: join(home, 'img 10.jpg'), photo: 1 },
    ]);
    expect(names(listing.models)).toEqual(['Some x4.pth']);
    expect(listing.places.length).toBeGreaterThan(0);
  });

  it('begins where photos are, and ends at the root of the disk', async () => {
    const listing = await listFolder(null, process.platform, new PhotoRegister());
    expect(listing.path).toBe(listing.places[0]?.path);
    expect((await listFolder('/', process.platform, new PhotoRegister())).parent).toBeNull();
  });

  it('lets the photos right in it be seen until another folder is listed, and what they lead to elsewhere never', async () => {
    await write('here/x.jpg', 'here/below/y.jpg', 'there/z.jpg');
    await symlink(join(home, 'there/z.jpg'), join(home, 'here/link.jpg'));
    const register = new PhotoRegister();
    const seen = (path: string): Promise<string> => register.readable(register.idOf(join(home, path)));
    await expect(seen('here/x.jpg')).rejects.toMatchObject({ code: 'not-opened' });
    await listed(join(home, 'here'), register);
    expect(await seen('here/x.jpg')).toMatch(/x\.jpg$/);
    for (const path of ['here/link.jpg', 'here/below/y.jpg', 'there/z.jpg'])
      await expect(seen(path), path).rejects.toMatchObject({ code: 'not-opened' });
    await listed(join(home, 'there'), register);
    await expect(seen('here/x.jpg')).rejects.toMatchObject({ code: 'not-opened' });
  });

  it('says why a folder cannot be shown', async () => {
    await write('file.jpg');
    await expect(listed(join(home, 'missing'))).rejects.toMatchObject({
      code: 'not-found',
      message: 'The folder is not there.',
      detail: join(home, 'missing'),
    });
    await expect(listed(join(home, 'file.jpg'))).rejects.toMatchObject({ code: 'not-readable' });
  });

  it('says that the system forbids it', needs('notRoot'), async () => {
    await write('closed/x.jpg');
    await chmod(join(home, 'closed'), 0);
    await expect(listed(join(home, 'closed'))).rejects.toMatchObject({
      code: 'not-readable',
      message: 'The folder cannot be read: the system does not allow it.',
    });
  });
});

describe('places', () => {
  it('are those of the person that exist, pictures first', async () => {
    await write('Bilder/x', 'Desktop/x', 'Pictures/x', '.config/user-dirs.dirs');
    await writeFile(join(home, '.config/user-dirs.dirs'), '# comment\nXDG_DESKTOP_DIR="$HOME/Desktop"\nXDG_PICTURES_DIR="$HOME/Bilder"\n');
    const places = await placesOf('linux', home);
    expect(names(places).slice(0, 3)).toEqual(['Bilder', 'Pictures', 'Desktop']);
    expect(places.map(({ path }) => path)).toContain(home);
    expect(names(places)).not.toContain('Documents');
  });

  it('know where pictures are by default and by choice', async () => {
    expect(await picturesFolder('darwin', home)).toBe(join(home, 'Pictures'));
    expect(await picturesFolder('linux', home)).toBe(join(home, 'Pictures'));
    await write('.config/user-dirs.dirs');
    await writeFile(join(home, '.config/user-dirs.dirs'), 'XDG_PICTURES_DIR="/srv/photos"\n');
    expect(await picturesFolder('linux', home)).toBe('/srv/photos');
  });

  it('have every letter on Windows', async () => {
    expect((await drives('win32')).find(({ name }) => name === 'D:')).toEqual({ name: 'D:', path: 'D:\\' });
  });
});

describe('makeFolder', () => {
  it('makes a folder that every system can have, once', async () => {
    expect(await makeFolder(home, 'larger photos')).toBe(join(home, 'larger photos'));
    expect(names((await listed(home)).folders)).toEqual(['larger photos']);
    await expect(makeFolder(home, 'larger photos')).rejects.toMatchObject({ code: 'already-exists' });
    for (const name of ['..', 'a/b', 'a\\b', 'what?', ' '])
      await expect(makeFolder(home, name)).rejects.toMatchObject({ code: 'bad-request' });
    await expect(makeFolder(join(home, 'nowhere'), 'a')).rejects.toMatchObject({ code: 'not-writable' });
  });
});
