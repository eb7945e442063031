import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readAddress } from '../../../src/fleet/address.ts';
import { testFolder } from '../../support/golden.ts';
import { needs } from '../../support/needs.ts';

const password = { ONESTEP_QUEUE_PASSWORD: 'secret' };

describe('the address of a queue', () => {
  it('on this computer needs nothing more', async () => {
    expect(await readAddress('redis://localhost', {})).toMatchObject({
      kind: 'redis',
      host: 'localhost',
      port: 6379,
      database: '0',
      tls: null,
    });
    expect(await readAddress('redis://[::1]:7000/2', {})).toMatchObject({ host: '::1', port: 7000, database: '2' });
    expect(await readAddress('postgres://127.0.0.1', {})).toMatchObject({ kind: 'postgres', port: 5432, database: 'onestep', tls: null });
  });

  it('on another one needs encryption and a password', async () => {
    for (const [text, env] of [
      ['redis://nas', password],
      ['rediss://nas', {}],
      ['postgres://nas/photos', {}],
      ['redis://127.0.0.1.example.org', password],
    ] as const)
      await expect(readAddress(text, env), text).rejects.toThrow('A queue on another computer needs encryption and a password.');
    expect(await readAddress('rediss://nas:6380', { ...password, ONESTEP_QUEUE_USER: 'onestep' })).toMatchObject({
      ...{ host: 'nas', port: 6380, user: 'onestep', password: 'secret', tls: {} },
    });
    expect(await readAddress('postgres://nas/photos', password)).toMatchObject({ database: 'photos', tls: {} });
  });

  it('has no password in it, and is one', async () => {
    await expect(readAddress('rediss://me:secret@nas', {})).rejects.toThrow('Do not put a user name or password in the address');
    for (const text of ['nas:6379', 'http://nas', '', 'redis://', 'file:///etc/passwd'])
      await expect(readAddress(text, password), text).rejects.toThrow('This is not the address of a queue.');
  });

  it('takes the password from a file that is nobody else’s', needs('notWindows'), async () => {
    const file = join(await testFolder(), 'password');
    await writeFile(file, 'from the file\n', { mode: 0o600 });
    expect(await readAddress('rediss://nas', { ONESTEP_QUEUE_PASSWORD_FILE: file })).toMatchObject({ password: 'from the file' });
    await chmod(file, 0o644);
    await expect(readAddress('rediss://nas', { ONESTEP_QUEUE_PASSWORD_FILE: file })).rejects.toThrow('Others can read');
    await expect(readAddress('rediss://nas', { ONESTEP_QUEUE_PASSWORD_FILE: `${file}.none` })).rejects.toMatchObject({
      code: 'not-readable',
    });
  });
});
