import { describe, expect, it } from 'vitest';
import { installReason } from '../../../scripts/installed.mjs';

const linux = { os: 'linux', cpu: 'x64', libc: 'glibc' };
const lock = {
  packages: {
    '': { version: '0.1.0' },
    'node_modules/plain': { version: '1.0.0' },
    'node_modules/native-linux': { version: '2.0.0', optional: true, os: ['linux'], cpu: ['x64'], libc: ['glibc'] },
    'node_modules/native-musl': { version: '2.0.0', optional: true, os: ['linux'], cpu: ['x64'], libc: ['musl'] },
    'node_modules/native-windows': { version: '2.0.0', optional: true, os: ['win32'], cpu: ['x64'] },
    'node_modules/polyfill': { version: '3.0.0', optional: true },
  },
};
const complete = { 'node_modules/plain': { version: '1.0.0' }, 'node_modules/native-linux': { version: '2.0.0' } };

describe('installReason', () => {
  it('is content with what this machine needs, without the packages of other machines', () =>
    expect(installReason(lock, { packages: complete }, linux)).toBeNull());

  it('asks for an installation when there is no record of one', () =>
    expect(installReason(lock, null, linux)).toBe('packages are not installed yet'));

  it('names a package that is missing, also an optional one made for this machine', () => {
    expect(installReason(lock, { packages: { 'node_modules/plain': { version: '1.0.0' } } }, linux)).toBe(
      'node_modules/native-linux is missing',
    );
    expect(installReason(lock, { packages: { 'node_modules/native-linux': { version: '2.0.0' } } }, linux)).toBe(
      'node_modules/plain is missing',
    );
    expect(installReason(lock, { packages: complete }, { os: 'win32', cpu: 'x64', libc: undefined })).toBe(
      'node_modules/native-windows is missing',
    );
  });

  it('names a package of another version and one that is no longer wanted', () => {
    const old = { ...complete, 'node_modules/plain': { version: '0.9.0' } };
    expect(installReason(lock, { packages: old }, linux)).toBe('node_modules/plain is 0.9.0, not 1.0.0');
    const extra = { ...complete, 'node_modules/gone': { version: '1.0.0' } };
    expect(installReason(lock, { packages: extra }, linux)).toBe('node_modules/gone is no longer wanted');
  });
});
