import { mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { markRoot, openRoot, Roots } from '../../../src/fleet/roots.ts';
import { testFolder } from '../../support/golden.ts';
import { needs } from '../../support/needs.ts';

async function root(): Promise<string> {
  const folder = join(await testFolder(), 'nas');
  await mkdir(join(folder, 'in'), { recursive: true });
  await markRoot(folder, 'nas');
  return folder;
}

describe('a shared folder', () => {
  it('keeps its id and key when it is made one again, and has one name', async () => {
    const folder = await root();
    const first = await openRoot('nas', folder);
    expect(await markRoot(folder, 'nas')).toEqual(first);
    await expect(markRoot(folder, 'other')).rejects.toMatchObject({ code: 'bad-request' });
    await expect(markRoot(folder, 'With Spaces')).rejects.toMatchObject({ code: 'bad-request' });
    expect(first.key).toMatch(/^[0-9a-f]{64}$/);
    expect(await readFile(join(folder, '.onestep-root.json'), 'utf8')).not.toContain(first.key);
  });

  it('that is not there, or another one, is told', async () => {
    const folder = await root();
    await expect(openRoot('nas', join(folder, 'in'))).rejects.toMatchObject({ code: 'not-found' });
    const roots = await Roots.open({ nas: folder });
    await rm(join(folder, '.onestep-root.json'));
    await expect(roots.check()).rejects.toMatchObject({ code: 'not-found' });
    await markRoot(folder, 'nas');
    await expect(roots.check()).rejects.toMatchObject({ code: 'bad-request' });
  });
});

describe('paths', () => {
  it('become places and paths again, on whatever folder', async () => {
    const folder = await root();
    const alias = `${folder}-alias`;
    await symlink(folder, alias);
    await writeFile(join(folder, 'in', 'a.jpg'), '');
    const [here, there] = [await Roots.open({ nas: folder }), await Roots.open({ nas: alias })];
    const place = here.toPlace(join(folder, 'in', 'a.jpg'));
    expect(place).toEqual({ root: 'nas', path: 'in/a.jpg' });
    expect(await there.toPath(place)).toBe(join(alias, 'in', 'a.jpg'));
    expect(here.toPlace(folder)).toEqual({ root: 'nas', path: '' });
    expect(() => here.toPlace(`${folder}-not/a.jpg`)).toThrow(expect.objectContaining({ code: 'not-opened' }));
  });

  it('lie in the innermost of several folders', async () => {
    const folder = await root();
    await markRoot(join(folder, 'in'), 'inner');
    const roots = await Roots.open({ nas: folder, inner: join(folder, 'in') });
    expect(roots.toPlace(join(folder, 'in', 'a.jpg'))).toEqual({ root: 'inner', path: 'a.jpg' });
  });

  it('are found in either form of Unicode', async () => {
    const folder = await root();
    const roots = await Roots.open({ nas: folder });
    const name = 'Übung é.jpg';
    await writeFile(join(folder, 'in', name.normalize('NFD')), '');
    expect(await roots.toPath({ root: 'nas', path: `in/${name.normalize('NFC')}` })).toBe(join(folder, 'in', name.normalize('NFD')));
    // Where nothing lies, the form that was said stays: a result is written so.
    expect(await roots.toPath({ root: 'nas', path: `out/${name.normalize('NFC')}` })).toBe(join(folder, 'out', name.normalize('NFC')));
  });

  it('do not lead out of the folder, by links neither', needs('notWindows'), async () => {
    const folder = await root();
    const roots = await Roots.open({ nas: folder });
    await mkdir(`${folder}-outside`);
    await writeFile(`${folder}-outside/a.jpg`, '');
    await symlink(`${folder}-outside`, join(folder, 'out'));
    await symlink(`${folder}-outside/none.jpg`, join(folder, 'in', 'none.jpg'));
    await symlink('in', join(folder, 'within'));
    for (const path of ['out/a.jpg', 'out/new/b.jpg', 'in/none.jpg', '../nas-outside/a.jpg', '/etc/passwd', 'C:/a', ''])
      await expect(roots.toPath({ root: 'nas', path }), path).rejects.toMatchObject({ code: 'bad-request' });
    expect(await roots.toPath({ root: 'nas', path: 'within/new.jpg' })).toBe(join(folder, 'within', 'new.jpg'));
    await expect(roots.toPath({ root: 'third', path: 'a.jpg' })).rejects.toMatchObject({ code: 'not-found' });
  });
});
