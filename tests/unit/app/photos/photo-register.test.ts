import { mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { PhotoRegister } from '../../../../src/app/photos/photo-register.ts';
import { temporaryFolder } from '../../../support/photo-files.ts';

let folder: string;
let register: PhotoRegister;

beforeEach(async () => {
  folder = await temporaryFolder();
  register = new PhotoRegister();
  for (const name of ['opened', 'opened/below', 'opened-too', 'other']) await mkdir(join(folder, name));
  for (const name of ['opened/a.jpg', 'opened/below/b.jpg', 'opened-too/c.jpg', 'other/secret.jpg']) {
    await writeFile(join(folder, name), name);
  }
  await register.allow(join(folder, 'opened'));
});

const readable = (path: string): Promise<string> => register.readable(register.idOf(path));

describe('photos that may be read', () => {
  it('lie in an opened folder, or below it, or were opened themselves', async () => {
    expect(await readable(join(folder, 'opened/a.jpg'))).toBe(join(folder, 'opened/a.jpg'));
    expect(await readable(join(folder, 'opened/below/b.jpg'))).toBe(join(folder, 'opened/below/b.jpg'));
    await register.allow(join(folder, 'other/secret.jpg'));
    expect(await readable(join(folder, 'other/secret.jpg'))).toBe(join(folder, 'other/secret.jpg'));
  });

  it('may lie behind a link that was opened', async () => {
    await symlink(join(folder, 'other'), join(folder, 'link'));
    await register.allow(join(folder, 'link'));
    expect(await readable(join(folder, 'link/secret.jpg'))).toBe(join(folder, 'other/secret.jpg'));
  });

  it('keep their number', () => {
    const id = register.idOf(join(folder, 'opened/a.jpg'));
    expect(register.idOf(join(folder, 'opened/below/b.jpg'))).not.toBe(id);
    expect(register.idOf(join(folder, 'opened/a.jpg'))).toBe(id);
    expect(register.pathOf(id)).toBe(join(folder, 'opened/a.jpg'));
  });
});

describe('everything else is refused', () => {
  it.each([
    ['outside every opened folder', 'other/secret.jpg'],
    ['in a folder whose name only begins in the same way', 'opened-too/c.jpg'],
    ['by way of ..', 'opened/../other/secret.jpg'],
    ['by way of .. out of a folder below', 'opened/below/../../other/secret.jpg'],
  ])('%s', async (_, path) => {
    await expect(readable(`${folder}/${path}`)).rejects.toMatchObject({ code: 'not-opened' });
  });

  it('a link in an opened folder that leads out of it, of a file or of a folder', async () => {
    await symlink(join(folder, 'other/secret.jpg'), join(folder, 'opened/photo.jpg'));
    await symlink(join(folder, 'other'), join(folder, 'opened/folder'));
    await expect(readable(join(folder, 'opened/photo.jpg'))).rejects.toMatchObject({ code: 'not-opened' });
    await expect(readable(join(folder, 'opened/folder/secret.jpg'))).rejects.toMatchObject({ code: 'not-opened' });
  });

  it('a photo that is replaced by a link after it was seen', async () => {
    const path = join(folder, 'opened/a.jpg');
    await readable(path);
    await rm(path);
    await symlink(join(folder, 'other/secret.jpg'), path);
    await expect(readable(path)).rejects.toMatchObject({ code: 'not-opened' });
  });

  it('numbers that were never given', async () => {
    for (const id of [0, 7, -1, 1.5, Number.NaN]) await expect(register.readable(id)).rejects.toMatchObject({ code: 'not-found' });
  });

  it('a photo that has gone', async () => {
    const path = join(folder, 'opened/a.jpg');
    await rename(path, join(folder, 'opened/z.jpg'));
    await expect(readable(path)).rejects.toMatchObject({ code: 'not-found' });
  });

  it('a folder that was closed again, but not what another opened folder contains', async () => {
    const path = join(folder, 'opened/below/b.jpg');
    await register.allow(join(folder, 'opened/below'));
    register.disallow(join(folder, 'opened'));
    expect(await readable(path)).toBe(path);
    await expect(readable(join(folder, 'opened/a.jpg'))).rejects.toMatchObject({ code: 'not-opened' });
    register.disallow(join(folder, 'opened/below'));
    await expect(readable(path)).rejects.toMatchObject({ code: 'not-opened' });
  });

  it('one way to a folder that was closed, but not another way to the same folder', async () => {
    const path = join(folder, 'opened/a.jpg');
    await symlink(join(folder, 'opened'), join(folder, 'way'));
    await register.allow(join(folder, 'way'));
    await register.allow(join(folder, 'way'));
    register.disallow(join(folder, 'opened'));
    expect(await readable(path)).toBe(path);
    register.disallow(join(folder, 'way'));
    await expect(readable(path)).rejects.toMatchObject({ code: 'not-opened' });
  });
});
